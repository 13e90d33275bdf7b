package virtual

import (
	"context"
	"slices"

	"conquest/db"
	"conquest/dicom"
	"conquest/dicomini"
	"conquest/dicomweb/client"
	"conquest/oplog"
)

// fetchWeb fetches objects from a DICOMweb server: one by one where one of a series
// is missing, else the series, of which those that are here already are passed over.
func (c *Collection) fetchWeb(ctx context.Context, v server, name string, missing []db.ObjectRef) {
	s := c.s
	for _, series := range bySeries(missing) {
		ref := client.Ref{Study: series[0].StudyInstanceUID, Series: series[0].SeriesInstanceUID}
		if len(series) == 1 {
			ref.Instance = series[0].SOPInstanceUID
		}
		grabbed := 0
		err := s.peers.FetchWeb(ctx, name, ref, func(d *dicom.Dataset) error {
			wanted := func(r db.ObjectRef) bool { return r.SOPInstanceUID == d.String(dicom.SOPInstanceUID) }
			if !slices.ContainsFunc(series, wanted) {
				return nil
			}
			grabbed++
			err := s.Take(ctx, dicomini.WebPrefix+name, d)
			if err != nil {
				s.Console.Event("*** object of a virtual server not stored", "ae", v.ae, "sop", d.String(dicom.SOPInstanceUID), "error", err)
			}
			return nil
		})
		if err != nil {
			s.Console.Event("*** virtual server did not send", "ae", v.ae, "error", err)
		}
		oplog.Collected(s.Console, grabbed, series[0].PatientID, v.ae)
		if ctx.Err() != nil {
			return
		}
	}
}
