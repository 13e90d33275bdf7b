package printing

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"conquest/budget"
	"conquest/dicom"
	"conquest/dimse"
	"conquest/pixel"
)

// printElements are the elements of an image that a printer gets.
var printElements = map[dicom.Tag]bool{
	dicom.SamplesPerPixel: true, dicom.PhotometricInterpretation: true, dicom.PlanarConfiguration: true,
	dicom.Rows: true, dicom.Columns: true, 0x00280034: true, dicom.BitsAllocated: true, dicom.BitsStored: true,
	dicom.HighBit: true, dicom.PixelRepresentation: true, dicom.PixelData: true,
}

// Job is a wish to print images.
type Job struct {
	Objects []*dicom.Dataset
	// Options are the film options by attribute keyword, e.g. FilmOrientation.
	Options map[string]string
}

// Classes are the SOP classes to propose to a printer.
var Classes = []string{dimse.BasicGrayscalePrintManagement, dimse.BasicColorPrintManagement, dimse.PrintJob, dimse.BasicAnnotationBox}

// ErrNoImages is the error of a job without images.
var ErrNoImages = errors.New("no images to print")

// Send prints images on an association to a printer, film by film.
func Send(ctx context.Context, a *dimse.Association, job Job) error {
	if len(job.Objects) == 0 {
		return ErrNoImages
	}
	return (&sending{a: a, p: job}).run(ctx)
}

// sending is a job under way.
type sending struct {
	a       *dimse.Association
	p       Job
	session string
}

// format is the image display format: that of the options, or one that the
// number of images suggests.
func (j *sending) format() string {
	if f := j.p.Options["ImageDisplayFormat"]; f != "" {
		return f
	}
	switch len(j.p.Objects) {
	case 1:
		return `STANDARD\1,1`
	case 2:
		return `STANDARD\1,2`
	}
	return `STANDARD\2,2`
}

func (j *sending) run(ctx context.Context) error {
	colour := true
	for _, o := range j.p.Objects {
		n, _ := o.Int(dicom.SamplesPerPixel)
		colour = colour && n == 3
	}
	pc, class, sequence := j.a.ContextFor(dimse.BasicGrayscalePrintManagement), dimse.BasicGrayscaleImageBox, tagGrayscaleImage
	if c := j.a.ContextFor(dimse.BasicColorPrintManagement); c != nil && (colour || pc == nil) {
		pc, class, sequence = c, dimse.BasicColorImageBox, tagColorImage
	}
	if pc == nil {
		return fmt.Errorf("print management: %w", dimse.ErrNoContext)
	}
	session := dicom.NewDataset(8)
	for _, e := range []struct {
		tag   dicom.Tag
		value string
	}{{0x20000010, "1"}, {0x20000020, "MED"}, {0x20000030, "BLUE FILM"}, {0x20000040, "MAGAZINE"}, {0x20000050, "CONQUEST"}} {
		session.SetString(e.tag, e.value)
	}
	j.options(session, 0x2000)
	r, err := j.request(ctx, pc, dimse.NCreateRQ, dimse.BasicFilmSession, "", session)
	if err != nil {
		return fmt.Errorf("create film session: %w", err)
	}
	j.session = r.Command.AffectedSOPInstanceUID
	onFilm := parseLayout(j.format()).count()
	for rest := j.p.Objects; len(rest) > 0; rest = rest[min(onFilm, len(rest)):] {
		if err := j.film(ctx, pc, class, sequence, rest[:min(onFilm, len(rest))]); err != nil {
			return err
		}
	}
	return nil
}

// options sets the wishes whose keywords belong to a group.
func (j *sending) options(d *dicom.Dataset, group uint16) {
	for keyword, value := range j.p.Options {
		if tag, ok := dicom.CurrentDictionary().Tag(keyword); ok && uint16(tag>>16) == group {
			d.SetString(tag, value)
		}
	}
}

