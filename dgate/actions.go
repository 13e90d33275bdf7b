package main

import (
	"fmt"
	"os"
	"strings"

	"conquest/command"
	"conquest/console"
	"conquest/oplog"
	"conquest/server"
)

// actions are what the options of maintenance do; the result is the exit status
// (docs/original/commands.md 1.2).
var actions = map[string]func(p *program, s *server.Server) int{
	"-i": (*program).initialize,
	"-r": (*program).regenerate,
	"-a": func(p *program, s *server.Server) int { return status(s.Commands.ArchiveOption(p.ctx, p.arg)) },
	"-d": func(p *program, s *server.Server) int { s.SayDevices(); return 0 },
	"-m": func(p *program, s *server.Server) int { s.SayMap(); return 0 },
	"-k": func(p *program, s *server.Server) int { s.SaySchema(); return 0 },
	"-t": func(p *program, s *server.Server) int { s.TestConsole(); return 0 },
	"-o": func(p *program, s *server.Server) int { return p.status(s.TestDatabase(p.ctx)) },
	"-e": (*program).createDatabase,
	"-s": (*program).createDataSource,
	"-z": (*program).deletePatient,
	"-g": (*program).grab,
	"-f": (*program).file,
	"-n": (*program).nki,
	"-j": (*program).jpeg,
}

// withoutIndex are the actions that work where the database does not.
var withoutIndex = map[string]bool{"-d": true, "-m": true, "-k": true, "-t": true, "-n": true, "-j": true, "-s": true}

// status is the exit status of an action that the console has told about.
func status(err error) int {
	if err != nil {
		return 1
	}
	return 0
}

// status is the exit status of an action whose failure is told to who looks at a
// terminal: the console says what the original says.
func (p *program) status(err error) int {
	if err != nil && p.watched() {
		fmt.Fprintln(os.Stderr, err)
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

func (p *program) deletePatient(s *server.Server) int {
	if p.arg == "" {
		return 1
	}
	return p.refused(s.Commands.DeletePatient(p.ctx, p.arg, false))
}

func (p *program) initialize(s *server.Server) int {
	oplog.InitializingTables(p.con)
	return p.status(s.Commands.Initialize(p.ctx, command.TableMode(p.arg)))
}

func (p *program) regenerate(s *server.Server) int {
	return p.status(s.Regenerate(p.ctx, command.TableMode(p.arg)))
}

func (p *program) createDatabase(s *server.Server) int {
	if len(p.rest) < 3 {
		fmt.Fprintln(os.Stderr, "-ePASSWORD needs database, user and password of the user")
		return 0
	}
	oplog.CreatingDatabase(p.con, p.rest[0], p.rest[1])
	if err := s.CreateDatabase(p.ctx, p.arg, p.rest[0], p.rest[1], p.rest[2]); err != nil {
		p.con.Event("*** database not created", "error", err)
	}
	oplog.Dashes(p.con)
	return 0
}

// createDataSource says that there are no ODBC data sources; the status is that of
// the original when it could not make one.
func (p *program) createDataSource(*server.Server) int {
	driver, options, ok := strings.Cut(p.arg, ";")
	if !ok {
		driver, options = "Microsoft dBase Driver (*.dbf)", "DSN=ConQuestPacs;Description=ConQuest DICOM server data source;Fil=dBase III;DriverID=21;Deleted=1;DefaultDir=C:\\quirt"
	}
	oplog.CreatingDatasource(p.con)
	oplog.DatasourceDriver(p.con, console.Printable(driver))
	oplog.DatasourceOptions(p.con, console.Printable(options))
	oplog.DatasourceFailed(p.con)
	oplog.NoDatasource(p.con)
	return 1
}

func (p *program) grab(s *server.Server) int {
	ae, date, ok := strings.Cut(p.arg, ",")
	if !ok {
		date = "*"
	}
	return p.status(s.Peers.Grab(p.ctx, ae, date))
}
