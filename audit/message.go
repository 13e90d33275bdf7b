package audit

import (
	"encoding/base64"
	"encoding/xml"
	"strings"
	"time"
)

// Code is a coded value of PS3.16.
type Code struct{ Value, Scheme, Meaning string }

func dcm(value, meaning string) Code { return Code{value, "DCM", meaning} }

// Events (PS3.16 CID 400) and their types (CID 401).
var (
	ApplicationActivity = dcm("110100", "Application Activity")
	InstancesAccessed   = dcm("110103", "DICOM Instances Accessed")
	Transferred         = dcm("110104", "DICOM Instances Transferred")
	StudyDeleted        = dcm("110105", "DICOM Study Deleted")
	Export              = dcm("110106", "Export")
	Import              = dcm("110107", "Import")
	Query               = dcm("110112", "Query")
	SecurityAlert       = dcm("110113", "Security Alert")
	UserAuthentication  = dcm("110114", "User Authentication")

	Start        = dcm("110120", "Application Start")
	Stop         = dcm("110121", "Application Stop")
	Login        = dcm("110122", "Login")
	Logout       = dcm("110123", "Logout")
	AuditLost    = dcm("110101", "Audit Log Used")
	Restricted   = dcm("110130", "Use of Restricted Function")
	Reconfigured = dcm("110131", "Software Configuration")
)

// Roles (PS3.16 CID 402).
var (
	roleApplication = dcm("110150", "Application")
	roleDestination = dcm("110152", "Destination Role ID")
	roleSource      = dcm("110153", "Source Role ID")
)

// Actions.
const (
	Create  = "C"
	Read    = "R"
	Update  = "U"
	Delete  = "D"
	Execute = "E"
)

// Outcomes.
const (
	Success = 0
	Minor   = 4
	Serious = 8
)

// Party is who took part.
type Party struct {
	ID          string // AE title or user
	Address     string
	Requestor   bool
	Source      bool // data came from it
	Destination bool // data went to it
}

// Event is what is told of.
type Event struct {
	ID      Code
	Type    Code // Value "": none
	Action  string
	Time    time.Time
	Outcome int
	Reason  string // of a failure
	Parties []Party
	// What it was about; the patient and study may be unknown.
	Patient, Study, Accession string
	Class                     string // SOP class of the objects, or of a query
	Count                     int    // objects
	Query                     string // keys of a query
	Detail                    string // more about an alert
}

// The document, by the schema of PS3.15 section A.5.1.

type document struct {
	XMLName      xml.Name      `xml:"AuditMessage"`
	Event        identity      `xml:"EventIdentification"`
	Participants []participant `xml:"ActiveParticipant"`
	Source       source        `xml:"AuditSourceIdentification"`
	Objects      []object      `xml:"ParticipantObjectIdentification"`
}

type coded struct {
	Value   string `xml:"csd-code,attr"`
	Scheme  string `xml:"codeSystemName,attr"`
	Meaning string `xml:"originalText,attr"`
}

func (c Code) xml() coded { return coded(c) }

type identity struct {
	Action  string  `xml:"EventActionCode,attr"`
	Time    string  `xml:"EventDateTime,attr"`
	Outcome int     `xml:"EventOutcomeIndicator,attr"`
	ID      coded   `xml:"EventID"`
	Types   []coded `xml:"EventTypeCode"`
	Reason  string  `xml:"EventOutcomeDescription,omitempty"`
}

type participant struct {
	UserID    string  `xml:"UserID,attr"`
	Requestor bool    `xml:"UserIsRequestor,attr"`
	Address   string  `xml:"NetworkAccessPointID,attr,omitempty"`
	Kind      string  `xml:"NetworkAccessPointTypeCode,attr,omitempty"`
	Roles     []coded `xml:"RoleIDCode"`
}

type source struct {
	ID    string `xml:"AuditSourceID,attr"`
	Types []struct {
		Value string `xml:"csd-code,attr"`
	} `xml:"AuditSourceTypeCode"`
}

