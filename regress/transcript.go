package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// freeSpace is what a disk has left, in reports and in debug messages.
var freeSpace = regexp.MustCompile(`(:= |Left )\d+\b`)

// cmdRuns: runs FILE
//
// Each line of the file holds the arguments of one run of dgate.
func (s *stage) cmdRuns(args []string) (string, error) {
	v, err := s.need()
	if err != nil {
		return "", err
	}
	if len(args) != 1 {
		return "", errors.New("usage: runs FILE")
	}
	data, err := os.ReadFile(s.ts.MkAbs(args[0]))
	if err != nil {
		return "", fmt.Errorf("read arguments: %w", err)
	}
	var b strings.Builder
	for line := range strings.Lines(string(data)) {
		line = strings.TrimRight(line, "\r\n")
		if strings.HasPrefix(line, "#") || line == "" {
			continue
		}
		o := runTool(s.ctx, v.dir, append([]string{"." + string(filepath.Separator) + exeName("dgate")}, words(line)...)...)
		fmt.Fprintf(&b, "> %s\n%s", line, freeSpace.ReplaceAllString(ended(o.stdout), "$1<N>"))
		for l := range strings.Lines(ended(o.stderr)) {
			b.WriteString("2> " + l)
		}
		fmt.Fprintf(&b, "exit %d\n", o.status())
	}
	return b.String(), nil
}

// ended is a text that ends its last line.
func ended(text string) string {
	if text == "" || strings.HasSuffix(text, "\n") {
		return text
	}
	return text + "\n"
}

// words splits a line at blanks that do not stand between single quotes.
func words(line string) []string {
	var out []string
	quoted, inWord := false, false
	var w strings.Builder
	for _, c := range line {
		switch {
		case c == '\'':
			quoted, inWord = !quoted, true
		case c == ' ' && !quoted:
			if inWord {
				out = append(out, w.String())
			}
			w.Reset()
			inWord = false
		default:
			w.WriteRune(c)
			inWord = true
		}
	}
	if inWord {
		out = append(out, w.String())
	}
	return out
}
