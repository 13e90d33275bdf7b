package main

import (
	"fmt"
	"os"
	"strings"

	"conquest/finding"
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
	{"--lint", "look for mistakes in configuration and scripts"},
	{"--explain:FILE[,CALLING[,CALLED]]", "tell what the rules would do with an object, without doing it"},
	{"--doctor[:repair|:undo]", "compare index and folders, and repair"},
	{"--migrate-check", "tell what will be the same and what differs at a site of the original; writes nothing"},
	{"--write-defaults:FOLDER", "write the built-in dgate.dic, dicom.sql and dgatesop.lst"},
	{"--healthcheck", "exit status 0 when the server answers"},
	{"--service:install|remove|start|stop|status", "service of the operating system"},
	{"--help-markdown", "the reference of options and commands"},
}

// withoutSite carries out what needs no configuration.
func withoutSite(command string) (code int, done bool) {
	if command == "help-markdown" {
		fmt.Print(helpMarkdown())
		return 0, true
	}
	if dir, ok := strings.CutPrefix(command, "write-defaults:"); ok {
		if err := server.WriteDefaults(dir); err != nil {
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
		return p.lint(), true
	case "migrate-check":
		return p.migrateCheck(), true
	case "healthcheck":
		if _, _, err := p.send(p.ctx, "get_param:MyACRNema", nil); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1, true
		}
		return 0, true
	case "service":
		return p.service(arg), true
	case "explain":
		return p.withServer(func(s *server.Server) error { return p.explain(s, arg) }), true
	case "doctor":
		return p.withServer(func(s *server.Server) error { return p.doctor(s, arg) }), true
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

func (p *program) doctor(s *server.Server, action string) error {
	left, err := s.Doctor(p.ctx, action, os.Stdout)
	if err == nil && left > 0 {
		err = fmt.Errorf("%d findings", left)
	}
	return err
}

// lint prints what is wrong in the configuration.
func (p *program) lint() int {
	findings, err := sitecheck.Lint(p.live.Current())
	if err != nil {
		fmt.Println(err)
		return 1
	}
	for _, f := range findings {
		fmt.Println(f)
	}
	if len(findings) > 0 {
		return 1
	}
	return 0
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
