package dicomweb

import (
	"image"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"conquest/dicom"
)

// URIOptions are the habits of an address of WADO-URI.
type URIOptions struct {
	// Old counts frames from 0 and reads a region as x0,x1,y0,y1, as the original
	// server does.
	Old bool
}

// URI serves WADO-URI (PS3.18 chapter 9).
func (s *Service) URI(opt URIOptions) http.Handler {
	u := &uriHandler{s, opt}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a := &answer{ResponseWriter: w}
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD, OPTIONS")
			if r.Method == http.MethodOptions {
				w.WriteHeader(http.StatusNoContent)
				return
			}
			s.opt.Problem(w, r, http.StatusMethodNotAllowed, "WADO-URI takes GET")
			return
		}
		if err := s.watched(r, "retrieve", func(r *http.Request) error { return u.serve(a, r) }); err != nil {
			s.fail(a, r, err)
		}
	})
}

type uriHandler struct {
	*Service
	opt URIOptions
}

// uriRequest is what the parameters ask for.
type uriRequest struct {
	ref       Ref
	types     []mediaRange // of contentType, then of the header
	told      bool         // contentType is there
	v         rendering
	frame     int // from 1, 0 is not told
	syntax    string
	region    []float64
	anonymize bool
}

func (u *uriHandler) serve(w *answer, r *http.Request) error {
	q, err := u.read(r)
	if err != nil {
		return err
	}
	list, err := u.archive.Instances(r.Context(), q.ref)
	if err != nil {
		return err
	}
	o, release, err := u.open(r.Context(), list[0])
	if err != nil {
		return err
	}
	defer release()
	offers := uriOffers(o)
	chosen := choose(q.types, offers)
	if len(chosen) == 0 {
		return notAcceptable(offers)
	}
	kind := chosen[0].kind
	if !q.told && q.syntax != "" {
		kind = kindObject
	}
	if q.anonymize {
		return refuse(http.StatusNotImplemented, "objects are not anonymised here")
	}
	state, err := u.stateOf(r.Context(), list[:1])
	if err != nil {
		return err
	}
	if u.unchanged(w, r, `"`+state+base36(r.URL.RawQuery+kind)+`"`) {
		return nil
	}
	if kind == kindObject {
		return u.sendObject(w, r, o, list[0], q)
	}
	return u.sendRendered(w, r, o, kind, q)
}

// uriOffers are the types for an object: what it is rendered as first, then the
// object itself.
func uriOffers(o *object) []media {
	list := mediaOf(renderKinds(o), false)
	if len(list) > 0 && !slices.Contains(pictureKinds, list[0].kind) && !isReport(o.Dataset) {
		return append([]media{{kind: kindObject}}, list...)
	}
	return append(list, media{kind: kindObject})
}

func (u *uriHandler) read(r *http.Request) (*uriRequest, error) {
	params, err := parametersOf(r.URL.RawQuery)
	if err != nil {
		return nil, err
	}
	get := map[string]string{}
	for _, p := range params {
		if _, twice := get[strings.ToLower(p.name)]; !twice {
			get[strings.ToLower(p.name)] = p.value
		}
	}
	if get["requesttype"] != "WADO" {
		return nil, bad("requestType is WADO")
	}
	q := &uriRequest{ref: Ref{get["studyuid"], get["seriesuid"], get["objectuid"]}, syntax: get["transfersyntax"], v: rendering{quality: defaultQuality}}
	for _, uid := range []string{q.ref.Study, q.ref.Series, q.ref.Instance} {
		if !validUID(uid) {
			return nil, bad("studyUID, seriesUID and objectUID are UIDs, all of them")
		}
	}
	if text := get["contenttype"]; text != "" {
		q.types, q.told = parseAccept(text), true
	} else {
		q.types = parseAccept(strings.Join(r.Header.Values("Accept"), ","))
	}
	if len(q.types) == 0 {
		if q.told {
			return nil, refuse(http.StatusNotAcceptable, "contentType is a list of media types")
		}
		q.types = []mediaRange{{kind: "*/*", q: 1000}}
	}
	if s := get["anonymize"]; s != "" && s != "no" {
		q.anonymize = true
	}
	return q, u.readPicture(get, q)
}

