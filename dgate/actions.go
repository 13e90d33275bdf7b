package main

import (
	"fmt"
	"os"
	"strings"

	"conquest/dicomini"
	"conquest/server"
)

// actions are what the options of maintenance do; the result is the exit status
// (spec/commands.md 1.2).
var actions = map[string]func(p *program, s *server.Server) int{
	"-i": (*program).initialize,
	"-r": (*program).regenerate,
	"-a": func(p *program, s *server.Server) int { return status(s.Archive(p.ctx, p.arg)) },
	"-d": func(p *program, s *server.Server) int { s.SayDevices(); return 0 },
	"-m": func(p *program, s *server.Server) int { s.SayMap(); return 0 },
	"-k": func(p *program, s *server.Server) int { s.SaySchema(); return 0 },
	"-t": func(p *program, s *server.Server) int { s.TestConsole(); return 0 },
	"-o": func(p *program, s *server.Server) int { return p.status(s.TestDatabase(p.ctx)) },
	"-e": (*program).createDatabase,
	"-z": func(p *program, s *server.Server) int { return p.refused(s.DeletePatient(p.ctx, p.arg, false)) },
	"-g": (*program).grab,
	"-f": (*program).file,
	"-n": (*program).nki,
	"-j": (*program).jpeg,
}

// status is the exit status of an action that the console has told about.
func status(err error) int {
	if err != nil {
		return 1
	}
	return 0
}

// status is the exit status of an action; a failure is told where debug messages
// go.
func (p *program) status(err error) int {
	if err != nil {
		p.con.Debug("%v", err)
	}
	return status(err)
}

// refused is status for deletions, whose refusal the user has to see.
func (p *program) refused(err error) int {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

func (p *program) initialize(s *server.Server) int {
	p.con.Operator("Initializing Tables")
	return p.status(s.Initialize(p.ctx, server.TableMode(p.arg)))
}

func (p *program) regenerate(s *server.Server) int {
	return p.status(s.Regenerate(p.ctx, server.TableMode(p.arg)))
}

func (p *program) createDatabase(s *server.Server) int {
	if len(p.rest) < 3 {
		fmt.Fprintln(os.Stderr, "-ePASSWORD needs database, user and password of the user")
		return 0
	}
	p.con.Operator("Create Database: %s, user: %s, password: %s", p.rest[0], p.rest[1], strings.Repeat("*", len(p.rest[2])))
	if err := s.CreateDatabase(p.ctx, p.arg, p.rest[0], p.rest[1], p.rest[2]); err != nil {
		p.con.Event("*** database not created", "error", err)
	}
	p.con.Operator(" ----------------------------------")
	return 0
}

func (p *program) grab(s *server.Server) int {
	ae, date, ok := strings.Cut(p.arg, ",")
	if !ok {
		date = "*"
	}
	return p.status(s.Grab(p.ctx, ae, date))
}

// file carries out the options -f...
func (p *program) file(s *server.Server) int {
	if p.arg == "" {
		fmt.Fprint(os.Stderr, helpPage())
		return 0
	}
	letter, arg := strings.ToLower(p.arg[:1]), p.arg[1:]
	switch letter {
	case "p":
		return p.refused(s.DeletePatient(p.ctx, arg, true))
	case "t":
		return p.refused(s.DeleteLevel(p.ctx, "study", arg, true))
	case "s":
		return p.refused(s.DeleteLevel(p.ctx, "series", arg, true))
	case "i":
		return p.refused(s.DeleteLevel(p.ctx, "image", arg, true))
	case "e":
		if err := s.RegenFile(p.ctx, arg); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		return 0
	case "d":
		return p.status(s.DeleteImageFile(p.ctx, arg, true))
	case "z":
		return p.status(s.DeleteImageFile(p.ctx, arg, false))
	case "r":
		device, folder, ok := strings.Cut(arg, ",")
		if !ok {
			device, folder = "MAG0", arg
		}
		return p.status(s.RegenDevice(p.ctx, device, folder))
	case "a":
		path, patient, _ := strings.Cut(arg, ",")
		return p.status(s.AddFile(p.ctx, path, patient))
	case "f":
		return p.status(s.EnoughSpace(p.ctx, dicomini.Atoi(arg)))
	case "?":
		uid, err := server.SOPOf(arg)
		if err != nil || uid == "" {
			return 1
		}
		fmt.Println(uid)
		return 0
	case "u":
		fmt.Println(s.NewUID())
		return 0
	case "c", "k":
		patient, path, ok := strings.Cut(arg, ",")
		if !ok {
			return 1
		}
		return p.status(s.ChangePatientID(p.ctx, path, patient, letter == "c"))
	}
	fmt.Fprint(os.Stderr, helpPage())
	return 0
}

// nki carries out the options -n...
func (p *program) nki(s *server.Server) int {
	switch rest := strings.TrimPrefix(p.arg, ","); {
	case rest == "":
		return 1
	case rest[0] == 'd':
		return p.status(s.RecompressFile(p.ctx, rest[1:], "un"))
	case rest[0] == 'u':
		if len(p.rest) < 2 {
			return 1
		}
		return p.status(s.DecompressTo(p.ctx, p.rest[0], p.rest[1]))
	case rest[0] == 'c' && len(rest) > 2:
		return p.status(s.RecompressFile(p.ctx, strings.TrimPrefix(rest[2:], ","), "n"+rest[1:2]))
	default:
		return p.status(s.RecompressFile(p.ctx, strings.TrimPrefix(rest[1:], ","), "n"+rest[:1]))
	}
}

// jpeg carries out the options -j...
func (p *program) jpeg(s *server.Server) int {
	if p.arg == "" {
		return 1
	}
	letter, rest := p.arg[0], p.arg[1:]
	switch letter {
	case 'd':
		return p.status(s.RecompressFile(p.ctx, rest, "un"))
	case 's', 'j':
		text, err := s.FileJSON(p.ctx, rest, letter == 'j')
		if err != nil || len(text) == 0 {
			return 1
		}
		os.Stdout.Write(text)
		return 0
	case '*', '-':
		if len(rest) < 3 {
			return 1
		}
		return p.status(s.RecompressFile(p.ctx, strings.TrimPrefix(rest[2:], ","), rest[:2]))
	case 'c':
		if len(rest) < 2 {
			return 1
		}
		return p.status(s.RecompressFile(p.ctx, strings.TrimPrefix(rest[1:], ","), "j"+rest[:1]))
	}
	return p.status(s.RecompressFile(p.ctx, strings.TrimPrefix(rest, ","), "j"+string(letter)))
}
