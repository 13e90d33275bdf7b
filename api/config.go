package api

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
)

// Config is the configuration file and the AE map, as texts that are edited as a
// whole.
type Config interface {
	// ConfigText is a file, "config" or "aes", with its tag.
	ConfigText(file string) (text, tag string, err error)
	// CheckConfig tells what lint says of a text of dicom.ini, without writing it.
	CheckConfig(text string) ([]Finding, error)
	// CheckAEs tells what is remarkable in a text of acrnema.map.
	CheckAEs(text string) []Finding
	// ReplaceConfig writes a file that still has the tag, and gives the new tag;
	// ErrChanged when it has another.
	ReplaceConfig(file, text, tag string) (string, error)
	ConfigHistory(file string) ([]Version, error)
	// ConfigVersion is what a file was.
	ConfigVersion(file, id string) (string, error)
	// LintConfig tells what lint says of the configuration in use.
	LintConfig() []Finding
}

// Finding is something that lint says.
type Finding struct {
	File     string `json:"file,omitempty"`
	Line     int    `json:"line,omitempty"`
	Severity string `json:"severity" enum:"error,warning,hint"`
	Message  string `json:"message"`
	Fix      string `json:"fix,omitempty"`
}

// Version is what the file was until a time.
type Version struct {
	ID    string    `json:"id"`
	Until time.Time `json:"until"`
	Size  int64     `json:"size" doc:"bytes"`
}

// ConfigText is a text with what lint says of it.
type ConfigText struct {
	Text     string    `json:"text" doc:"as it stands in the file: comments, order and line ends"`
	Findings []Finding `json:"findings"`
}

// ConfigInput is a text that is to be the file.
type ConfigInput struct {
	DryInput
	IfMatch string `header:"If-Match" doc:"ETag of what the text was made of"`
	Body    struct {
		Text string `json:"text" maxLength:"2000000"`
	}
}

// VersionInput names a version.
type VersionInput struct {
	ID string `path:"id" maxLength:"32"`
}

type configAnswer struct {
	ETag string `header:"ETag"`
	Body ConfigText
}

// strong takes a tag out of If-Match: quotes, and the mark that compression puts
// before it.
func strong(ifMatch string) string {
	return strings.Trim(strings.TrimPrefix(strings.TrimSpace(ifMatch), "W/"), `"`)
}

// replace writes a file when the caller has seen its last state.
func (h *Handler) replace(s Config, file string, check func(string) ([]Finding, error)) func(context.Context, *ConfigInput) (*configAnswer, error) {
	return func(_ context.Context, in *ConfigInput) (*configAnswer, error) {
		findings, err := check(in.Body.Text)
		if err != nil {
			return nil, err
		}
		out := &configAnswer{ETag: in.IfMatch, Body: ConfigText{Text: in.Body.Text, Findings: some(findings)}}
		if in.Dry {
			return out, nil
		}
		if in.IfMatch == "" {
			return nil, huma.NewError(http.StatusPreconditionRequired, "say by If-Match which state the text was made of")
		}
		tag, err := s.ReplaceConfig(file, in.Body.Text, strong(in.IfMatch))
		out.ETag = `"` + tag + `"`
		return out, err
	}
}

func some[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

func (h *Handler) configRoutes(s Config) {
	read := func(file string, check func(string) ([]Finding, error)) (*configAnswer, error) {
		text, tag, err := s.ConfigText(file)
		if err != nil {
			return nil, err
		}
		findings, err := check(text)
		return &configAnswer{ETag: `"` + tag + `"`, Body: ConfigText{text, some(findings)}}, err
	}
	aes := func(text string) ([]Finding, error) { return s.CheckAEs(text), nil }
	add(h, "getConfig", func(context.Context, *none) (*configAnswer, error) { return read("config", s.CheckConfig) })
	add(h, "putConfig", h.replace(s, "config", s.CheckConfig))
	add(h, "lintConfig", func(_ context.Context, in *struct {
		Body *struct {
			Text string `json:"text" maxLength:"2000000"`
		}
	}) (*body[Listing[Finding]], error) {
		out := &body[Listing[Finding]]{}
		if in.Body == nil {
			out.Body.Items = some(s.LintConfig())
			return out, nil
		}
		findings, err := s.CheckConfig(in.Body.Text)
		out.Body.Items = some(findings)
		return out, err
	})
	add(h, "listConfigHistory", func(context.Context, *none) (*body[Listing[Version]], error) {
		list, err := s.ConfigHistory("config")
		return &body[Listing[Version]]{Listing[Version]{Items: some(list)}}, err
	})
	add(h, "getConfigVersion", func(_ context.Context, in *VersionInput) (*body[ConfigText], error) {
		text, err := s.ConfigVersion("config", in.ID)
		return &body[ConfigText]{ConfigText{text, []Finding{}}}, err
	})
	add(h, "restoreConfig", func(_ context.Context, in *struct {
		VersionInput
		IfMatch string `header:"If-Match" required:"true"`
	}) (*configAnswer, error) {
		text, err := s.ConfigVersion("config", in.ID)
		if err != nil {
			return nil, err
		}
		tag, err := s.ReplaceConfig("config", text, strong(in.IfMatch))
		return &configAnswer{ETag: `"` + tag + `"`, Body: ConfigText{text, []Finding{}}}, err
	})
	add(h, "getAEText", func(context.Context, *none) (*configAnswer, error) { return read("aes", aes) })
	add(h, "putAEText", h.replace(s, "aes", aes))
}
