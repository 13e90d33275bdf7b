package main

import (
	"fmt"
	"os"
	"strings"

	"conquest/dicomini"
	"conquest/oplog"
	"conquest/server"
)

// file carries out the options -f...; what is none of them does nothing.
func (p *program) file(s *server.Server) int {
	if p.arg == "" {
		return 0
	}
	letter, arg := lower(p.arg[0]), p.arg[1:]
	switch letter {
	case 'p', 't', 's', 'i':
		return p.forget(s, letter, arg)
	case 'd', 'z':
		return p.status(s.Commands.DeleteImageFile(p.ctx, arg, letter == 'd'))
	case 'e':
		return p.refused(s.Regen.File(p.ctx, arg))
	case 'r':
		device, folder, ok := strings.Cut(arg, ",")
		if !ok {
			device, folder = "MAG0", arg
		}
		return p.status(s.Regen.Device(p.ctx, device, folder))
	case 'a':
		path, patient, changes := strings.Cut(arg, ",")
		if changes && patient == "" {
			oplog.NewIDEmpty(p.con)
			oplog.AddNotChanged(p.con, path)
			return 1
		}
		return p.status(s.Intake.AddFile(p.ctx, path, patient))
	case 'f':
		return p.status(s.EnoughSpace(p.ctx, dicomini.Atoi(arg)))
	case '?':
		uid, err := server.SOPOf(arg)
		if err != nil || uid == "" {
			return p.status(fmt.Errorf("no SOP instance UID in %s: %w", arg, err))
		}
		fmt.Println(uid)
	case 'u':
		fmt.Println(s.NewUID())
	case 'c', 'k':
		if patient, path, ok := strings.Cut(arg, ","); ok {
			return p.status(s.Modify.ChangePatientID(p.ctx, path, patient, letter == 'c'))
		}
	}
	return 0
}

// forget deletes index entries of a patient, study, series or image.
func (p *program) forget(s *server.Server, letter byte, what string) int {
	if what == "" {
		return 1
	}
	if letter == 'p' {
		return p.refused(s.Commands.DeletePatient(p.ctx, what, true))
	}
	level := map[byte]string{'t': "study", 's': "series", 'i': "image"}[letter]
	return p.refused(s.Commands.DeleteLevel(p.ctx, level, what, true))
}

// nki carries out the options -n...: d, u and c behind it.
func (p *program) nki(s *server.Server) int {
	if p.arg != "" && lower(p.arg[0]) == 'u' {
		if len(p.rest) < 2 {
			return 1
		}
		return p.status(s.DecompressTo(p.ctx, p.rest[0], p.rest[1]))
	}
	return p.recompress(s, "n")
}

// jpeg carries out the options -j...: d, c, *, -, s and j behind it.
func (p *program) jpeg(s *server.Server) int {
	if p.arg == "" {
		return 0
	}
	rest := p.arg[1:]
	switch letter := p.arg[0]; letter {
	case 's', 'j':
		text, err := s.FileJSON(p.ctx, rest, letter == 'j')
		if err != nil {
			return p.refused(err)
		}
		os.Stdout.Write(text)
		return 0
	case '*', '-':
		if len(rest) < 2 {
			return 0
		}
		return p.status(s.RecompressFile(p.ctx, strings.TrimPrefix(rest[2:], ","), rest[:2]))
	}
	return p.recompress(s, "j")
}

// recompress decompresses a file in its place (d), or compresses it (c and the
// number of the kind).
func (p *program) recompress(s *server.Server, kind string) int {
	if p.arg == "" {
		return 0
	}
	path := p.arg[1:]
	switch lower(p.arg[0]) {
	case 'd':
		return p.status(s.RecompressFile(p.ctx, strings.TrimPrefix(path, ","), "un"))
	case 'c':
		if path == "" {
			return 1
		}
		return p.status(s.RecompressFile(p.ctx, strings.TrimPrefix(path[1:], ","), kind+path[:1]))
	}
	return 0
}