type object struct {
	ID          string       `xml:"ParticipantObjectID,attr"`
	Type        int          `xml:"ParticipantObjectTypeCode,attr"`
	Role        int          `xml:"ParticipantObjectTypeCodeRole,attr"`
	IDType      coded        `xml:"ParticipantObjectIDTypeCode"`
	Name        *string      `xml:"ParticipantObjectName"`
	Query       *string      `xml:"ParticipantObjectQuery"`
	Details     []pair       `xml:"ParticipantObjectDetail"`
	Description *description `xml:"ParticipantObjectDescription"`
}

type pair struct {
	Type  string `xml:"type,attr"`
	Value string `xml:"value,attr"`
}

type description struct {
	Accession []struct {
		Number string `xml:"Number,attr"`
	} `xml:"Accession"`
	Classes []class `xml:"SOPClass"`
}

type class struct {
	UID   string `xml:"UID,attr,omitempty"`
	Count int    `xml:"NumberOfInstances,attr"`
}

// Type codes and roles of participating objects.
const (
	person, system           = 1, 2
	rolePatient, roleReport  = 1, 3
	roleResource, roleQuery  = 4, 24
	securityResource, nobody = 13, "this server"
)

// application is the server itself as a party, as what it is known.
const applicationServer = "4"

// message is an event as XML, in one line. server is the AE title of the server.
func message(e *Event, server string) ([]byte, error) {
	d := document{
		Event:  identity{Action: e.Action, Time: e.Time.Format("2006-01-02T15:04:05.000Z07:00"), Outcome: e.Outcome, ID: e.ID.xml(), Reason: clean(e.Reason)},
		Source: source{ID: clean(server)},
	}
	d.Source.Types = append(d.Source.Types, struct {
		Value string `xml:"csd-code,attr"`
	}{applicationServer})
	if e.Type.Value != "" {
		d.Event.Types = []coded{e.Type.xml()}
	}
	for _, p := range e.Parties {
		d.Participants = append(d.Participants, p.xml(e))
	}
	d.Objects = objects(e)
	return xml.Marshal(d)
}

func (p *Party) xml(e *Event) participant {
	x := participant{UserID: clean(p.ID), Requestor: p.Requestor, Address: clean(p.Address)}
	if x.UserID == "" {
		x.UserID = nobody
	}
	if x.Address != "" {
		x.Kind = "2"
	}
	switch {
	case p.Source:
		x.Roles = append(x.Roles, roleSource.xml())
	case p.Destination:
		x.Roles = append(x.Roles, roleDestination.xml())
	case e.ID == ApplicationActivity:
		x.Roles = append(x.Roles, roleApplication.xml())
	}
	return x
}

func objects(e *Event) (list []object) {
	if e.Query != "" {
		q := base64.StdEncoding.EncodeToString([]byte(e.Query))
		o := object{ID: clean(e.Class), Type: system, Role: roleQuery, IDType: dcm("110181", "SOP Class UID").xml(), Query: &q}
		if o.ID == "" {
			o.ID = "QIDO-RS"
		}
		list = append(list, o)
	}
	if e.Study != "" || e.Count > 0 && e.Query == "" {
		name := clean(e.Study)
		o := object{ID: name, Type: system, Role: roleReport, IDType: dcm("110180", "Study Instance UID").xml(), Name: &name}
		o.Description = &description{Classes: []class{{clean(e.Class), e.Count}}}
		if e.Accession != "" {
			o.Description.Accession = append(o.Description.Accession, struct {
				Number string `xml:"Number,attr"`
			}{clean(e.Accession)})
		}
		list = append(list, o)
	}
	if e.Patient != "" {
		name := clean(e.Patient)
		list = append(list, object{ID: name, Type: person, Role: rolePatient, IDType: Code{"2", "RFC-3881", "Patient Number"}.xml(), Name: &name})
	}
	if e.Detail != "" {
		name := clean(e.Detail)
		list = append(list, object{ID: "alert", Type: system, Role: securityResource, IDType: Code{"12", "RFC-3881", "URI"}.xml(), Name: &name,
			Details: []pair{{"Alert Description", base64.StdEncoding.EncodeToString([]byte(e.Detail))}}})
	}
	return list
}

// clean is a value without what XML or a line can not hold.
func clean(s string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == 0xfffe || r == 0xffff {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "?")))
}
