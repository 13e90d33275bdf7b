package db

import (
	"context"
	"errors"
	"fmt"
	"os"
)

// TestWrite tells whether the index takes changes: a row comes and goes in one
// transaction.
func (d *DB) TestWrite(ctx context.Context) error {
	const mark = "dgate.health"
	err := d.change(ctx, grouped, nil, func(g group) error {
		if f, ok := g.(*dbaseGroup); ok { // whose files would grow
			return g.(*dbaseGroup).s.failed("write", f.s.testWrite())
		}
		if d.Kind() == Null {
			return nil
		}
		if err := g.insert(ctx, uidTable, []assign{{"OldUID", mark}, {"NewUID", mark}, {"MODType", mark}}); err != nil {
			return err
		}
		_, err := g.remove(ctx, uidTable, []condition{uidEquals("OldUID", mark)})
		return err
	})
	if err != nil {
		return fmt.Errorf("index takes no changes: %w", err)
	}
	return nil
}

// testWrite writes a file beside the tables.
func (s *dbaseStore) testWrite() error {
	f, err := os.CreateTemp(s.opt.Server, "dgate*.tmp")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(make([]byte, 4096))
	return errors.Join(err, f.Close())
}

// DeviceFiles gives the names of up to n files that the index has on a device, in
// no order.
func (d *DB) DeviceFiles(ctx context.Context, device string, n int) (files []string, err error) {
	t := d.layout().image.name
	q := &selection{
		columns: []colref{{t, "ObjectFile"}}, from: []string{t}, limit: n,
		where: []condition{equals(t, "DeviceName", device)},
	}
	r, err := d.query(ctx, q)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	for len(files) < n && r.Next() {
		files = append(files, r.Values()[0])
	}
	return files, r.Err()
}

// Empty tells whether the index has no image.
func (d *DB) Empty(ctx context.Context) (bool, error) {
	t := d.layout().image
	q := &selection{columns: []colref{{t.name, t.key().name}}, from: []string{t.name}, limit: 1}
	r, err := d.query(ctx, q)
	if err != nil {
		return false, err
	}
	defer r.Close()
	return !r.Next(), r.Err()
}
