package printing

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"conquest/console"
	"conquest/dicom"
	"conquest/dimse"
	"conquest/oplog"
	"conquest/regular"
	"conquest/storage"
)

// Elements of film sessions, boxes and printers (PS3.3 C.13).
const (
	tagImageDisplayFormat    dicom.Tag = 0x20100010
	tagFilmOrientation       dicom.Tag = 0x20100040
	tagFilmSizeID            dicom.Tag = 0x20100050
	tagMagnificationType     dicom.Tag = 0x20100060
	tagBorderDensity         dicom.Tag = 0x20100100
	tagEmptyImageDensity     dicom.Tag = 0x20100110
	tagReferencedFilmSession dicom.Tag = 0x20100500
	tagReferencedImageBoxes  dicom.Tag = 0x20100510
	tagImageBoxPosition      dicom.Tag = 0x20200010
	tagPolarity              dicom.Tag = 0x20200020
	tagGrayscaleImage        dicom.Tag = 0x20200110
	tagColorImage            dicom.Tag = 0x20200111
	tagPrinterStatus         dicom.Tag = 0x21100010
	tagPrinterStatusInfo     dicom.Tag = 0x21100020
	tagPrinterName           dicom.Tag = 0x21100030
)

// Bounds of what one association may keep for printing.
const (
	maxFilms      = 100
	maxImageBoxes = 200 // of a film
)

// Host is what the print service needs of the server it belongs to.
type Host interface {
	// Folder is where pictures and films are kept.
	Folder() string
	// WriteObject writes the picture of an image box.
	WriteObject(path string, picture *dicom.Dataset) error
	// NewUID makes the UID of a film session or film box.
	NewUID() string
	// Printed counts a picture.
	Printed(colour bool)
}

// Service takes print requests.
type Service struct {
	host    Host
	con     *console.Console
	drawing sync.Mutex // one film is drawn at a time
}

// New makes the print service of a server.
func New(host Host, con *console.Console) *Service { return &Service{host: host, con: con} }

// Films is what an association has asked to print; the zero value is none yet.
// It checks no more than the original: any order of requests is answered with
// success.
type Films struct {
	films []*film
	made  int // films ever
}

// Request is a request of the print classes, and how to answer it.
type Request struct {
	Message *dimse.Message
	Command *dicom.Dataset // command set of the message
	Films   *Films         // of the association
	To      Replier
	Tell    Tell // nil without a script
	// Step tells the progress channel what is printed, where no script does it; may be
	// nil.
	Step func(text string)
}

// Replier takes the answer: the association.
type Replier interface {
	Reply(m *dimse.Message, c dimse.Command, d *dimse.Data) error
	ReplyStatus(m *dimse.Message, s dimse.Status, comment string) error
}

// Tell runs the script printserver for an event; it takes the place of log lines,
// and of keeping the pictures.
type Tell func(ctx context.Context, event string, command, data *dicom.Dataset)

// film is a film box: where its images go.
type film struct {
	uid     string
	layout  layout
	attrs   *dicom.Dataset // of N-CREATE and N-SET
	boxes   []string       // image box UIDs in order of position
	images  map[string]printImage
	printed bool
}

// printImage is a picture that was set into an image box.
type printImage struct {
	path    string
	reverse bool
}

// request is a request under way.
type request struct {
	Request
	s    *Service
	m    *dimse.Message
	data *dicom.Dataset // never nil
}

// Serve handles the requests of the basic print classes (PS3.4 H,
// docs/original/network.md 2.6). served is false for any other.
func (s *Service) Serve(ctx context.Context, r Request) (served bool, err error) {
	p := &request{Request: r, s: s, m: r.Message, data: dicom.NewDataset(0)}
	serve := p.service()
	if serve == nil {
		return false, nil
	}
	if p.m.Data != nil {
		if p.data, err = p.m.Data.Dataset(dicom.ParseOptions{}); err != nil {
			s.con.Event("*** print request can not be read", "error", err)
			return true, p.To.ReplyStatus(p.m, dimse.ProcessingFailure, "data set can not be read")
		}
	}
	return true, serve(ctx)
}

