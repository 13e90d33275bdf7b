package site

import (
	"context"

	"conquest/dicom"
	"conquest/dicomini"
	"conquest/rules"
	"conquest/scripting"
	"conquest/storage"
)

// nameContext gives file names what they need besides the object.
func (s *Site) nameContext(q rules.Request) storage.NameContext {
	c := storage.NameContext{
		Value: func(spec string) (string, int) { return s.Rules.Value(context.Background(), q, spec) },
		Lua:   func(expression string) (string, error) { return s.Expression(context.Background(), q, expression) },
	}
	if q.Caller != nil {
		c.CallingAE, c.CalledAE = q.Caller.Calling(), q.Caller.Called()
	}
	return c
}

// ObjectName is the file name that FileNameSyntax makes for the object of a request.
func (s *Site) ObjectName(q rules.Request) (string, error) {
	return s.Namer.Name(q.Object, s.nameContext(q))
}

// Self is the server as caller.
func (s *Site) Self(cfg *dicomini.Config) rules.Caller {
	return &rules.Party{CallingAE: cfg.MyACRNema, CalledAE: cfg.MyACRNema, Variables: &scripting.Vars{}, Trusted: true}
}

// RequestBy is an object as converters see it, in the name of a caller or, when that
// is nil, of nobody.
func RequestBy(caller rules.Caller, object *dicom.Dataset) rules.Request {
	if caller == nil {
		caller = &rules.Party{Variables: &scripting.Vars{}}
	}
	return rules.Request{Object: object, Caller: caller}
}

// Administrator tells whether a caller may see where files lie; the server itself,
// nil, may.
func Administrator(caller rules.Caller) bool { return caller == nil || caller.Administrator() }

func ColumnOf(t *dicomini.Table, tag dicom.Tag) string {
	for _, c := range t.Columns {
		if dicom.NewTag(c.Group, c.Element) == tag {
			return c.Name
		}
	}
	return ""
}
