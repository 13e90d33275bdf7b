package api

import (
	"context"
	"io"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"conquest/dicom"
	"conquest/web"
)

// Studies is what is stored.
type Studies interface {
	// Studies finds studies, the newest first; more tells that there are further ones.
	Studies(ctx context.Context, q StudyQuery) (list []Study, more bool, err error)
	// Patients finds patients by a part of the name or of the ID.
	Patients(ctx context.Context, text string, limit int) ([]Patient, error)
	Study(ctx context.Context, study string) (StudyDetail, error)
	Instances(ctx context.Context, study, series string) ([]Instance, error)
	// Object calls look with the attributes of an object.
	Object(ctx context.Context, study, series, instance string, look func(*dicom.Dataset) error) error
	// File opens the file of an object; the caller closes it.
	File(ctx context.Context, study, series, instance string) (f io.ReadCloser, size int64, err error)
}

// StudyQuery says which studies are wanted.
type StudyQuery struct {
	Text, Patient, Date, Modality string
	Offset, Limit                 int
}

// Patient is a patient of the index.
type Patient struct {
	ID        string `json:"id"`
	Name      string `json:"name"`
	BirthDate string `json:"birthDate"`
	Sex       string `json:"sex"`
}

// Study is a study in a list.
type Study struct {
	UID         string   `json:"uid"`
	Patient     Patient  `json:"patient"`
	Date        string   `json:"date"`
	Time        string   `json:"time"`
	Description string   `json:"description"`
	Accession   string   `json:"accession"`
	Referring   string   `json:"referring"`
	Modalities  []string `json:"modalities"`
	Series      int      `json:"series" doc:"how many"`
	Instances   int      `json:"instances" doc:"how many"`
}

// StudyDetail is a study with its series.
type StudyDetail struct {
	Study
	SeriesList []Series `json:"seriesList"`
}

// Series is a series of a study.
type Series struct {
	UID         string `json:"uid"`
	Modality    string `json:"modality"`
	Number      string `json:"number"`
	Description string `json:"description"`
	BodyPart    string `json:"bodyPart"`
	Station     string `json:"station"`
	Instances   int    `json:"instances" doc:"how many"`
}

// Instance is a stored object.
type Instance struct {
	UID        string     `json:"uid"`
	Class      string     `json:"class" doc:"SOP class"`
	Number     string     `json:"number"`
	Frames     int        `json:"frames"`
	Rows       int        `json:"rows"`
	Columns    int        `json:"columns"`
	Device     string     `json:"device"`
	File       string     `json:"file" doc:"below the device"`
	Size       int64      `json:"size" doc:"bytes"`
	ReceivedAt *time.Time `json:"receivedAt,omitempty" doc:"when its file was written"`
}

type searchInput struct {
	Q     string `query:"q" required:"true" minLength:"1" maxLength:"200" doc:"part of a name, ID, accession number, description; a UID, date or modality"`
	Limit int    `query:"limit" minimum:"1" maximum:"100" default:"10" doc:"of each kind"`
}

// Found is what a search found.
type Found struct {
	Patients []Patient `json:"patients"`
	Studies  []Study   `json:"studies"`
}

type studiesInput struct {
	ListInput
	Q        string `query:"q" maxLength:"200" doc:"as for search"`
	Patient  string `query:"patient" maxLength:"200" doc:"name or ID, with * and ?"`
	Date     string `query:"date" maxLength:"30" doc:"YYYYMMDD, a range with -, today, yesterday, week"`
	Modality string `query:"modality" maxLength:"16"`
}

// StudyInput names a study.
type StudyInput struct {
	Study string `path:"study" pattern:"^[0-9.]{1,64}$"`
}

// SeriesInput names a series.
type SeriesInput struct {
	StudyInput
	Series string `path:"series" pattern:"^[0-9.]{1,64}$"`
}

// InstanceInput names an object.
type InstanceInput struct {
	SeriesInput
	Instance string `path:"instance" pattern:"^[0-9.]{1,64}$"`
}

