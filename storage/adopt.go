package storage

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"

	"conquest/dicom"
)

// errMisfit tells that the large values of an object do not lie where its file
// needs them.
var errMisfit = errors.New("large values lie elsewhere")

// maxLead bounds what is written of an object besides its large values.
const maxLead = 16 << 20

// layout takes an object in writing and checks that the large values lie in file
// where they belong; the rest it keeps for its places between them.
type layout struct {
	file   *os.File // nil: only the place of the first large value is asked for
	pos    int64
	pieces []layoutPiece
	kept   int  // bytes of pieces
	large  bool // a large value has its place
}

type layoutPiece struct {
	at   int64
	data []byte
}

func (l *layout) Write(p []byte) (int, error) {
	if l.kept += len(p); l.kept > maxLead {
		return 0, errMisfit
	}
	if n := len(l.pieces); n > 0 && l.pieces[n-1].at+int64(len(l.pieces[n-1].data)) == l.pos {
		l.pieces[n-1].data = append(l.pieces[n-1].data, p...)
	} else {
		l.pieces = append(l.pieces, layoutPiece{l.pos, append([]byte(nil), p...)})
	}
	l.pos += int64(len(p))
	return len(p), nil
}

// KeepBulk is that of [dicom.BulkKeeper].
func (l *layout) KeepBulk(b *dicom.Bulk) error {
	file, _ := b.Source.(*os.File)
	if l.file == nil || file != l.file || b.Offset != l.pos {
		return errMisfit
	}
	l.pos += b.Length
	l.large = true
	return nil
}

// Lead is the number of bytes before the first file-backed value in the file
// that [Writer.Write] would make of ds; false when it has none.
func (w Writer) Lead(name string, ds *dicom.Dataset) (int64, bool) {
	l := &layout{}
	err := w.encode(l, name, ds)
	return l.pos, errors.Is(err, errMisfit) && l.kept <= maxLead
}

// Adopt is [Writer.Stage] for an object whose large values lie in f, a file of
// [Writer.Spool] on the same device: when they lie there as the file to be written
// needs them f becomes that file, without its large values being copied. False
// says that they do not, and that f is as before.
func (w Writer) Adopt(dir, name string, ds *dicom.Dataset, f *os.File) (*Staged, bool, error) {
	if runtime.GOOS == "windows" || filepath.Dir(f.Name()) != filepath.Clean(dir+workFolder) {
		return nil, false, nil // there open files can not be renamed
	}
	l := &layout{file: f}
	if err := w.encode(l, name, ds); err != nil || !l.large {
		return nil, false, nil // what is wrong will show again
	}
	if err := w.complete(f, l); err != nil {
		return nil, true, fmt.Errorf("write %s: %w", dir+name, err)
	}
	return &Staged{w: w, tmp: named{f}, at: site{dir, dir + name}}, true, nil
}

// complete writes what belongs between the large values.
func (w Writer) complete(f *os.File, l *layout) error {
	for _, p := range l.pieces {
		if _, err := f.WriteAt(p.data, p.at); err != nil {
			return err
		}
	}
	err := f.Truncate(l.pos)
	if err == nil && w.Sync {
		err = f.Sync()
	}
	return err
}