// film fills a film box with images and prints it.
func (j *sending) film(ctx context.Context, pc *dimse.PresentationContext, class string, sequence dicom.Tag, images []*dicom.Dataset) error {
	box := dicom.NewDataset(8)
	for _, e := range []struct {
		tag   dicom.Tag
		value string
	}{
		{tagImageDisplayFormat, j.format()}, {tagFilmOrientation, "PORTRAIT"}, {tagFilmSizeID, "14INX17IN"},
		{tagMagnificationType, "BILINEAR"}, {tagBorderDensity, "BLACK"}, {tagEmptyImageDensity, "BLACK"},
	} {
		box.SetString(e.tag, e.value)
	}
	j.options(box, 0x2010)
	ref := dicom.NewDataset(2)
	ref.SetString(dicom.ReferencedSOPClassUID, dimse.BasicFilmSession)
	ref.SetString(dicom.ReferencedSOPInstanceUID, j.session)
	box.SetItems(tagReferencedFilmSession, ref)
	r, err := j.request(ctx, pc, dimse.NCreateRQ, dimse.BasicFilmBox, "", box)
	if err != nil {
		return fmt.Errorf("create film box: %w", err)
	}
	film := r.Command.AffectedSOPInstanceUID
	boxes, err := imageBoxes(r)
	if err != nil {
		return err
	}
	if len(boxes) < len(images) {
		return fmt.Errorf("printer gives %d image boxes for %d images", len(boxes), len(images))
	}
	for i, o := range images {
		picture, err := forPrinter(ctx, o)
		if err != nil {
			return fmt.Errorf("image %d: %w", i+1, err)
		}
		set := dicom.NewDataset(2)
		set.SetUint16(tagImageBoxPosition, uint16(i+1))
		set.SetItems(sequence, picture)
		if _, err := j.request(ctx, pc, dimse.NSetRQ, class, boxes[i], set); err != nil {
			return fmt.Errorf("set image box %d: %w", i+1, err)
		}
	}
	if _, err := j.request(ctx, pc, dimse.NActionRQ, dimse.BasicFilmBox, film, nil); err != nil {
		return fmt.Errorf("print film box: %w", err)
	}
	return nil
}

// imageBoxes are the UIDs of the image boxes of a new film box.
func imageBoxes(r *dimse.Response) ([]string, error) {
	if r.Data == nil {
		return nil, errors.New("film box without image boxes")
	}
	defer r.Data.Close()
	d, err := r.Data.Dataset(dicom.ParseOptions{})
	if err != nil {
		return nil, fmt.Errorf("read film box: %w", err)
	}
	var list []string
	for _, item := range d.Items(tagReferencedImageBoxes) {
		list = append(list, item.String(dicom.ReferencedSOPInstanceUID))
	}
	return list, nil
}

// forPrinter is an image with the elements that a printer wants, uncompressed.
func forPrinter(ctx context.Context, o *dicom.Dataset) (*dicom.Dataset, error) {
	d := o.Clone()
	if _, err := pixel.Decompress(d, pixel.Limits{Budget: budget.From(ctx)}); err != nil {
		return nil, err
	}
	ts := d.TransferSyntax().UID
	d.DeleteFunc(func(e *dicom.Element) bool { return !printElements[e.Tag] })
	if d.Get(dicom.PixelData) == nil {
		return nil, fmt.Errorf("no pixel data (transfer syntax %s)", ts)
	}
	return d, nil
}

func (j *sending) request(ctx context.Context, pc *dimse.PresentationContext, field dimse.CommandField, class, instance string, d *dicom.Dataset) (*dimse.Response, error) {
	c := dimse.Command{Field: field}
	if field == dimse.NCreateRQ {
		c.AffectedSOPClassUID = class
	} else {
		c.RequestedSOPClassUID, c.RequestedSOPInstanceUID = class, strings.TrimSpace(instance)
	}
	if field == dimse.NActionRQ {
		c.ActionTypeID = 1
	}
	var data *dimse.Data
	if d != nil {
		data = dimse.NewData(d)
	}
	r, err := j.a.Request(ctx, pc, c, data, nil)
	var status *dimse.StatusError
	if errors.As(err, &status) && r != nil && r.Command.Status.IsWarning() {
		err = nil
	}
	return r, err
}
