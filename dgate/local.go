package main

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"conquest/command"
	"conquest/finding"
	"conquest/ohif"
	"conquest/server"
	"conquest/sitecheck"
)

// localRow is a command that is carried out here and not by a server.
type localRow struct {
	form, help string
}

// localRows are shown on the help page.
var localRows = []localRow{
	{"--dolua:CHUNK or FILE", "run Lua here; servercommand() reaches the server"},
	{"--addlocalfile:FILE[,PATIENT]", "send a file to the server to be added"},
	{"--lint[:strict][,json]", "look for mistakes in configuration and scripts; exit status 1 for errors, with strict for warnings too"},
	{"--explain:FILE[,CALLING[,CALLED]]", "tell what the rules would do with an object, without doing it"},
	{"--doctor[:repair|:dry-run|:undo|:rebuild]", "compare index and folders, and repair; say what a repair would do; take the last one back; make a new index beside the present one"},
	{"--migrate-check", "tell what will be the same and what differs at a site of the original; writes nothing"},
	{"--compare:SITE_A,SITE_B [--json|--html]", "compare two sites (a folder or an .ini file each): index with index, stored objects element by element; only reads; exit status 0 when they are the same, 1 when they differ, 2 for trouble"},
	{"--replay:FOLDER[,HOST:PORT[,AE]] [--json|--html]", "play recorded associations through the configuration of the site, in a copy of it, and tell what comes out otherwise, by object and rule; or play them to another server"},
	{"--migrate[:check|shadow|report|swap,PROGRAM|back,PROGRAM]", "the steps from the original to dgate and back, each told before it is done (docs/migration.md)"},
	{"--shadow --original HOST:PORT [--listen PORT] [--folder FOLDER] [--relays PORT] [--page PORT]", "take the port of the site, hand each association to the original, do the same in a copy of the site, and tell what differs (docs/migration.md)"},
	{"--record:purge:PATIENT", "take a patient out of the recordings of RecordAssociations: associations that name the ID, and events about it"},
	{"--write-defaults:FOLDER", "write the built-in dgate.dic, dicom.sql and dgatesop.lst"},
	{"--ohif:FILE[,lean]", "take the OHIF viewer in: the npm package @ohif/app (tgz), or a zip of its dist folder; it is served at the next start below /ohif of HTTPPort"},
	{"--status [--json]", "how the server is, what is not in order and what waits for whom, for people; in JSON for programs"},
	{"--queues --json, --deadletters --json", "the same lists as the REST interface gives (docs/api.md); api:PATH gives everything of it"},
	{"--audit:verify[,FILE]", "check the chain of hashes of the audit, AuditFile or another file; exit status 1 when a line was changed, left out or put in"},
	{"--healthcheck", "exit status 0 when the server can do its work: it listens, its index takes changes, devices are there with room, queues move, scripts end; else 1, one line for each that does not"},
	{"--ui", "print a link to the browser pages of the running server: good once, for five minutes, with all rights"},
	{"--http_user:NAME[,ROLE]", "make or change an account for web clients, with a password that is asked for; roles are viewer, user, editor, admin, and remove takes the account away"},
	{"--service:install|remove|start|stop|status", "service of the operating system"},
	{"--help-markdown", "the reference of options and commands"},
}

// withoutSite carries out what needs no configuration.
func withoutSite(command string, rest []string) (code int, done bool) {
	if sites, ok := strings.CutPrefix(command, "compare:"); ok {
		return compareSites(sites, rest), true
	}
	if command == "help-markdown" {
		fmt.Print(helpMarkdown())
		return 0, true
	}
	if dir, ok := strings.CutPrefix(command, "write-defaults:"); ok {
		if err := writeDefaults(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1, true
		}
		return 0, true
	}
	return 0, false
}

