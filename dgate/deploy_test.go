package main

import (
	"bufio"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
)

// TestDeploy reads the files of deploy/ as the systems do, and their command
// lines as the program does.
func TestDeploy(t *testing.T) {
	for name, args := range map[string]func(*testing.T, string) []string{
		"org.dgate.plist": plistArguments, "dgate.service": unitArguments, "Dockerfile": imageArguments,
	} {
		t.Run(name, func(t *testing.T) {
			data, err := os.ReadFile("../deploy/" + name)
			if err != nil {
				t.Fatal(err)
			}
			argv := args(t, string(data))
			o := parse(argv[1:])
			if !strings.HasSuffix(argv[0], "/dgate") || o.action != "" || len(o.where) != 1 || len(o.consoles) != 1 {
				t.Errorf("%q does not start a server with a console: %+v", argv, o)
			}
		})
	}
}

func plistArguments(t *testing.T, text string) (argv []string) {
	d := xml.NewDecoder(strings.NewReader(text))
	d.Strict = true
	for depth := 0; ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return argv
		}
		if err != nil {
			t.Fatal(err)
		}
		switch e := token.(type) {
		case xml.StartElement:
			if e.Name.Local == "array" {
				depth++
			}
			if e.Name.Local == "string" && depth > 0 {
				var s string
				if err := d.DecodeElement(&s, &e); err != nil {
					t.Fatal(err)
				}
				argv = append(argv, s)
			}
		case xml.EndElement:
			if e.Name.Local == "array" {
				depth--
			}
		}
	}
}

func unitArguments(t *testing.T, text string) []string {
	_, line, ok := strings.Cut(text, "\nExecStart=")
	if !ok {
		t.Fatal("no ExecStart")
	}
	line, _, _ = strings.Cut(line, "\n")
	return strings.Fields(line)
}

func imageArguments(t *testing.T, text string) (argv []string) {
	s := bufio.NewScanner(strings.NewReader(text))
	for s.Scan() {
		kind, list, _ := strings.Cut(s.Text(), " ")
		if kind == "ENTRYPOINT" || kind == "CMD" {
			for word := range strings.SplitSeq(strings.Trim(list, "[]"), ", ") {
				argv = append(argv, strings.Trim(word, `"`))
			}
		}
	}
	if len(argv) == 0 {
		t.Fatal("no entry point")
	}
	return argv
}
