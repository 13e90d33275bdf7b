package commitment

import (
	"context"

	"conquest/dicom"
	"conquest/dicomini"
	"conquest/dimse"
	"conquest/oplog"
	"conquest/storage"
)

// report is the content of an N-EVENT-REPORT.
type report struct {
	event uint16
	data  *dicom.Dataset
}

func (r report) command() dimse.Command {
	return dimse.Command{
		Field: dimse.NEventReportRQ, AffectedSOPClassUID: dimse.StorageCommitmentPush,
		AffectedSOPInstanceUID: dimse.StorageCommitmentPushInstance, EventTypeID: r.event,
	}
}

// uids are the objects of one of its sequences.
func (r report) uids(sequence dicom.Tag) (list []string) {
	for _, item := range r.data.Items(sequence) {
		list = append(list, item.String(dicom.ReferencedSOPInstanceUID))
	}
	return list
}

// report looks for the objects: committed is what has an index row
// and a whole file.
func (s *Service) report(ctx context.Context, cfg *dicomini.Config, j job) report {
	dev := storage.NewDevices(cfg.Storage)
	var done, failed []*dicom.Dataset
	for _, ref := range j.Objects {
		item := dicom.NewDataset(3)
		item.SetString(dicom.ReferencedSOPClassUID, ref.Class)
		item.SetString(dicom.ReferencedSOPInstanceUID, ref.Instance)
		if reason := s.committed(ctx, dev, ref); reason != dimse.Success {
			item.SetUint16(tagFailureReason, uint16(reason))
			failed = append(failed, item)
			continue
		}
		done = append(done, item)
	}
	r := report{event: eventAllCommitted, data: dicom.NewDataset(4)}
	r.data.SetString(tagTransactionUID, j.Transaction)
	r.data.SetString(dicom.RetrieveAETitle, cfg.MyACRNema)
	if len(done) > 0 {
		r.data.SetItems(tagReferencedSOPSequence, done...)
	}
	if len(failed) > 0 {
		r.event = eventSomeFailed
		r.data.SetItems(tagFailedSOPSequence, failed...)
	}
	oplog.Committed(s.con, len(done), len(failed))
	return r
}

// committed is the failure reason of an object (PS3.3 C.14), success when it is
// kept here.
func (s *Service) committed(ctx context.Context, dev *storage.Devices, ref objectRef) dimse.Status {
	if ref.Instance == "" {
		return dimse.NoSuchObjectInstance
	}
	loc, found, err := s.host.Lookup(ctx, ref.Instance, "")
	if err != nil {
		return dimse.ProcessingFailure
	}
	if !found {
		return dimse.NoSuchObjectInstance
	}
	path, _, ok := dev.Locate(loc.Device, loc.File)
	if !ok {
		return dimse.NoSuchObjectInstance
	}
	f, err := dicom.ReadFile(path, dicom.ParseOptions{StopBefore: dicom.StudyDate})
	if err != nil {
		return dimse.ProcessingFailure
	}
	defer f.Close()
	if class := f.String(dicom.SOPClassUID); ref.Class != "" && class != "" && class != ref.Class {
		return dimse.ClassInstanceConflict
	}
	return dimse.Success
}
