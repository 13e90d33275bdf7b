package command

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"os"
	"strconv"
	"strings"

	"conquest/dicom"
	"conquest/dicomini"
	"conquest/oplog"
	"conquest/pacs/site"
	"conquest/pixel"
)

// convertCommands make pictures and other forms of objects (docs/original/commands.md
// 3.7).
var convertCommands = map[string]row{
	"convert_to_gif":   {picturer(pixel.GIF), "OBJECT[,SIZE[,FILE[,LEVEL/WINDOW/FRAME]]]", "picture of an object, at most SIZE large (256)"},
	"convert_to_bmp":   {picturer(pixel.BMP), "OBJECT[,SIZE[,FILE[,LEVEL/WINDOW/FRAME]]]", "picture of an object as bitmap, as convert_to_gif"},
	"convert_to_jpg":   {picturer(pixel.JPEG), "OBJECT[,SIZE[,FILE[,LEVEL/WINDOW/FRAME]]]", "picture of an object as JPEG, as convert_to_gif"},
	"convert_to_dicom": {runToDICOM, "OBJECT[,SIZE[,COMPRESSION[,FRAME]]]", "an object as file for a web client"},
	"convert_to_json":  {runToJSON, "OBJECT[,SIZE,COMPRESSION,FRAME,PIXELS]", "an object as JSON with names as keys"},
	"uncompress":       {runUncompress, "OBJECT,FILE", "write an object uncompressed"},
	"compress":         {runCompress, "OBJECT,COMPRESSION,FILE", "write an object recompressed"},
	"extract_frames":   {runExtractFrames, "OBJECT,FILE[,FIRST[,LAST]]", "write some frames of an object"},
	"count_frames":     {runCountFrames, "OBJECT", "number of frames, 0 for a single one"},
	"testcompress":     {runTestCompress, "FILE", "store an object in all compressions, as test"},
	"wadoparse":        {runWADOParse, "QUERY", "answer a WADO query"},
	"wadorequest":      {runWADORequest, "STUDY\\SERIES\\SOP,LEVEL/WINDOW/FRAME/QUALITY,ROWS/COLUMNS,REGION,TYPE,SYNTAX,ANONYMIZE,ANNOTATION,BRIDGE[,FILE]", "answer a WADO request whose parameters are parted already"},
	"export":           {runExport, "PATIENT,STUDY,SERIES,SOP,FILE[,SCRIPT]", "write matching objects to an archive"},
	"submit":           {runSubmit, "PATIENT,STUDY,SERIES,SOP,TARGET,PASSWORD[,SCRIPT]", "send matching objects as archive with pscp"},
	"submit2":          {runSubmit2, "PATIENT,STUDY,SERIES,SOP,TARGET,COMMAND[,SCRIPT]", "send matching objects as archive with a command"},
}

// defaultPicture is the largest number of rows and columns of a picture.
const defaultPicture = 256

// picturer makes a command that renders an object.
func picturer(format pixel.Format) handler {
	return func(ctx context.Context, c *call) ([]byte, error) {
		f := c.fields
		ds, err := c.s.loadDesignated(ctx, f[0])
		if err != nil {
			return nil, nil
		}
		opt := pixel.RenderOptions{Size: defaultPicture, Quality: pictureQuality}
		if len(f) > 1 {
			opt.Size = dicomini.Atoi(f[1])
		}
		if len(f) > 3 {
			opt.Level, opt.Window, opt.Frame = levelWindowFrame(f[3])
		}
		limits, done := c.s.Limits(ctx)
		defer done()
		opt.Limits = limits
		picture, err := render(ds, format, opt)
		if err != nil {
			return nil, err
		}
		if len(f) < 3 {
			return picture, nil
		}
		switch f[2] {
		case "", "binary":
			return picture, nil
		case "cgi":
			return append([]byte("Content-type: "+format.ContentType()+"\n\n"), picture...), nil
		}
		return nil, os.WriteFile(f[2], picture, 0o644)
	}
}

