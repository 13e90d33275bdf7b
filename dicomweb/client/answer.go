package client

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
	"time"
	"unicode"

	"conquest/dicom"
)

// Elements of the answer to a store request (PS3.18 table I.1-1).
const (
	tagReferencedSOPs dicom.Tag = 0x00081199
	tagFailedSOPs     dicom.Tag = 0x00081198
	tagReferencedSOP  dicom.Tag = 0x00081155
	tagFailureReason  dicom.Tag = 0x00081197
	tagWarningReason  dicom.Tag = 0x00081196
)

// maxAnswer bounds the answer to a store request.
const maxAnswer = 64 << 20

// judge reads what became of the objects from an answer.
func judge(objects []Object, r *http.Response) Outcome {
	after := retryAfter(r.Header.Get("Retry-After"), time.Now())
	fate, whole := fateOf(r.StatusCode)
	if whole {
		e := failure(r)
		return all(objects, Result{Fate: fate, Reason: e.Error()}, after)
	}
	text, err := io.ReadAll(io.LimitReader(r.Body, maxAnswer))
	if err != nil {
		return all(objects, Result{Fate: Later, Reason: "the answer broke off: " + err.Error()}, after)
	}
	sets, err := parseAnswer(r.Header.Get("Content-Type"), text)
	if err != nil || len(sets) == 0 {
		if fate == Refused {
			e := &Error{Status: r.StatusCode, Detail: detailOf(r.Header.Get("Content-Type"), text)}
			return all(objects, Result{Fate: Refused, Reason: e.Error()}, after)
		}
		return all(objects, Result{Fate: unanswered}, after)
	}
	return Outcome{Results: match(objects, sets), RetryAfter: after}
}

// fateOf is what a status says of all objects; with whole nothing in the body
// can say more.
func fateOf(status int) (f Fate, whole bool) {
	switch {
	case status >= 200 && status < 300:
		return unanswered, false
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		return NoEntry, true
	case status == http.StatusRequestEntityTooLarge:
		return tooLarge, true
	case status == http.StatusUnsupportedMediaType, status == http.StatusNotAcceptable:
		return OtherSyntax, true
	case status == http.StatusRequestTimeout, status == http.StatusTooEarly, status == http.StatusTooManyRequests, status >= 500, status < 400:
		return Later, true
	}
	return Refused, false
}

func parseAnswer(contentType string, text []byte) ([]*dicom.Dataset, error) {
	media, _, _ := mime.ParseMediaType(contentType) // servers err here: the text tells as well
	if trimmed := bytes.TrimSpace(text); strings.HasSuffix(media, "xml") || bytes.HasPrefix(trimmed, []byte("<")) {
		d, err := dicom.ParseXML(bytes.NewReader(trimmed), dicom.ParseJSONOptions{})
		if err != nil {
			return nil, err
		}
		return []*dicom.Dataset{d}, nil
	}
	return dicom.ParseJSONArray(text, dicom.ParseJSONOptions{})
}

// match finds the result of each object in the answer.
func match(objects []Object, sets []*dicom.Dataset) []Result {
	told := map[string]Result{}
	others := 0 // taken under UIDs that were not sent
	ours := map[string]bool{}
	for _, o := range objects {
		ours[o.UID] = true
	}
	for _, d := range sets {
		for _, item := range d.Items(tagFailedSOPs) {
			reason, _ := item.Int(tagFailureReason)
			told[item.String(tagReferencedSOP)] = failed(uint16(reason))
		}
		for _, item := range d.Items(tagReferencedSOPs) {
			uid := item.String(tagReferencedSOP)
			warning, _ := item.Int(tagWarningReason)
			told[uid] = Result{Fate: Delivered, Warning: uint16(warning)}
			if !ours[uid] {
				others++
			}
		}
	}
	results := make([]Result, len(objects))
	for i, o := range objects {
		r, known := told[o.UID]
		switch {
		case known:
			results[i] = r
		case others > 0: // a server that gives objects UIDs of its own
			others--
			results[i] = Result{Fate: Delivered}
		default:
			results[i] = Result{Fate: unanswered}
		}
	}
	return results
}

// failed is what a failure reason of PS3.18 table I.2-2 means for the sender.
func failed(reason uint16) Result {
	r := Result{Fate: Refused}
	switch {
	case reason&0xff00 == 0xa700:
		r.Fate, r.Reason = Later, "out of resources"
	case reason == 0x0110:
		r.Fate, r.Reason = LaterAlone, "processing failure"
	case reason == 0xc122:
		r.Fate, r.Reason = OtherSyntax, "transfer syntax is not supported"
	case reason == 0x0122:
		r.Reason = "SOP class is not supported"
	case reason == 0x0124:
		r.Reason = "not authorized"
	case reason&0xff00 == 0xa900:
		r.Reason = "data set does not match its SOP class"
	case reason&0xf000 == 0xc000:
		r.Reason = "object is not understood"
	default:
		r.Reason = "failure"
	}
	r.Reason = fmt.Sprintf("%s (%04X)", r.Reason, reason)
	return r
}

// detailOf is what the body of an error says, as one line for people.
func detailOf(contentType string, text []byte) string {
	var problem struct {
		Detail  string `json:"detail"`
		Title   string `json:"title"`
		Details string `json:"Details"` // of Orthanc
		Message string `json:"Message"`
	}
	if strings.Contains(contentType, "json") && json.Unmarshal(text, &problem) == nil {
		for _, s := range []string{problem.Details, problem.Detail, problem.Message, problem.Title} {
			if s != "" {
				return oneLine(s)
			}
		}
	}
	if strings.HasPrefix(contentType, "text/plain") {
		return oneLine(string(text))
	}
	return ""
}

const maxReason = 300

func oneLine(s string) string {
	s = strings.Join(strings.FieldsFunc(strings.ToValidUTF8(s, "?"), func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }), " ")
	if len(s) > maxReason {
		s = strings.ToValidUTF8(s[:maxReason], "") + "..."
	}
	return s
}