// siteCommand carries out what a site needs besides a running server.
func (p *program) siteCommand() (code int, done bool) {
	name, arg, _ := strings.Cut(p.arg, ":")
	switch name {
	case "lint":
		return p.lint(arg), true
	case "migrate-check":
		return p.migrateCheck(), true
	case "status":
		return p.sayStatus(), true
	case "queues", "deadletters":
		if slices.Contains(p.rest, "--json") {
			return p.sayJSON(apiPaths[name]), true
		}
	case "healthcheck":
		return p.healthCheck(), true
	case "service":
		return p.service(arg), true
	case "ohif":
		return p.packOHIF(arg), true
	case "explain":
		return p.withServer(func(s *server.Server) error { return p.explain(s, arg) }), true
	case "doctor":
		return p.withServer(func(s *server.Server) error { return p.doctor(s, arg) }), true
	case "migrate":
		return p.migrate(arg), true
	case "shadow":
		return p.shadow(), true
	case "replay":
		return p.replay(arg), true
	case "record":
		return p.recordings(arg), true
	case "audit":
		return p.audit(arg), true
	case "backup":
		return p.backup(arg), true
	case "ui":
		return p.pages(), true
	case "http_user":
		return p.webUser(arg), true
	}
	return 0, false
}

func (p *program) withServer(do func(*server.Server) error) int {
	s, err := p.open()
	if err == nil {
		defer s.Close()
		err = do(s)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

func (p *program) explain(s *server.Server, arg string) error {
	f := append(strings.SplitN(arg, ",", 3), "", "")
	text, err := s.Explain(p.ctx, f[0], f[1], f[2])
	fmt.Print(text)
	return err
}

// healthCheck asks the server whether it can do its work.
func (p *program) healthCheck() int {
	answer, _, err := p.send(p.ctx, "health:", nil)
	if err != nil {
		fmt.Fprintln(os.Stderr, "listener:", err)
		return 1
	}
	if text := strings.TrimSpace(strings.TrimRight(string(answer), "\x00")); text != command.HealthOK {
		fmt.Fprintln(os.Stderr, text)
		return 1
	}
	return 0
}

func (p *program) doctor(s *server.Server, action string) error {
	if slices.Contains(p.rest, "--dry-run") {
		action = strings.TrimSuffix(action, "repair") + "dry-run"
	}
	if action == "rebuild" {
		return s.Rebuild(p.ctx, os.Stdout)
	}
	left, err := s.Doctor(p.ctx, action, os.Stdout)
	if err == nil && left > 0 {
		err = fmt.Errorf("%d findings", left)
	}
	return err
}

// packOHIF keeps the files of the viewer for the server.
func (p *program) packOHIF(arg string) int {
	src, lean := strings.CutSuffix(arg, ",lean")
	dst := server.OHIFFile(p.live.Current())
	done, err := ohif.Pack(src, dst, lean)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	fmt.Printf("%s: %d files, %d MB unpacked\n", dst, done.Files, done.Bytes>>20)
	return 0
}

// lint prints what is wrong in the configuration. The exit status is 1 for errors,
// when strict for warnings too.
func (p *program) lint(arg string) int {
	options := strings.Split(arg, ",")
	asJSON := slices.Contains(options, "json") || slices.Contains(p.rest, "--json")
	findings, err := sitecheck.Lint(p.ctx, p.live.Current())
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	if asJSON {
		e := json.NewEncoder(os.Stdout)
		e.SetEscapeHTML(false)
		e.SetIndent("", "  ")
		if findings == nil {
			findings = []finding.Finding{}
		}
		if err := e.Encode(findings); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
	} else {
		sayFindings(findings, sitecheck.Rules(p.live.Current()))
	}
	bound := finding.Error
	if slices.Contains(options, "strict") {
		bound = finding.Warning
	}
	if len(findings) > 0 && finding.Worst(findings) >= bound {
		return 1
	}
	return 0
}

// sayFindings prints findings a line each, and how many there are.
func sayFindings(findings []finding.Finding, rules int) {
	for _, f := range findings {
		place := f
		place.Message = f.Severity.String() + ": " + f.Message
		fmt.Println(place)
	}
	errors, warnings := finding.Count(findings, finding.Error), finding.Count(findings, finding.Warning)
	if errors+warnings == 0 {
		fmt.Printf("nothing wrong in %s\n", counted(rules, "rule"))
		return
	}
	fmt.Printf("%s, %s in %s\n", counted(errors, "error"), counted(warnings, "warning"), counted(rules, "rule"))
}

func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return strconv.Itoa(n) + " " + what + "s"
}

// migrateCheck prints the report of a site of the original; the exit status
// tells the worst of it: 0 nothing, 1 differences, 2 something is broken.
func (p *program) migrateCheck() int {
	report, worst := sitecheck.Report(p.ctx, p.live)
	fmt.Print(report)
	switch worst {
	case finding.Error:
		return 2
	case finding.Warning:
		return 1
	}
	return 0
}