func (p *request) service() func(context.Context) error {
	type key struct {
		class string
		field dimse.CommandField
	}
	switch (key{p.m.Command.SOPClassUID(), p.m.Command.Field}) {
	case key{dimse.Printer, dimse.NGetRQ}:
		return p.getPrinter
	case key{dimse.Printer, dimse.NEventReportRQ}:
		return p.printerEvent
	case key{dimse.BasicFilmSession, dimse.NCreateRQ}:
		return p.createSession
	case key{dimse.BasicFilmSession, dimse.NDeleteRQ}:
		return p.deleteSession
	case key{dimse.BasicFilmSession, dimse.NActionRQ}:
		return p.printSession
	case key{dimse.BasicFilmSession, dimse.NSetRQ}:
		return p.setSession
	case key{dimse.BasicFilmBox, dimse.NCreateRQ}:
		return p.createFilm
	case key{dimse.BasicFilmBox, dimse.NDeleteRQ}:
		return p.deleteFilm
	case key{dimse.BasicFilmBox, dimse.NActionRQ}:
		return p.printFilm
	case key{dimse.BasicFilmBox, dimse.NSetRQ}:
		return p.setFilm
	case key{dimse.BasicGrayscaleImageBox, dimse.NSetRQ}:
		return func(ctx context.Context) error { return p.setImage(ctx, tagGrayscaleImage) }
	case key{dimse.BasicColorImageBox, dimse.NSetRQ}:
		return func(ctx context.Context) error { return p.setImage(ctx, tagColorImage) }
	}
	return nil
}

// step tells the progress channel.
func (p *request) step(text string) {
	if p.Step != nil {
		p.Step(text)
	}
}

// say tells the script printserver of an event, or else the log.
func (p *request) say(ctx context.Context, event string, line func(oplog.Operator)) {
	if p.Tell == nil {
		line(p.s.con)
		p.step("Type='" + event + "'\n")
		return
	}
	p.Tell(ctx, event, p.Command, p.data)
}

// reply answers with success; instance is the affected SOP instance.
func (p *request) reply(instance string, extra, data *dicom.Dataset) error {
	var d *dimse.Data
	if data != nil {
		d = dimse.NewData(data)
	}
	return p.To.Reply(p.m, dimse.Command{Status: dimse.Success, AffectedSOPInstanceUID: instance, Extra: extra}, d)
}

// replyAction answers an N-ACTION.
func (p *request) replyAction() error {
	extra := dicom.NewDataset(1)
	extra.SetUint16(dimse.TagActionTypeID, 0)
	return p.reply("", extra, nil)
}

// replyDelete answers an N-DELETE.
func (p *request) replyDelete() error {
	extra := dicom.NewDataset(1)
	extra.Put(dicom.Element{Tag: dimse.TagAffectedSOPInstanceUID, VR: dicom.UI})
	return p.reply("", extra, nil)
}

func (p *request) getPrinter(ctx context.Context) error {
	p.say(ctx, "gettingprinter", oplog.GettingPrinter)
	answer := dicom.NewDataset(3)
	answer.SetString(tagPrinterStatus, "NORMAL")
	answer.SetString(tagPrinterStatusInfo, "NORMAL")
	answer.SetString(tagPrinterName, "Conquest dicom printer")
	return p.reply(dimse.PrinterInstance, nil, answer)
}

func (p *request) printerEvent(ctx context.Context) error {
	p.say(ctx, "neventprinter", oplog.PrinterEvent)
	return p.reply(dimse.PrinterInstance, nil, nil)
}

func (p *request) createSession(ctx context.Context) error {
	uid := p.newUID()
	p.say(ctx, "creatingbasicfilmsession", oplog.CreatingFilmSession)
	p.Films.films = nil
	return p.reply(uid, nil, p.answer())
}

// newUID is the UID of a film session or box: the one that the requester wants,
// or a new one.
func (p *request) newUID() string {
	if uid := p.m.Command.AffectedSOPInstanceUID; uid != "" {
		return uid
	}
	return p.s.host.NewUID()
}

// answer repeats the request in the data set of a response.
func (p *request) answer() *dicom.Dataset {
	answer := p.data.Clone()
	answer.DeleteFunc(func(e *dicom.Element) bool { return e.Tag>>16 <= 2 })
	return answer
}

func (p *request) deleteSession(ctx context.Context) error {
	p.say(ctx, "deletebasicfilmsession", oplog.DeletingFilmSession)
	p.Films.films = nil
	return p.replyDelete()
}

func (p *request) printSession(ctx context.Context) error {
	p.say(ctx, "printbasicfilmsession", oplog.PrintingFilmSession)
	for _, f := range p.Films.films {
		if !f.printed {
			p.render(ctx, f)
		}
	}
	return p.replyAction()
}

func (p *request) setSession(ctx context.Context) error {
	p.say(ctx, "setbasicfilmsession", oplog.SetFilmSession)
	return p.reply("", nil, nil)
}

