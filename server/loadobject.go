package server

import (
	"context"
	"fmt"
	"strings"
	"time"

	"conquest/dicom"
	"conquest/dicomini"
	"conquest/storage"
)

// loadDesignated reads an object as commands name it (docs/original/commands.md 3.5):
// PATIENT and SOP instance UID parted by | ? * or a colon, the last of them
// counting; STUDY\SERIES\SOP, which virtual servers are asked for too; else a
// file.
func (s *Server) loadDesignated(ctx context.Context, name string) (*dicom.Dataset, error) {
	defer s.counters.times.load.since(time.Now())
	for _, separator := range "|?*:" {
		i := strings.LastIndexByte(name, byte(separator))
		if i < 0 {
			continue
		}
		if strings.HasPrefix(name[i+1:], `\`) {
			break // a drive letter
		}
		return s.loadStored(ctx, name[:i], name[i+1:])
	}
	parts := strings.SplitN(name, `\`, 3)
	if len(parts) == 3 && len(parts[1]) > 8 && !storage.Exists(name) {
		return s.loadByUIDs(ctx, parts[0], parts[1], parts[2])
	}
	return s.loadFile(name)
}

func (s *Server) loadFile(path string) (*dicom.Dataset, error) {
	f, err := dicom.ReadFile(path, dicom.ParseOptions{})
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return f.Dataset, nil
}

// loadStored reads an object of the index.
func (s *Server) loadStored(ctx context.Context, patientID, sop string) (*dicom.Dataset, error) {
	loc, found, err := s.db.Lookup(ctx, sop, patientID)
	if err != nil {
		return nil, fmt.Errorf("look object %s up: %w", sop, err)
	}
	if !found {
		return nil, fmt.Errorf("object %s of patient %s is not stored here", sop, patientID)
	}
	path, ok := s.located(s.live.Current(), loc.Device, loc.File)
	if !ok {
		s.con.Operator("***GUI could not find file:%s", loc.File)
		return nil, fmt.Errorf("no file %s on device %s", loc.File, loc.Device)
	}
	return s.loadFile(path + *s.testMode.Load())
}

// located finds the file of an index row and says so.
func (s *Server) located(cfg *dicomini.Config, device, file string) (path string, ok bool) {
	s.con.Debug("Locating file:%s %s", device, file)
	path, _, ok = storage.NewDevices(cfg.Storage).Locate(device, file)
	return path, ok
}

// loadByUIDs reads an object of the index by its three UIDs; when it is not
// there, virtual servers are asked to send it.
func (s *Server) loadByUIDs(ctx context.Context, study, series, sop string) (*dicom.Dataset, error) {
	cfg := s.live.Current()
	_, found, err := s.db.Lookup(ctx, sop, "")
	if err == nil && !found && cfg.ServerFor[0] != "" {
		keys := dicom.NewDataset(4)
		keys.SetString(dicom.QueryRetrieveLevel, "IMAGE")
		keys.SetString(dicom.StudyInstanceUID, study)
		keys.SetString(dicom.SeriesInstanceUID, series)
		keys.SetString(dicom.SOPInstanceUID, sop)
		err = s.collectVirtual(ctx, cfg, nil, keys)
	}
	if err != nil {
		return nil, fmt.Errorf("look object %s up: %w", sop, err)
	}
	ds, err := s.loadStored(ctx, "", sop)
	if err != nil {
		return nil, err
	}
	if ds.String(dicom.StudyInstanceUID) != study || ds.String(dicom.SeriesInstanceUID) != series {
		return nil, fmt.Errorf("object %s is not of series %s of study %s", sop, series, study)
	}
	return ds, nil
}
