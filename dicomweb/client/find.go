package client

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"conquest/dicom"
)

// Level is one of the query and retrieve levels.
type Level int

// The levels. There is no resource for patients in PS3.18: they are found by
// their studies.
const (
	Patients Level = iota
	Studies
	Series
	Instances
)

// pageRows is how many rows one request asks for, and maxRows how many a query
// may bring.
const (
	pageRows = 500
	maxRows  = 500_000
)

// keys of the levels.
var levelKeys = [...]dicom.Tag{dicom.PatientID, dicom.StudyInstanceUID, dicom.SeriesInstanceUID, dicom.SOPInstanceUID}

// Find asks for what matches the keys of a C-FIND identifier (QIDO-RS). The
// answers are in UTF-8.
func (c *Client) Find(ctx context.Context, level Level, keys *dicom.Dataset) ([]*dicom.Dataset, error) {
	path, query := searchFor(level, keys)
	var list []*dicom.Dataset
	seen := map[string]bool{}
	for offset := 0; offset < maxRows; {
		query.Set("limit", strconv.Itoa(pageRows))
		query.Set("offset", strconv.Itoa(offset))
		page, more, err := c.page(ctx, path, query)
		if err != nil {
			return list, err
		}
		fresh := 0
		for _, d := range page {
			key := d.String(levelKeys[level])
			if key != "" && seen[key] {
				continue // of a patient another study, or a server that knows no offset
			}
			seen[key] = true
			fresh++
			list = append(list, d)
		}
		offset += len(page)
		if len(page) == 0 || fresh == 0 && level != Patients || len(page) < pageRows && !more {
			break
		}
	}
	return list, nil
}

// page is one request; more tells that the server announces further rows.
func (c *Client) page(ctx context.Context, path string, query url.Values) (list []*dicom.Dataset, more bool, err error) {
	r, err := c.do(ctx, request{method: http.MethodGet, path: path, query: query, accept: mediaJSON})
	if err != nil {
		return nil, false, err
	}
	defer r.Body.Close()
	switch r.StatusCode {
	case http.StatusNoContent:
		return nil, false, nil
	case http.StatusOK:
	default:
		return nil, false, failure(r)
	}
	dec := dicom.NewJSONDecoder(r.Body, dicom.ParseJSONOptions{})
	for d, err := range rows(dec) {
		if err != nil {
			return nil, false, fmt.Errorf("answer to a search: %w", err)
		}
		list = append(list, d)
	}
	for _, w := range r.Header.Values("Warning") {
		more = more || strings.Contains(w, "additional results")
	}
	return list, more, nil
}

// searchFor is the resource and the query of an identifier.
func searchFor(level Level, keys *dicom.Dataset) (string, url.Values) {
	query := url.Values{}
	single := func(t dicom.Tag) string {
		if v := keys.Strings(t); len(v) == 1 && v[0] != "" && !strings.ContainsAny(v[0], "*?/") {
			return v[0]
		}
		return ""
	}
	path, study := "studies", single(dicom.StudyInstanceUID)
	inPath := map[dicom.Tag]bool{}
	switch {
	case level <= Studies:
	case study == "" && level == Series:
		path = "series"
	case study == "":
		path = "instances"
	default:
		inPath[dicom.StudyInstanceUID] = true
		path = "studies/" + url.PathEscape(study)
		series := single(dicom.SeriesInstanceUID)
		switch {
		case level == Series:
			path += "/series"
		case series != "":
			inPath[dicom.SeriesInstanceUID] = true
			path += "/series/" + url.PathEscape(series) + "/instances"
		default:
			path += "/instances"
		}
	}
	for e := range keys.All() {
		if e.Tag.IsPrivate() || e.Tag.Group() < 8 || e.Tag.IsGroupLength() || e.Tag == dicom.QueryRetrieveLevel || e.Tag == dicom.SpecificCharacterSet || inPath[e.Tag] {
			continue
		}
		name := fmt.Sprintf("%08X", uint32(e.Tag))
		value := ""
		if e.VR != dicom.SQ {
			value = strings.Join(keys.Texts(e.Tag), `\`)
		}
		if e.VR == dicom.UI {
			value = strings.ReplaceAll(value, `\`, ",")
		}
		if value == "" || value == "*" {
			query.Add("includefield", name)
			continue
		}
		query.Set(name, value)
	}
	return path, query
}