func (h *Handler) studyRoutes(s Studies) {
	add(h, "search", func(ctx context.Context, in *searchInput) (*body[Found], error) {
		patients, err := s.Patients(ctx, in.Q, in.Limit)
		if err != nil {
			return nil, err
		}
		studies, _, err := s.Studies(ctx, StudyQuery{Text: in.Q, Limit: in.Limit})
		return &body[Found]{Found{Patients: patients, Studies: studies}}, err
	})
	add(h, "listStudies", func(ctx context.Context, in *studiesInput) (*body[Listing[Study]], error) {
		from, err := in.offset()
		if err != nil {
			return nil, err
		}
		list, more, err := s.Studies(ctx, StudyQuery{in.Q, in.Patient, in.Date, in.Modality, from, in.Limit})
		out := &body[Listing[Study]]{Listing[Study]{Items: list}}
		if more {
			out.Body.Next = cursor(from + len(list))
		}
		return out, err
	})
	add(h, "getStudy", func(ctx context.Context, in *StudyInput) (*body[StudyDetail], error) {
		study, err := s.Study(ctx, in.Study)
		return &body[StudyDetail]{study}, err
	})
	add(h, "listSeries", func(ctx context.Context, in *StudyInput) (*body[Listing[Series]], error) {
		study, err := s.Study(ctx, in.Study)
		return &body[Listing[Series]]{Listing[Series]{Items: study.SeriesList}}, err
	})
	add(h, "getSeries", func(ctx context.Context, in *SeriesInput) (*body[Series], error) {
		study, err := s.Study(ctx, in.Study)
		for _, e := range study.SeriesList {
			if e.UID == in.Series {
				return &body[Series]{e}, nil
			}
		}
		if err == nil {
			err = ErrNotFound
		}
		return nil, err
	})
	add(h, "listInstances", func(ctx context.Context, in *struct {
		ListInput
		SeriesInput
	}) (*body[Listing[Instance]], error) {
		list, err := s.Instances(ctx, in.Study, in.Series)
		if err != nil {
			return nil, err
		}
		if len(list) == 0 {
			return nil, ErrNotFound
		}
		return cut(list, in.ListInput)
	})
	add(h, "getInstance", func(ctx context.Context, in *InstanceInput) (*body[Instance], error) {
		list, err := s.Instances(ctx, in.Study, in.Series)
		for _, i := range list {
			if i.UID == in.Instance {
				return &body[Instance]{i}, nil
			}
		}
		if err == nil {
			err = ErrNotFound
		}
		return nil, err
	})
	h.objectRoutes(s)
}

// objectRoutes answer with the content of an object.
func (h *Handler) objectRoutes(s Studies) {
	add(h, "getTags", func(ctx context.Context, in *InstanceInput) (*huma.StreamResponse, error) {
		var text []byte
		err := s.Object(ctx, in.Study, in.Series, in.Instance, func(d *dicom.Dataset) (err error) {
			text, err = dicom.AppendJSON(nil, d, dicom.JSONOptions{BulkURI: bulkAddress("/dicom-web", in)})
			return err
		})
		if err != nil {
			return nil, err
		}
		return &huma.StreamResponse{Body: func(c huma.Context) {
			c.SetHeader("Content-Type", "application/dicom+json")
			c.BodyWriter().Write(text)
		}}, nil
	}, produces("application/dicom+json"))
	add(h, "getFile", func(ctx context.Context, in *InstanceInput) (*huma.StreamResponse, error) {
		f, size, err := s.File(ctx, in.Study, in.Series, in.Instance)
		if err != nil {
			return nil, err
		}
		return &huma.StreamResponse{Body: func(c huma.Context) {
			defer f.Close()
			c.SetHeader("Content-Type", "application/dicom")
			c.SetHeader("Content-Length", number(size))
			c.SetHeader("Content-Disposition", `attachment; filename="`+in.Instance+`.dcm"`)
			if _, err := io.Copy(c.BodyWriter(), f); err != nil && ctx.Err() == nil {
				h.log.Warn("file is not sent as a whole", "request", web.RequestID(ctx), "sop", in.Instance, "error", err)
			}
		}}, nil
	}, produces("application/dicom"))
}
