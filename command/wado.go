package command

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"conquest/dicom"
	"conquest/dicomini"
	"conquest/oplog"
	"conquest/pacs/peers"
	"conquest/pixel"
	"conquest/rules"
)

// wadoRequest is a retrieval of one object for a web client (docs/original/web.md 3).
type wadoRequest struct {
	object                      string // STUDY\SERIES\SOP
	level, window, frame        int
	size                        int
	region                      string // x0/x1/y0/y1 as fractions
	contentType, transferSyntax string
	anonymize, bridge, file     string
}

// defaultWADO is the largest number of rows and columns of a WADO picture.
const defaultWADO = 1600

func runWADOParse(ctx context.Context, c *call) ([]byte, error) {
	q := parseQuery(c.arg)
	r := wadoRequest{
		object:      q["studyUID"] + `\` + q["seriesUID"] + `\` + q["objectUID"],
		level:       dicomini.Atoi(q["windowCenter"]),
		window:      dicomini.Atoi(q["windowWidth"]),
		frame:       dicomini.Atoi(q["frameNumber"]),
		size:        max(dicomini.Atoi(q["rows"]), dicomini.Atoi(q["columns"])),
		region:      strings.ReplaceAll(q["region"], ",", "/"),
		contentType: q["contentType"], transferSyntax: q["transferSyntax"], anonymize: q["anonymize"], bridge: q["bridge"],
	}
	return c.wado(ctx, r)
}

// parseQuery reads the variables of a query string; the first of a name counts.
func parseQuery(text string) map[string]string {
	q := map[string]string{}
	for part := range strings.SplitSeq(text, "&") {
		name, value, _ := strings.Cut(part, "=")
		if _, known := q[name]; known {
			continue
		}
		if v, err := url.QueryUnescape(value); err == nil {
			value = v
		}
		q[name] = value
	}
	return q
}

func runWADORequest(ctx context.Context, c *call) ([]byte, error) {
	f := c.fields
	if !c.has(8) {
		return nil, errors.New("wadorequest needs nine parameters")
	}
	r := wadoRequest{object: f[0], region: f[3], contentType: f[4], transferSyntax: f[5], anonymize: f[6], bridge: f[8]}
	numbers := func(text string, to ...*int) {
		for i, v := range strings.Split(text, "/") {
			if i < len(to) {
				*to[i] = dicomini.Atoi(v)
			}
		}
	}
	rows, columns := 0, 0
	numbers(f[1], &r.level, &r.window, &r.frame)
	numbers(f[2], &rows, &columns)
	r.size, r.file = max(rows, columns), c.field(9)
	return c.wado(ctx, r)
}

// wado answers a request; an object that is not here or a content type that is
// not known gives no answer.
func (c *call) wado(ctx context.Context, r wadoRequest) ([]byte, error) {
	if r.size <= 0 {
		r.size = defaultWADO
	}
	ds, err := c.wadoObject(ctx, r)
	if err != nil {
		oplog.WADOFailed(c.s.Console, err)
		return nil, nil
	}
	if r.region != "" {
		if err := c.s.cropTo(ctx, ds, r.region); err != nil {
			c.s.Console.Event("*** wado region not applied", "region", r.region, "error", err)
		}
	}
	if err := c.wadoAnonymize(ctx, r.anonymize, ds); err != nil {
		return nil, err
	}
	answer, err := c.wadoAnswer(ctx, r, ds)
	if err != nil || answer == nil || r.file == "" {
		return answer, err
	}
	if !c.temporary(r.file) {
		return nil, fmt.Errorf("wadorequest writes into %s and the folder for temporary files of this machine only, not to %s", c.s.TempDir(c.s.Live.Current()), r.file)
	}
	return nil, os.WriteFile(r.file, answer, 0o644)
}

// wadoObject reads the object, after a bridge has been asked to send it.
func (c *call) wadoObject(ctx context.Context, r wadoRequest) (*dicom.Dataset, error) {
	ds, err := c.s.loadDesignated(ctx, r.object)
	if err == nil || r.bridge == "" {
		return ds, err
	}
	parts := strings.SplitN(r.object, `\`, 3)
	if len(parts) < 3 {
		return nil, err
	}
	k := peers.Selection{Study: parts[0], Series: parts[1], SOP: parts[2]}
	if !c.s.Peers.Transfer(ctx, r.bridge, c.s.Live.Current().MyACRNema, k, peers.OriginatorNoConverters) {
		return nil, fmt.Errorf("bridge %s does not send the object", r.bridge)
	}
	return c.s.loadDesignated(ctx, r.object)
}

// errNotAnonymized refuses an object that was asked for without its identity.
var errNotAnonymized = errors.New("the object is not delivered, since the script that takes its identity away is missing or failed")

// wadoAnonymize runs the script of the site that takes the identity of an object
// away. Without it the object is refused.
func (c *call) wadoAnonymize(ctx context.Context, how string, ds *dicom.Dataset) error {
	if how == "" {
		return nil
	}
	s := c.s
	cfg := s.Live.Current()
	file, script := "anonymize_script.cq", "call anonymize_script.cq"
	if how != "yes" {
		file, script = filepath.Join("lua", "anonymize_script.lua"), "lua/anonymize_script.lua("+how+")"
	}
	if fi, err := os.Stat(filepath.Join(cfg.BaseDir(), file)); err != nil || fi.IsDir() {
		return fmt.Errorf("%w: %s", errNotAnonymized, file)
	}
	out := s.Rules.Script(ctx, cfg, script, s.Store.Request(s.Store.Own(cfg, c.caller, ds)))
	if out.Action == rules.Reject || out.Action == rules.Destroy {
		return fmt.Errorf("%w: %s", errNotAnonymized, file)
	}
	return nil
}

// temporary tells whether a file lies, or would lie, below a folder for temporary
// files, wherever links lead.
func (c *call) temporary(file string) bool {
	dir, err := filepath.EvalSymlinks(filepath.Dir(file))
	if err != nil {
		return false
	}
	if fi, err := os.Lstat(file); err == nil && !fi.Mode().IsRegular() {
		return false
	}
	if dir, err = filepath.Abs(dir); err != nil {
		return false
	}
	for _, folder := range []string{c.s.TempDir(c.s.Live.Current()), os.TempDir()} {
		real, err := filepath.EvalSymlinks(folder)
		if err == nil {
			real, err = filepath.Abs(real)
		}
		if err != nil {
			continue
		}
		if rel, err := filepath.Rel(real, dir); err == nil && filepath.IsLocal(rel) {
			return true
		}
	}
	return false
}

// cropTo cuts an image to a region given in fractions of columns and rows:
// x0/x1/y0/y1.
func (s *Commands) cropTo(ctx context.Context, ds *dicom.Dataset, region string) error {
	var x0, x1, y0, y1 float64
	if _, err := fmt.Sscanf(region, "%f/%f/%f/%f", &x0, &x1, &y0, &y1); err != nil {
		return fmt.Errorf("read region %q: %w", region, err)
	}
	rows, _ := ds.Int(dicom.Rows)
	columns, _ := ds.Int(dicom.Columns)
	at := func(f float64, n int) int { return int(f*float64(n) + 0.5) }
	end := func(f float64, n int) int { return min(at(f, n), n-1) }
	limits, done := s.Limits(ctx)
	defer done()
	return pixel.Crop(ds, at(x0, columns), at(y0, rows), end(x1, columns), end(y1, rows), limits)
}

// wadoCode is the compression that makes the transfer syntax a WADO client asks
// for; progressive JPEG is answered without loss.
func wadoCode(syntax string) (code string, known bool) {
	if syntax == dicom.JPEGProgressive {
		return "j1", true
	}
	code = pixel.CodeOf(syntax)
	return code, strings.HasPrefix(code, "j")
}

func (c *call) wadoAnswer(ctx context.Context, r wadoRequest, ds *dicom.Dataset) ([]byte, error) {
	frames := frameCount(ds)
	limits, done := c.s.Limits(ctx)
	defer done()
	opt := pixel.RenderOptions{Limits: limits, Size: r.size, Level: r.level, Window: r.window, Frame: max(r.frame, 0), Quality: pictureQuality}
	head := "Content-type: " + r.contentType + "\nAccess-Control-Allow-Origin: *\n\n"
	switch r.contentType {
	case "image/gif":
		if frames > 1 {
			opt.Frame = pixel.AnimatedFrame + wadoFrameRate
		}
		return withPicture(head, ds, pixel.GIF, opt)
	case "image/bmp":
		if frames > 1 {
			return nil, nil
		}
		return withPicture(head, ds, pixel.BMP, opt)
	case "image/jpeg", "image/png", "image/jp2":
		return withPicture("Content-type: image/jpeg\nAccess-Control-Allow-Origin:*\n\n", ds, pixel.JPEG, opt)
	case "application/dicom":
		return c.wadoDICOM(ctx, r.transferSyntax, ds)
	case "text/plain", "text/html":
		var b bytes.Buffer
		b.WriteString(strings.Replace(head, "Origin: *", "Origin:*", strings.Count(r.contentType, "html")))
		if err := dicom.Dump(&b, ds); err != nil {
			return nil, err
		}
		if r.contentType == "text/plain" {
			b.WriteByte(' ')
			b.Truncate(b.Len() &^ 1)
		}
		return b.Bytes(), nil
	case "video/mpeg":
		if frames > 1 {
			return []byte("Content-type: video/mpeg\nAccess-Control-Allow-Origin:*\n\n"), nil
		}
	}
	return nil, nil
}

// wadoFrameRate is the number of frames a second of animated pictures.
const wadoFrameRate = 5

func withPicture(head string, ds *dicom.Dataset, format pixel.Format, opt pixel.RenderOptions) ([]byte, error) {
	picture, err := render(ds, format, opt)
	if err != nil {
		return nil, err
	}
	return append([]byte(head), picture...), nil
}

func (c *call) wadoDICOM(ctx context.Context, syntax string, ds *dicom.Dataset) ([]byte, error) {
	switch code, known := wadoCode(syntax); {
	case known:
		c.s.Transcode.RecompressOrKeep(ctx, ds, code)
	case syntax == "n0":
		simplify(ds)
	case strings.HasPrefix(syntax, "n"):
		c.s.Transcode.RecompressOrKeep(ctx, ds, syntax)
		simplify(ds)
	default:
		c.s.Transcode.RecompressOrKeep(ctx, ds, "un")
	}
	file, err := c.s.part10(ds)
	if err != nil {
		return nil, err
	}
	return dicomAnswer(file), nil
}

// simplify removes sequences, which small viewers do not read.
func simplify(ds *dicom.Dataset) {
	ds.DeleteFunc(func(e *dicom.Element) bool { return e.IsSequence() })
}
