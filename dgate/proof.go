package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"conquest/proof/compare"
	"conquest/proof/record"
	"conquest/proof/replay"
	"conquest/proof/report"
)

// Exit statuses of comparisons, those of diff.
const (
	exitSame    = 0
	exitDiffers = 1
	exitTrouble = 2
)

// compareSites compares two sites and prints the report.
func compareSites(arg string, rest []string) int {
	one, other, ok := strings.Cut(arg, ",")
	if !ok || one == "" || other == "" {
		fmt.Fprintln(os.Stderr, "--compare:SITE_A,SITE_B needs two sites, each a folder or an .ini file")
		return exitTrouble
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	r, err := comparison(ctx, one, other)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return exitTrouble
	}
	return printReport(r, rest)
}

func comparison(ctx context.Context, one, other string) (*report.Report, error) {
	a, err := compare.Open(ctx, one)
	if err != nil {
		return nil, err
	}
	defer a.Close()
	b, err := compare.Open(ctx, other)
	if err != nil {
		return nil, err
	}
	defer b.Close()
	return compare.Sites(ctx, a, b, compare.Options{})
}

// printReport prints a report in the form that the arguments ask for; the result is
// the exit status.
func printReport(r *report.Report, rest []string) int {
	write := r.Text
	switch {
	case slices.Contains(rest, "--json"):
		write = r.JSON
	case slices.Contains(rest, "--html"):
		write = r.HTML
	}
	if err := write(os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return exitTrouble
	}
	if r.Differences() > 0 {
		return exitDiffers
	}
	return exitSame
}

// replay plays recordings through the present configuration, or to another server.
func (p *program) replay(arg string) int {
	folder, to, _ := strings.Cut(arg, ",")
	address, ae, _ := strings.Cut(to, ",")
	program, err := os.Executable()
	if err == nil {
		var r *report.Report
		if r, err = replay.Run(p.ctx, replay.Options{Folder: folder, Site: p.loc, Program: program, Address: address, Called: ae, Progress: p.played}); err == nil {
			return printReport(r, p.rest)
		}
	}
	fmt.Fprintln(os.Stderr, err)
	return exitTrouble
}

// played tells who looks at a terminal how far a replay is.
func (p *program) played(done, of int) {
	if p.watched() && done%50 == 0 {
		fmt.Fprintf(os.Stderr, "%d of %d associations\r", done, of)
	}
}

// recordings does something with the recordings of a site.
func (p *program) recordings(arg string) int {
	patient, ok := strings.CutPrefix(arg, "purge:")
	folder := p.live.Current().Value("RecordAssociations")
	if !ok || patient == "" {
		fmt.Fprintln(os.Stderr, "--record:purge:PATIENT needs a patient ID")
		return 1
	}
	if folder == "" {
		fmt.Fprintln(os.Stderr, "RecordAssociations is not set: there are no recordings")
		return 1
	}
	associations, events, err := record.Purge(folder, patient)
	fmt.Printf("%s: %d associations and %d events removed\n", folder, associations, events)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}
