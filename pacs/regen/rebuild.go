package regen

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"conquest/db"
	"conquest/db/sqlite"
	"conquest/dicomini"
)

// ErrOnServer tells that an index lies on a database server: nothing is made
// beside it.
var ErrOnServer = errors.New("the index is on a database server: dgate -r makes it anew there")

// Rebuild makes a new index from the devices beside the present one, with the
// mapped UIDs and the worklist of that as far as they can be read, and tells out
// what it does. A present index that is damaged or missing is set aside for the
// new one; a sound one stays, and the new one lies beside it. No server may be
// running.
func Rebuild(ctx context.Context, site Site, schema *dicomini.Schema, opt db.Options, set db.Settings, out io.Writer) error {
	kind := db.KindOf(&opt)
	if kind != db.SQLite && kind != db.DBase {
		return ErrOnServer
	}
	r := rebuilding{site: site, schema: schema, opt: opt, set: set, out: out, present: filepath.Clean(opt.Server)}
	r.fresh = r.present + ".rebuilt"
	if err := r.make(ctx); err != nil {
		return fmt.Errorf("rebuild index: %w", err)
	}
	if kind == db.SQLite {
		if err := sqlite.Check(ctx, r.present); err != nil {
			return r.replace(err)
		}
	}
	fmt.Fprintf(out, "the present index %s is sound and stays; the new one is %s\n", r.present, r.fresh)
	return nil
}

// rebuilding is a new index in the making.
type rebuilding struct {
	site           Site
	schema         *dicomini.Schema
	opt            db.Options
	set            db.Settings
	out            io.Writer
	present, fresh string
}

// make fills the new index.
func (r *rebuilding) make(ctx context.Context) (err error) {
	if err := New(r.site).allThere(); err != nil {
		return err
	}
	if err := os.RemoveAll(r.fresh); err != nil {
		return err
	}
	o := r.opt
	o.Server, o.MustExist, o.Wait = r.fresh, false, false
	if db.KindOf(&r.opt) == db.DBase {
		o.Server += string(filepath.Separator)
		if err := os.Mkdir(r.fresh, 0o777); err != nil {
			return err
		}
	}
	index, err := db.Open(ctx, r.schema, o, r.set)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, index.Close()) }()
	if err := index.Initialize(ctx, db.AllTables, nil); err != nil {
		return err
	}
	r.site.Index = index
	fmt.Fprintf(r.out, "making a new index from the devices: %s\n", r.fresh)
	if err := New(r.site).Devices(ctx); err != nil {
		return err
	}
	r.salvage(ctx, index)
	c, err := index.Counts(ctx)
	fmt.Fprintf(r.out, "%d patients, %d studies, %d series, %d images\n", c.Patients, c.Studies, c.Series, c.Images)
	return err
}

// salvage takes over what the devices do not tell.
func (r *rebuilding) salvage(ctx context.Context, index *db.DB) {
	o := r.opt
	o.MustExist, o.Wait, o.Log = true, false, nil
	present, err := db.Open(ctx, r.schema, o, r.set)
	n := 0
	if err == nil {
		n, err = index.Salvage(ctx, present)
		present.Close()
	}
	fmt.Fprintf(r.out, "%d mapped UIDs and worklist rows were taken over\n", n)
	if err != nil {
		fmt.Fprintf(r.out, "not all could be read: %v\n", err)
	}
}

// replace puts the new index in the place of one that can not be used.
func (r *rebuilding) replace(why error) error {
	aside := r.present + ".damaged-" + time.Now().Format("20060102-150405")
	for _, part := range []string{"", "-wal", "-shm", "-journal"} {
		if err := os.Rename(r.present+part, aside+part); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("set damaged index aside: %w", err)
		}
	}
	if err := os.Rename(r.fresh, r.present); err != nil {
		return fmt.Errorf("put new index in its place: %w", err)
	}
	fmt.Fprintf(r.out, "%v\nit was set aside as %s; the new index is in its place\n", why, aside)
	return nil
}