// readPicture reads the parameters of pictures.
func (u *uriHandler) readPicture(get map[string]string, q *uriRequest) (err error) {
	center, width := get["windowcenter"], get["windowwidth"]
	if (center == "") != (width == "") {
		return bad("windowCenter and windowWidth come together")
	}
	if center != "" {
		if q.v.window, err = newWindow(center, width); err != nil {
			return err
		}
	}
	if s := get["imagequality"]; s != "" {
		if q.v.quality, err = qualityOf(s); err != nil {
			return err
		}
	}
	if s := get["framenumber"]; s != "" {
		n, err := strconv.ParseUint(s, 10, 31)
		if u.opt.Old {
			n++
		}
		if err != nil || n == 0 {
			return bad("frameNumber is a number of a frame")
		}
		q.frame = int(n)
	}
	for name, side := range map[string]*int{"rows": &q.v.room.Y, "columns": &q.v.room.X} {
		if s := get[name]; s != "" {
			n, err := strconv.ParseUint(s, 10, 31)
			if err != nil || n == 0 || n > maxRoom {
				return bad("%s is 1 to %d", name, maxRoom)
			}
			*side = int(n)
		}
	}
	if s := get["region"]; s != "" {
		return u.readRegion(s, q)
	}
	return nil
}

func (u *uriHandler) readRegion(s string, q *uriRequest) error {
	for part := range strings.SplitSeq(s, ",") {
		n, ok := number(part)
		if !ok || n < 0 || n > 1 {
			return bad("region is four numbers from 0 to 1")
		}
		q.region = append(q.region, n)
	}
	if len(q.region) != 4 {
		return bad("region is four numbers from 0 to 1")
	}
	if u.opt.Old {
		q.region[1], q.region[2] = q.region[2], q.region[1]
	}
	if q.region[2] <= q.region[0] || q.region[3] <= q.region[1] {
		return bad("the region is empty")
	}
	return nil
}

// sendObject answers with the object.
func (u *uriHandler) sendObject(w *answer, r *http.Request, o *object, i Instance, q *uriRequest) error {
	syntax := q.syntax
	switch {
	case syntax == "*":
		syntax = webSyntax(o.Dataset)
	case syntax == "" && canDecode(webSyntax(o.Dataset)):
		syntax = dicom.ExplicitLittleEndian
	case syntax == "":
		syntax = webSyntax(o.Dataset)
	case !slices.Contains(syntaxes(o.Dataset), syntax):
		return refuse(http.StatusNotAcceptable, "the object can not be brought into this transfer syntax")
	}
	out, err := u.outgoing(r.Context(), o, i, syntax)
	if err != nil {
		if cannot(err) {
			return refuse(http.StatusNotAcceptable, "the object can not be brought into this transfer syntax")
		}
		return err
	}
	defer out.close()
	w.Header().Set("Content-Type", kindObject)
	w.Header().Set("Content-Disposition", `inline; filename="`+i.UID+`.dcm"`)
	if out.file != nil {
		http.ServeContent(w, r, "", time.Time{}, out.file)
		return nil
	}
	w.Header().Set("Content-Length", strconv.FormatInt(out.size, 10))
	if r.Method == http.MethodHead {
		return nil
	}
	return out.copyTo(w)
}

func (u *uriHandler) sendRendered(w *answer, r *http.Request, o *object, kind string, q *uriRequest) error {
	var frames []int
	if im, err := o.frames(); err == nil {
		if q.frame > im.Frames {
			return refuse(http.StatusNotFound, "there are %d frames", im.Frames)
		}
		if q.frame > 0 {
			frames = []int{q.frame - 1}
		}
		q.fit(im.Columns, im.Rows)
	}
	body, err := u.render(r.Context(), o, frames, kind, q.v)
	if err != nil {
		return err
	}
	return sendBody(w, kind, body)
}

// fit turns region and room into pixels of an image.
func (q *uriRequest) fit(columns, rows int) {
	if q.region != nil {
		x := func(f float64) int { return int(math.Round(f * float64(columns))) }
		y := func(f float64) int { return int(math.Round(f * float64(rows))) }
		q.v.region = image.Rect(x(q.region[0]), y(q.region[1]), max(x(q.region[2]), x(q.region[0])+1), max(y(q.region[3]), y(q.region[1])+1))
		q.v.region = q.v.region.Intersect(image.Rect(0, 0, columns, rows))
	}
	if q.v.room == (image.Point{}) {
		return
	}
	if q.v.room.X == 0 {
		q.v.room.X = maxRoom
	}
	if q.v.room.Y == 0 {
		q.v.room.Y = maxRoom
	}
}