func (p *request) createFilm(ctx context.Context) error {
	pr := p.Films
	f := &film{uid: p.newUID(), layout: parseLayout(p.data.String(tagImageDisplayFormat)), images: map[string]printImage{}}
	class := dimse.BasicGrayscaleImageBox
	if p.m.Context.AbstractSyntax == dimse.BasicColorPrintManagement {
		class = dimse.BasicColorImageBox
	}
	stem := strings.TrimRight(f.uid[:min(len(f.uid), 50)], ".")
	var items []*dicom.Dataset
	for i := range f.layout.count() {
		uid := fmt.Sprintf("%s.%d.%d.%d.%d", stem, pr.made%1000, f.layout.first, f.layout.second, i)
		item := dicom.NewDataset(2)
		item.SetString(dicom.ReferencedSOPClassUID, class)
		item.SetString(dicom.ReferencedSOPInstanceUID, uid)
		items, f.boxes = append(items, item), append(f.boxes, uid)
	}
	pr.made++
	p.data.SetItems(tagReferencedImageBoxes, items...)
	orientation := p.data.String(tagFilmOrientation)
	if p.Tell == nil {
		oplog.CreatingFilmBox(p.s.con, len(items), orientation, pr.made)
		// The line feed stands where the original has it.
		p.step(fmt.Sprintf("Type='createbasicfilmbox'\n, Nbox=%d, Orientation='%s', Film=%d", len(items), console.Printable(orientation), pr.made))
	} else {
		p.Tell(ctx, "createbasicfilmbox", p.Command, p.data)
	}
	f.attrs = p.answer()
	if len(pr.films) < maxFilms {
		pr.films = append(pr.films, f)
	}
	return p.reply(f.uid, nil, p.answer())
}

func (p *request) film() *film {
	for _, f := range p.Films.films {
		if f.uid == p.m.Command.RequestedSOPInstanceUID {
			return f
		}
	}
	return nil
}

func (p *request) deleteFilm(ctx context.Context) error {
	p.say(ctx, "deletebasicfilmbox", oplog.DeletingFilmBox)
	films := p.Films.films
	for i, f := range films {
		if f.uid == p.m.Command.RequestedSOPInstanceUID {
			p.Films.films = append(films[:i:i], films[i+1:]...)
			break
		}
	}
	return p.replyDelete()
}

func (p *request) printFilm(ctx context.Context) error {
	p.say(ctx, "printbasicfilmbox", oplog.PrintingFilmBox)
	if f := p.film(); f != nil {
		p.render(ctx, f)
	}
	return p.replyAction()
}

func (p *request) setFilm(ctx context.Context) error {
	p.say(ctx, "setbasicfilmbox", oplog.SetFilmBox)
	if f := p.film(); f != nil {
		f.attrs.Merge(p.data)
	}
	return p.reply("", nil, nil)
}

// setImage keeps the picture for an image box as a file, unless a script takes
// care of it.
func (p *request) setImage(ctx context.Context, sequence dicom.Tag) error {
	s := p.s
	items := p.data.Items(sequence)
	if len(items) == 0 {
		return p.reply("", nil, nil)
	}
	uid := p.m.Command.RequestedSOPInstanceUID
	path := filepath.Join(s.host.Folder(), storage.Harmless(uid)+".dcm")
	if p.Tell != nil {
		p.Tell(ctx, path, p.Command, p.data)
		return p.reply("", nil, nil)
	}
	picture := items[0].Clone()
	picture.SetTransferSyntax(dicom.ImplicitLittleEndian) // as the original, whatever the association has
	if err := s.host.WriteObject(path, picture); err != nil {
		s.con.Event("*** picture to print is not kept", "file", path, "error", err)
		return p.To.ReplyStatus(p.m, dimse.ProcessingFailure, "picture can not be kept")
	}
	oplog.PrintFile(s.con, path)
	p.step("Type='printfile', File='" + path + "'\n")
	s.host.Printed(sequence == tagColorImage)
	for _, f := range p.Films.films {
		for _, box := range f.boxes {
			if box == uid {
				f.images[uid] = printImage{path: path, reverse: p.data.String(tagPolarity) == "REVERSE"}
				f.printed = false
			}
		}
	}
	return p.reply("", nil, nil)
}

// render makes the picture of a whole film. A failure does not fail the
// request: the single pictures are there.
func (p *request) render(ctx context.Context, f *film) {
	if len(f.images) == 0 {
		return
	}
	s := p.s
	path := filepath.Join(s.host.Folder(), "film_"+storage.Harmless(f.uid)+".png")
	s.drawing.Lock()
	defer s.drawing.Unlock()
	if err := renderFilm(ctx, path, f); err != nil {
		s.con.Event("*** film is not drawn", "film", path, "error", err)
		return
	}
	f.printed = true
	oplog.FilmFile(s.con, path)
}

// errNoPicture tells that nothing on a film could be drawn.
var errNoPicture = errors.New("no picture of the film can be read")

// create opens a file to be written under a temporary name; done gives it its
// name, or removes it after a failure.
func create(path string) (f *os.File, done func(error) error, err error) {
	f, err = regular.CreateTemp(filepath.Dir(path), ".film*")
	if err != nil {
		return nil, nil, err
	}
	return f, func(failed error) error {
		err := errors.Join(failed, f.Close())
		if err == nil {
			err = os.Rename(f.Name(), path)
		}
		if err != nil {
			os.Remove(f.Name())
		}
		return err
	}, nil
}
