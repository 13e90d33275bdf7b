package command

import (
	"context"
	"strings"
	"time"

	"conquest/dicom"
	"conquest/storage"
)

// loadDesignated reads an object as commands name it (docs/original/commands.md 3.5):
// PATIENT and SOP instance UID parted by | ? * or a colon, the last of them
// counting; STUDY\SERIES\SOP, which virtual servers are asked for too; else a
// file.
func (s *Commands) loadDesignated(ctx context.Context, name string) (*dicom.Dataset, error) {
	defer s.Counters.Times.Load.Since(time.Now())
	for _, separator := range "|?*:" {
		i := strings.LastIndexByte(name, byte(separator))
		if i < 0 {
			continue
		}
		if strings.HasPrefix(name[i+1:], `\`) {
			break // a drive letter
		}
		return s.Load.Stored(ctx, name[:i], name[i+1:])
	}
	parts := strings.SplitN(name, `\`, 3)
	if len(parts) == 3 && len(parts[1]) > 8 && !storage.Exists(name) {
		return s.Load.ByUIDs(ctx, parts[0], parts[1], parts[2])
	}
	return s.ReadFile(ctx, name)
}
