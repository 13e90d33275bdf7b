package store

import (
	"conquest/dicomini"
	"conquest/storage"
)

// stage writes the file of an object under a temporary name.
func (s *Store) stage(cfg *dicomini.Config, in *Incoming, dir, name string) (*storage.Staged, error) {
	w := s.Writer(cfg)
	if in.Spooled != nil {
		staged, done, err := w.Adopt(dir, name, in.Object, in.Spooled)
		if done && err == nil {
			in.Adopted = true
		}
		if done {
			return staged, err
		}
	}
	return w.Stage(dir, name, in.Object)
}
