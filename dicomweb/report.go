package dicomweb

import (
	"bytes"
	"html/template"
	"strings"

	"conquest/dicom"
)

// Attributes of content items (PS3.3 section C.17.3).
const (
	tagValueType      dicom.Tag = 0x0040a040
	tagConceptName    dicom.Tag = 0x0040a043
	tagConceptCode    dicom.Tag = 0x0040a168
	tagTextValue      dicom.Tag = 0x0040a160
	tagDateTimeValue  dicom.Tag = 0x0040a120
	tagDateValue      dicom.Tag = 0x0040a121
	tagTimeValue      dicom.Tag = 0x0040a122
	tagPersonValue    dicom.Tag = 0x0040a123
	tagUIDValue       dicom.Tag = 0x0040a124
	tagMeasuredValue  dicom.Tag = 0x0040a300
	tagNumericValue   dicom.Tag = 0x0040a30a
	tagUnits          dicom.Tag = 0x004008ea
	tagReferencedSOP  dicom.Tag = 0x00081199
	tagCodeMeaning    dicom.Tag = 0x00080104
	tagCodeValue      dicom.Tag = 0x00080100
	maxReportDepth              = 64
	unnamedItem                 = "Item"
	tagCompletionFlag dicom.Tag = 0x0040a491
	tagVerification   dicom.Tag = 0x0040a493
)

// contentItem is an item of a report's tree.
type contentItem struct {
	Name, Value string
	Items       []contentItem
}

// reportHead are lines before the tree.
type reportHead struct{ Name, Value string }

type report struct {
	Title string
	Head  []reportHead
	Items []contentItem
}

// readReport reads the tree of a structured report.
func readReport(d *dicom.Dataset) report {
	d, _ = toUTF8(textOnly(d))
	r := report{Title: codeMeaning(d, tagConceptName)}
	if r.Title == "" {
		r.Title = "Report"
	}
	for _, x := range []struct {
		name string
		tag  dicom.Tag
	}{
		{"Patient", dicom.PatientName}, {"Patient ID", dicom.PatientID}, {"Date of birth", dicom.PatientBirthDate}, {"Sex", dicom.PatientSex},
		{"Study", dicom.StudyDescription}, {"Date", dicom.StudyDate}, {"Accession number", dicom.AccessionNumber},
		{"Completion", tagCompletionFlag}, {"Verification", tagVerification},
	} {
		if v := text(d, x.tag); v != "" {
			r.Head = append(r.Head, reportHead{x.name, v})
		}
	}
	r.Items = contentItems(d, 0)
	return r
}

// textOnly is a report without large values.
func textOnly(d *dicom.Dataset) *dicom.Dataset {
	c := d.Clone()
	c.DeleteFunc(func(e *dicom.Element) bool { return e.Bulk != nil || e.Fragments != nil })
	return c
}

func contentItems(d *dicom.Dataset, depth int) []contentItem {
	if depth > maxReportDepth {
		return nil
	}
	var list []contentItem
	for _, it := range d.Items(tagContentSequence) {
		c := contentItem{Name: codeMeaning(it, tagConceptName), Value: contentValue(it), Items: contentItems(it, depth+1)}
		if c.Name == "" {
			c.Name = unnamedItem
		}
		list = append(list, c)
	}
	return list
}

// contentValue is the value of an item as text.
func contentValue(d *dicom.Dataset) string {
	switch strings.TrimSpace(d.String(tagValueType)) {
	case "TEXT":
		return text(d, tagTextValue)
	case "CODE":
		return codeMeaning(d, tagConceptCode)
	case "NUM":
		for _, m := range d.Items(tagMeasuredValue) {
			return strings.TrimSpace(text(m, tagNumericValue) + " " + codeMeaning(m, tagUnits))
		}
	case "DATETIME":
		return text(d, tagDateTimeValue)
	case "DATE":
		return text(d, tagDateValue)
	case "TIME":
		return text(d, tagTimeValue)
	case "PNAME":
		return text(d, tagPersonValue)
	case "UIDREF":
		return text(d, tagUIDValue)
	case "IMAGE", "COMPOSITE", "WAVEFORM":
		for _, ref := range d.Items(tagReferencedSOP) {
			return text(ref, dicom.ReferencedSOPInstanceUID)
		}
	}
	return ""
}

func text(d *dicom.Dataset, t dicom.Tag) string { return strings.TrimSpace(d.String(t)) }

func codeMeaning(d *dicom.Dataset, sequence dicom.Tag) string {
	items := d.Items(sequence)
	if len(items) == 0 {
		return ""
	}
	if m := text(items[0], tagCodeMeaning); m != "" {
		return m
	}
	return text(items[0], tagCodeValue)
}

var reportPage = template.Must(template.New("report").Parse(`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{{.Title}}</title>
<style>body{font-family:sans-serif;margin:1.5em;max-width:60em}th{text-align:left;padding-right:1em;font-weight:normal;color:#555}ul{list-style:none;padding-left:1.2em}li{margin:.3em 0}p{white-space:pre-wrap;margin:.2em 0}</style></head>
<body><h1>{{.Title}}</h1>
<table>{{range .Head}}<tr><th>{{.Name}}</th><td>{{.Value}}</td></tr>{{end}}</table>
{{define "items"}}<ul>{{range .}}<li><strong>{{.Name}}</strong>{{if .Value}}<p>{{.Value}}</p>{{end}}{{if .Items}}{{template "items" .Items}}{{end}}</li>{{end}}</ul>{{end}}
{{template "items" .Items}}
</body></html>
`))

// reportHTML is a report as a page; all text of the object is escaped.
func reportHTML(d *dicom.Dataset) []byte {
	var b bytes.Buffer
	if err := reportPage.Execute(&b, readReport(d)); err != nil {
		return []byte("<!doctype html><title>Report</title>")
	}
	return b.Bytes()
}

// reportText is a report as plain text.
func reportText(d *dicom.Dataset) []byte {
	r := readReport(d)
	var b bytes.Buffer
	b.WriteString(r.Title + "\r\n\r\n")
	for _, h := range r.Head {
		b.WriteString(h.Name + ": " + h.Value + "\r\n")
	}
	b.WriteString("\r\n")
	writeItems(&b, r.Items, "")
	return b.Bytes()
}

func writeItems(b *bytes.Buffer, items []contentItem, indent string) {
	for _, it := range items {
		b.WriteString(indent + it.Name)
		if it.Value != "" {
			b.WriteString(": " + it.Value)
		}
		b.WriteString("\r\n")
		writeItems(b, it.Items, indent+"  ")
	}
}
