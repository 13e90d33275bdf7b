package api

import (
	"net/http"
	"strconv"

	"github.com/danielgtaylor/huma/v2"

	"conquest/dicom"
)

// produces names the media types of an answer that is written as it comes.
func produces(types ...string) func(*huma.Operation) {
	return func(op *huma.Operation) {
		content := map[string]*huma.MediaType{}
		for _, t := range types {
			content[t] = &huma.MediaType{Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}
		}
		op.Responses = map[string]*huma.Response{"200": {Description: http.StatusText(http.StatusOK), Content: content}}
	}
}

// bulkAddress gives large values their address in the DICOMweb service at root.
func bulkAddress(root string, in *InstanceInput) func(dicom.Path, *dicom.Element) string {
	prefix := root + "/studies/" + in.Study + "/series/" + in.Series + "/instances/" + in.Instance + "/bulkdata/"
	return func(p dicom.Path, e *dicom.Element) string {
		if !dicom.IsBulk(e) {
			return ""
		}
		return prefix + p.BulkName()
	}
}

func number(n int64) string { return strconv.FormatInt(n, 10) }