const pictureQuality = 95

func render(ds *dicom.Dataset, format pixel.Format, opt pixel.RenderOptions) ([]byte, error) {
	var b bytes.Buffer
	if err := pixel.Render(&b, ds, format, opt); err != nil {
		return nil, fmt.Errorf("render object %s: %w", ds.String(dicom.SOPInstanceUID), err)
	}
	return b.Bytes(), nil
}

// levelWindowFrame reads "LEVEL/WINDOW/FRAME", decimals rounded.
func levelWindowFrame(text string) (level, window, frame int) {
	parts := strings.SplitN(text, "/", 3)
	level = roundedNumber(parts[0])
	if len(parts) > 1 {
		window = roundedNumber(parts[1])
	}
	if len(parts) > 2 {
		frame = dicomini.Atoi(parts[2])
	}
	return level, window, frame
}

func roundedNumber(text string) int {
	f, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	if err != nil || math.Abs(f) > math.MaxInt32 {
		return dicomini.Atoi(text)
	}
	return int(f + 0.5)
}

// part10 is an object as file.
func (s *Commands) part10(ds *dicom.Dataset) ([]byte, error) {
	var b bytes.Buffer
	meta := dicom.Meta{ImplementationClassUID: site.ImplementationClassUID, ImplementationVersionName: site.ImplementationVersion()}
	if err := dicom.WritePart10(&b, ds, meta); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// withHeader puts the header of a download before its content; a blank makes the
// header's length even.
func withHeader(contentType, name string, content []byte) []byte {
	head := fmt.Sprintf("Content-type: %s\nContent-Disposition: attachment; filename=\"%s\"\nContent-length: %d\nAccess-Control-Allow-Origin: *",
		contentType, name, len(content))
	if len(head)%2 == 1 {
		head += " "
	}
	return append([]byte(head+"\n\n"), content...)
}

func dicomAnswer(file []byte) []byte { return withHeader("application/dicom", "file.dcm", file) }

func runToDICOM(ctx context.Context, c *call) ([]byte, error) {
	f := c.fields
	ds, err := c.s.loadDesignated(ctx, f[0])
	if err != nil {
		return nil, nil
	}
	size, code := 0, "un"
	if len(f) > 1 {
		size = dicomini.Atoi(f[1])
	}
	if len(f) > 2 {
		code = f[2]
	}
	frame := 0
	if len(f) > 3 {
		frame = dicomini.Atoi(f[3])
	}
	c.s.reduceOrKeep(ctx, ds, size, frame, len(f) > 3, code)
	file, err := c.s.part10(ds)
	if err != nil {
		return nil, err
	}
	return dicomAnswer(file), nil
}

// reduceOrKeep makes an object smaller and recompresses it, as far as it can be
// done.
func (s *Commands) reduceOrKeep(ctx context.Context, ds *dicom.Dataset, size, frame int, hasFrame bool, code string) {
	if err := s.reduceTo(ctx, ds, size, frame, hasFrame); err != nil {
		s.Console.Event("*** object not reduced", "sop", ds.String(dicom.SOPInstanceUID), "error", err)
	}
	s.Transcode.RecompressOrKeep(ctx, ds, code)
}

func (s *Commands) reduceTo(ctx context.Context, ds *dicom.Dataset, size, frame int, hasFrame bool) error {
	if size > 0 {
		return s.Transcode.Reduce(ctx, ds, size, frame, hasFrame)
	}
	if hasFrame {
		limits, done := s.Limits(ctx)
		defer done()
		_, err := pixel.ExtractFrame(ds, frame, limits)
		return err
	}
	return nil
}

func runToJSON(ctx context.Context, c *call) ([]byte, error) {
	f := c.fields
	ds, err := c.s.loadDesignated(ctx, f[0])
	if err != nil {
		return nil, nil
	}
	pixels := false
	if len(f) == 5 {
		c.s.reduceOrKeep(ctx, ds, dicomini.Atoi(f[1]), dicomini.Atoi(f[3]), true, f[2])
		pixels = dicomini.Atoi(f[4]) != 0
	}
	return c.s.script.JSON(ctx, c.caller, ds, pixels)
}

func runUncompress(ctx context.Context, c *call) ([]byte, error) {
	ds, err := c.s.loadDesignated(ctx, c.field(0))
	if err != nil || !c.has(1) {
		return nil, nil
	}
	c.s.Transcode.RecompressOrKeep(ctx, ds, "un")
	return nil, c.s.WriteObject(c.field(1), ds)
}

func runCompress(ctx context.Context, c *call) ([]byte, error) {
	f := c.fields
	ds, err := c.s.loadDesignated(ctx, f[0])
	if err != nil || len(f) < 3 {
		return nil, nil
	}
	if _, err := pixel.ParseCode(f[1]); err == nil {
		c.s.Transcode.RecompressOrKeep(ctx, ds, f[1])
	}
	return nil, c.s.WriteObject(f[2], ds)
}

func runExtractFrames(ctx context.Context, c *call) ([]byte, error) {
	f := c.fields
	ds, err := c.s.loadDesignated(ctx, f[0])
	if err != nil && len(f[0]) > 2 {
		ds, err = c.s.loadDesignated(ctx, f[0][2:]) // two letters stood before it in the original
	}
	if err != nil || len(f) < 2 {
		return nil, nil
	}
	first, last := 0, 0
	if len(f) > 2 {
		first = dicomini.Atoi(f[2])
		last = first
	}
	if len(f) > 3 {
		last = dicomini.Atoi(f[3])
	}
	limits, done := c.s.Limits(ctx)
	defer done()
	if _, err := pixel.ExtractFrames(ds, first, last, 1, limits); err != nil {
		return nil, fmt.Errorf("extract frames %d to %d: %w", first, last, err)
	}
	return nil, c.s.WriteObject(f[1], ds)
}

func frameCount(ds *dicom.Dataset) int {
	n := dicomini.Atoi(ds.String(dicom.NumberOfFrames))
	return max(n, 0)
}

func runCountFrames(ctx context.Context, c *call) ([]byte, error) {
	ds, err := c.s.loadDesignated(ctx, c.arg)
	if err != nil {
		return nil, nil
	}
	return textAnswer("%d", frameCount(ds)), nil
}

// testCodes are the compressions of testcompress.
var testCodes = []string{
	"un", "as", "n1", "n2", "n3", "n4", "j1", "j2", "j3", "j4", "j5", "j6", "jk", "jl", "jh", "js", "j7", "k1", "k2", "k4", "k8",
}

// runTestCompress stores an object under new UIDs in every compression: as it is,
// compressed, uncompressed again, and compressed once more, named so by its instance
// number.
func runTestCompress(ctx context.Context, c *call) ([]byte, error) {
	cfg := c.s.Live.Current()
	for _, code := range testCodes {
		ds, err := c.s.loadDesignated(ctx, c.arg)
		if err != nil {
			oplog.CompressionNotLoaded(c.s.Console, c.arg)
			return nil, nil
		}
		for _, step := range []struct{ code, name string }{{"", "org"}, {code, code}, {"un", code + "_un"}, {code, code + "_un_" + code}} {
			if step.code != "" {
				c.s.Transcode.RecompressOrKeep(ctx, ds, step.code)
			}
			object := ds.Clone()
			object.SetString(dicom.SOPInstanceUID, c.s.UIDs.New(site.UIDGeneral))
			object.SetString(dicom.InstanceNumber, step.name)
			res, err := c.s.Store.Enter(ctx, cfg, c.s.Store.Own(cfg, c.caller, object))
			if err != nil {
				return nil, err
			}
			if step.code == "" {
				oplog.TestFile(c.s.Console, res.Path, cfg.FileNameSyntax)
			} else {
				oplog.TestFileCompressed(c.s.Console, res.Path, step.name, cfg.FileNameSyntax)
			}
		}
	}
	return nil, nil
}
