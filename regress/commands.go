package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// waitLimit is how long the wait commands wait unless told otherwise.
const waitLimit = 15 * time.Second

// A command does its work and returns what it prints; an error is its failure.
type command func(s *stage, args []string) (string, error)

// commandTable returns the commands by name; see docs/regress.md.
func commandTable() map[string]command {
	return map[string]command{
		"mkdicom":      (*stage).cmdMkdicom,
		"server":       (*stage).cmdServer,
		"halt":         (*stage).cmdHalt,
		"restart":      (*stage).cmdRestart,
		"use":          (*stage).cmdUse,
		"alive":        (*stage).cmdAlive,
		"waitexit":     (*stage).cmdWaitExit,
		"peer":         (*stage).cmdPeer,
		"store":        (*stage).cmdStore,
		"find":         (*stage).cmdFind,
		"move":         (*stage).cmdMove,
		"get":          (*stage).cmdGet,
		"echo":         (*stage).cmdEcho,
		"send":         (*stage).cmdSend,
		"dgate":        (*stage).cmdDgate,
		"runs":         (*stage).cmdRuns,
		"dump":         (*stage).cmdDump,
		"stored":       (*stage).cmdStored,
		"received":     (*stage).cmdReceived,
		"waitreceived": (*stage).cmdWaitReceived,
		"waitstored":   (*stage).cmdWaitStored,
		"waitfile":     (*stage).cmdWaitFile,
		"waitlog":      (*stage).cmdWaitLog,
		"until":        (*stage).cmdUntil,
		"sql":          (*stage).cmdSQL,
		"log":          (*stage).cmdLog,
		"show":         (*stage).cmdShow,
		"peerlog":      (*stage).cmdPeerLog,
		"sleep":        (*stage).cmdSleep,
	}
}

// scriptCommands makes testscript commands of the table; the stage is made only
// when the script starts.
func scriptCommands(current func() *stage) map[string]func(*testscript.TestScript, bool, []string) {
	cmds := map[string]func(*testscript.TestScript, bool, []string){}
	for name, cmd := range commandTable() {
		cmds[name] = func(ts *testscript.TestScript, neg bool, args []string) {
			s := current()
			s.ts = ts
			out, err := cmd(s, args)
			if out != "" && !strings.HasSuffix(out, "\n") {
				out += "\n" // as every text file of a case ends
			}
			fmt.Fprint(ts.Stdout(), s.norm.text(out))
			switch {
			case s.ctx.Err() != nil:
				ts.Fatalf("%s: time limit of the case", name)
			case err != nil && !neg:
				ts.Fatalf("%s: %v", name, err)
			case err == nil && neg:
				ts.Fatalf("%s: unexpected success", name)
			case err != nil:
				ts.Logf("failed as expected: %v", err)
			}
		}
	}
	return cmds
}

// cmdServer: server [-noinit] [-nowait] [DIR]
func (s *stage) cmdServer(args []string) (string, error) {
	init, wait, name := true, true, defaultServer
	for _, a := range args {
		switch {
		case a == "-noinit":
			init = false
		case a == "-nowait":
			wait = false
		case strings.HasPrefix(a, "-"):
			return "", fmt.Errorf("unknown option %s", a)
		default:
			name = a
		}
	}
	v := s.findServer(name)
	if v == nil {
		var err error
		if v, err = s.addServer(name); err != nil {
			return "", err
		}
	}
	if v.running() {
		return "", fmt.Errorf("%s runs already", name)
	}
	s.use(v)
	if err := s.fill(v); err != nil {
		return "", err
	}
	if p := v.ini.get("UIDPrefix"); p != "" {
		s.norm.prefixes = append(s.norm.prefixes, p)
	}
	if init {
		if err := s.initialise(v); err != nil {
			return "", err
		}
	}
	return "", s.start(v, wait)
}

func (s *stage) cmdHalt(args []string) (string, error) {
	v, err := s.named(args)
	if err != nil {
		return "", err
	}
	if v.proc != nil && !v.proc.running() && !v.mayEnd {
		v.crashed = true
	}
	v.stop()
	return "", nil
}

