package find

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"conquest/db"
	"conquest/dicom"
	"conquest/dicomini"
	"conquest/pacs/site"
)

// Files are the files of matching objects in order of image number.
func (s *Finder) Files(ctx context.Context, cfg *dicomini.Config, keys *dicom.Dataset) ([]string, error) {
	list, err := s.ImagesHere(ctx, cfg, keys)
	if err != nil {
		return nil, err
	}
	paths := make([]string, len(list))
	for i, im := range list {
		paths[i] = im.Path
	}
	return paths, nil
}

// Image is an image whose file is there.
type Image struct {
	db.Location
	Patient, SOP, Path string
	number, Frames     int
}

// ImagesHere are the images of this server that match, in order of their
// number, whose files can be found.
func (s *Finder) ImagesHere(ctx context.Context, cfg *dicomini.Config, keys *dicom.Dataset) ([]Image, error) {
	list, err := s.Images(ctx, keys)
	for i := range list {
		if path, ok := s.Locate(cfg, list[i].Device, list[i].File); ok {
			list[i].Path = path
		}
	}
	return slices.DeleteFunc(list, func(im Image) bool { return im.Path == "" }), err
}

// Images are the images of this server that match, in order of their number.
func (s *Finder) Images(ctx context.Context, keys *dicom.Dataset) ([]Image, error) {
	keys = keys.Clone()
	for _, t := range []dicom.Tag{dicom.PatientID, dicom.SOPInstanceUID, dicom.InstanceNumber, dicom.NumberOfFrames, site.TagFile, site.TagDevice} {
		if !keys.Has(t) {
			keys.SetString(t, "")
		}
	}
	keys.SetString(dicom.QueryRetrieveLevel, "IMAGE")
	found, err := s.Index.Find(ctx, db.PatientRoot, keys, db.FindOptions{NoComputed: true})
	if err != nil {
		return nil, fmt.Errorf("list images: %w", err)
	}
	var list []Image
	for a, err := range found {
		if err != nil {
			return nil, fmt.Errorf("list images: %w", err)
		}
		im := Image{
			Location: db.Location{File: a.String(site.TagFile), Device: a.String(site.TagDevice)},
			Patient:  a.String(dicom.PatientID), SOP: a.String(dicom.SOPInstanceUID),
			number: dicomini.Atoi(a.String(dicom.InstanceNumber)), Frames: dicomini.Atoi(a.String(dicom.NumberOfFrames)),
		}
		list = append(list, im)
	}
	slices.SortStableFunc(list, func(a, b Image) int { return cmp.Compare(a.number, b.number) })
	return list, nil
}
