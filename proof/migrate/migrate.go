// Package migrate swaps the program of a site, one step after the other: each is told
// before it is done, and undone when a later one fails. [Swap] puts this program in the
// place of the original, [Back] the original in the place of this one.
package migrate

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"time"

	"conquest/command/client"
)

// Endings of the names under which a program is kept.
const (
	keptOriginal = ".original"
	keptOurs     = ".dgate"
)

// Options are the site and the ways to stop and start its server.
type Options struct {
	Program string // path of the program that the site starts
	Ours    string // path of this program
	Folder  string // of the site
	AE      string
	Port    string
	// Stop and Start are done instead of the server command quit, and of starting
	// Program; may be nil.
	Stop, Start func(context.Context) error
	// HandOver writes queues to the failure files of the original; for Back.
	HandOver func(context.Context) (written, kept int, err error)
	// Do carries the steps out; without it they are told only.
	Do  bool
	Out io.Writer
}

// step is something that is done and can be undone.
type step struct {
	what string
	do   func(context.Context) error
	undo func(context.Context) error // nil: nothing
}

// patience is how long a server may take to end and to start.
const patience = 2 * time.Minute

// Swap puts this program in the place of the original.
func Swap(ctx context.Context, o Options) error {
	kept := o.Program + keptOriginal
	if _, err := os.Stat(kept); err == nil {
		return fmt.Errorf("%s is there: the site was migrated before; --migrate:back takes that back", kept)
	}
	return o.run(ctx, []step{
		{"stop the original at port " + o.Port, o.stop, o.start},
		{"rename " + o.Program + " to " + kept, rename(o.Program, kept), rename(kept, o.Program)},
		{"copy this program to " + o.Program, copyTo(o.Ours, o.Program), remove(o.Program)},
		{"start it", o.start, o.stop},
		{"verify that it listens and is healthy", o.verify, nil},
	})
}

// Back puts the original in its place again.
func Back(ctx context.Context, o Options) error {
	kept, ours := o.Program+keptOriginal, o.Program+keptOurs
	if _, err := os.Stat(kept); err != nil {
		return fmt.Errorf("there is no original to go back to: %w", err)
	}
	return o.run(ctx, []step{
		{"stop this server at port " + o.Port, o.stop, o.start},
		{"write what waits in queues to the failure files of the original", o.handOver, nil},
		{"rename " + o.Program + " to " + ours, rename(o.Program, ours), rename(ours, o.Program)},
		{"rename " + kept + " to " + o.Program, rename(kept, o.Program), rename(o.Program, kept)},
		{"start the original", o.start, o.stop},
		{"verify that it listens", o.listens, nil},
	})
}

// run carries steps out, or tells them.
func (o *Options) run(ctx context.Context, steps []step) error {
	for i, s := range steps {
		fmt.Fprintf(o.Out, "%d. %s\n", i+1, s.what)
		if !o.Do {
			continue
		}
		if err := s.do(ctx); err != nil {
			fmt.Fprintf(o.Out, "   failed: %v\n", err)
			return errors.Join(fmt.Errorf("%s: %w", s.what, err), o.undo(steps[:i]))
		}
	}
	if !o.Do {
		fmt.Fprintln(o.Out, "Nothing was done. Add --yes to do it.")
	}
	return nil
}

// undo takes steps back, the last first.
func (o *Options) undo(steps []step) error {
	var errs []error
	for i := len(steps) - 1; i >= 0; i-- {
		if steps[i].undo == nil {
			continue
		}
		fmt.Fprintf(o.Out, "   taken back: %s\n", steps[i].what)
		// Whoever interrupted the migration wants the old state.
		if err := steps[i].undo(context.Background()); err != nil {
			errs = append(errs, fmt.Errorf("take back %q: %w", steps[i].what, err))
		}
	}
	return errors.Join(errs...)
}

func rename(from, to string) func(context.Context) error {
	return func(context.Context) error { return os.Rename(from, to) }
}

func remove(path string) func(context.Context) error {
	return func(context.Context) error { return os.Remove(path) }
}

// copyTo copies a program; it has its name when it is complete.
func copyTo(from, to string) func(context.Context) error {
	return func(context.Context) error {
		in, err := os.Open(from)
		if err != nil {
			return err
		}
		defer in.Close()
		out, err := os.OpenFile(to+".new", os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o755)
		if err != nil {
			return err
		}
		_, err = io.Copy(out, in)
		if err = errors.Join(err, out.Close()); err != nil {
			return errors.Join(err, os.Remove(to+".new"))
		}
		return os.Rename(to+".new", to)
	}
}

func (o *Options) address() string { return net.JoinHostPort("127.0.0.1", o.Port) }

// stop ends the server of the site and waits until its port is free.
func (o *Options) stop(ctx context.Context) error {
	if !o.answers() {
		return nil
	}
	if o.Stop != nil {
		if err := o.Stop(ctx); err != nil {
			return err
		}
	} else {
		// It ends without an answer.
		_, _, _ = client.Send(ctx, o.address(), o.AE, "quit:", nil)
	}
	return o.await(ctx, "ends", func() bool { return !o.answers() })
}

func (o *Options) answers() bool {
	c, err := net.DialTimeout("tcp", o.address(), time.Second)
	if err != nil {
		return false
	}
	c.Close()
	return true
}

func (o *Options) await(ctx context.Context, what string, ok func() bool) error {
	for end := time.Now().Add(patience); !ok(); {
		if err := ctx.Err(); err != nil {
			return err
		}
		if time.Now().After(end) {
			return fmt.Errorf("the server does not %s within %s", what, patience)
		}
		time.Sleep(100 * time.Millisecond)
	}
	return nil
}

// start starts the program of the site, which goes on when this one ends.
func (o *Options) start(ctx context.Context) error {
	if o.Start != nil {
		return o.Start(ctx)
	}
	path, err := filepath.Abs(o.Program)
	if err != nil {
		return err
	}
	cmd := detached(path, "-^serverstatus.log", "-w"+o.Folder)
	cmd.Dir = o.Folder
	if err := cmd.Start(); err != nil {
		return err
	}
	return cmd.Process.Release()
}

func (o *Options) listens(ctx context.Context) error {
	return o.await(ctx, "listen", o.answers)
}

// verify asks the server whether it can do its work.
func (o *Options) verify(ctx context.Context) error {
	if err := o.listens(ctx); err != nil {
		return err
	}
	answer, _, err := client.Send(ctx, o.address(), o.AE, "health:", nil)
	if err != nil {
		return err
	}
	fmt.Fprintf(o.Out, "   health: %s\n", answer)
	return nil
}

func (o *Options) handOver(ctx context.Context) error {
	written, kept, err := o.HandOver(ctx)
	fmt.Fprintf(o.Out, "   %d written, %d kept in the queues of this server\n", written, kept)
	return err
}