// named returns the server of the optional argument, else the current one.
func (s *stage) named(args []string) (*server, error) {
	if len(args) == 0 {
		return s.need()
	}
	if v := s.findServer(args[0]); v != nil {
		return v, nil
	}
	return nil, fmt.Errorf("no server %s", args[0])
}

var portLine = regexp.MustCompile(`(?mi)^(\s*TCPPort\s*=).*$`)

func (s *stage) cmdRestart(args []string) (string, error) {
	if _, err := s.cmdHalt(args); err != nil {
		return "", err
	}
	v, err := s.named(args)
	if err != nil {
		return "", err
	}
	if !s.r.ports.canListen(v.port) {
		if v.port, err = s.newPort(); err != nil {
			return "", err
		}
		path := filepath.Join(v.dir, "dicom.ini")
		data, err := os.ReadFile(path)
		if err != nil {
			return "", fmt.Errorf("change port: %w", err)
		}
		data = portLine.ReplaceAll(data, fmt.Appendf(nil, "${1} %d", v.port))
		if err := os.WriteFile(path, data, 0o666); err != nil {
			return "", fmt.Errorf("change port: %w", err)
		}
		for _, o := range s.servers {
			if _, err := os.Stat(filepath.Join(o.dir, "acrnema.map")); err != nil {
				continue
			}
			if err := s.writeMap(o); err != nil {
				return "", err
			}
		}
	}
	s.use(v)
	return "", s.start(v, true)
}

func (s *stage) cmdUse(args []string) (string, error) {
	if len(args) != 1 {
		return "", errors.New("usage: use DIR")
	}
	v, err := s.named(args)
	if err == nil {
		s.use(v)
	}
	return "", err
}

func (s *stage) cmdAlive([]string) (string, error) {
	v, err := s.need()
	if err == nil && !v.running() {
		err = errors.New("the server has ended")
	}
	return "", err
}

func (s *stage) cmdWaitExit(args []string) (string, error) {
	v, err := s.need()
	if err != nil {
		return "", err
	}
	limit, err := seconds(args, 0, waitLimit)
	if err != nil {
		return "", err
	}
	if v.proc == nil {
		return "", errors.New("the server was not started")
	}
	v.mayEnd = true
	return "", v.proc.waitExit(s.ctx, limit)
}

// cmdUntil: until PATTERN COMMAND ARGS..
func (s *stage) cmdUntil(args []string) (string, error) {
	if len(args) < 2 {
		return "", errors.New("usage: until PATTERN COMMAND [ARGS]")
	}
	re, err := regexp.Compile("(?m)" + args[0])
	if err != nil {
		return "", fmt.Errorf("read pattern: %w", err)
	}
	cmd := commandTable()[args[1]]
	if cmd == nil {
		return "", fmt.Errorf("no command %s", args[1])
	}
	var out string
	var cmdErr error
	if !s.poll(10*time.Second, func() bool {
		out, cmdErr = cmd(s, args[2:])
		// "." of a pattern for several lines also stands for the line end.
		return re.MatchString(out) || re.MatchString(strings.ReplaceAll(out, "\n", " "))
	}) {
		return out, fmt.Errorf("no output matched %q, last error: %v", args[0], cmdErr)
	}
	return out, nil
}

func (s *stage) cmdSleep(args []string) (string, error) {
	if len(args) != 1 {
		return "", errors.New("usage: sleep SECONDS")
	}
	d, err := seconds(args, 0, 0)
	if err != nil {
		return "", err
	}
	select {
	case <-time.After(d):
		return "", nil
	case <-s.ctx.Done():
		return "", s.ctx.Err()
	}
}

// seconds reads the i-th argument as a time in seconds, if it is there.
func seconds(args []string, i int, def time.Duration) (time.Duration, error) {
	if len(args) <= i {
		return def, nil
	}
	f, err := strconv.ParseFloat(args[i], 64)
	if err != nil || f < 0 {
		return 0, fmt.Errorf("read seconds %q", args[i])
	}
	return time.Duration(f * float64(time.Second)), nil
}
