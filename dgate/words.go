package main

import (
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strings"

	"conquest/server"
)

// words are what dgate answers to besides options, for people who type what they
// would type to any program.
var words map[string]func(argv []string) int

// Set here, since completion lists the words.
func init() {
	words = map[string]func(argv []string) int{
		"help":       func([]string) int { fmt.Print(helpPage()); return 0 },
		"version":    func([]string) int { fmt.Println(versionLine()); return 0 },
		"status":     siteStatus,
		"init":       initSite,
		"completion": completion,
		"man":        manual,
	}
}

// word finds the answer to a first argument that is a word, also with minuses in
// front; one that is nearly such a word is an error, others mean nothing.
func word(argv []string) (code int, done bool) {
	if len(argv) < 2 {
		return 0, false
	}
	name := strings.TrimPrefix(argv[1], "--")
	if name == "init" && name != argv[1] || name == "man" && name != argv[1] {
		return 0, false
	}
	if name == "-help" {
		name = "help" // other words behind one minus are options of the original
	}
	if f, ok := words[name]; ok {
		return f(argv), true
	}
	if name != argv[1] || name == "" || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz") != "" {
		return 0, false
	}
	suggestion := meant(name)
	if suggestion == "" {
		return 0, false
	}
	fmt.Fprintf(os.Stderr, "dgate: unknown word %q, did you mean %q? dgate help shows what there is\n", name, suggestion)
	return 2, true
}

// meant is the word that differs in little, "" when none does.
func meant(name string) string {
	for w := range words {
		if len(name) > 2 && (strings.HasPrefix(w, name) || strings.HasPrefix(name, w) || sameLetters(w, name)) {
			return w
		}
	}
	return ""
}

// sameLetters tells whether two words differ in at most two places, or in the
// order of their letters.
func sameLetters(a, b string) bool {
	var n [256]int
	for _, c := range []byte(a) {
		n[c]++
	}
	for _, c := range []byte(b) {
		n[c]--
	}
	differ := 0
	for _, k := range n {
		differ += max(k, -k)
	}
	return differ <= 2
}

// versionLine is the release this continues, and the build.
func versionLine() string {
	revision := ""
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" && len(s.Value) >= 12 {
				revision = " " + s.Value[:12]
			}
		}
	}
	return fmt.Sprintf("dgate %s%s, build %s, %s/%s, %s", server.Version, revision, buildDate(), runtime.GOOS, runtime.GOARCH, runtime.Version())
}
