package main

import (
	"os"
	"strconv"
	"strings"
)

// cgiRequest tells whether this is a web request: by -y, or without arguments by
// the environment. What args are left are those of the site: the words of a query
// are none of them.
func cgiRequest(argv []string) (args []string, query string, ok bool) {
	query, set := os.LookupEnv("QUERY_STRING")
	if ofQuery(argv[1:], query) {
		return argv[:1], query, true
	}
	for _, a := range argv[1:] {
		if q, is := strings.CutPrefix(a, "-y"); is {
			return argv, q, true
		}
	}
	if len(argv) > 1 {
		return nil, "", false
	}
	return argv, query, set || os.Getenv("CONTENT_LENGTH") != ""
}

// ofQuery tells whether arguments are the words of a query, which a web server
// puts there (RFC 3875 section 4.4). They come from a stranger and are never
// options. Servers differ in what they decode, escape, leave out and cut off, so
// that one argument which is nearly a word of the query is enough.
func ofQuery(args []string, query string) bool {
	words := map[string]bool{}
	whole := query
	for range 3 {
		addWords(words, whole)
		whole = unescape(whole)
	}
	for _, a := range args {
		if words[bare(a)] {
			return true
		}
	}
	return false
}

// addWords adds what servers may make of a query that has been decoded so far.
func addWords(words map[string]bool, query string) {
	split := func(r rune) bool { return r == '+' || r <= ' ' }
	for _, list := range [][]string{strings.Split(query, "+"), strings.FieldsFunc(query, split)} {
		for _, w := range list {
			for range 3 {
				first, _, _ := strings.Cut(w, "\x00")
				for _, form := range []string{bare(w), bare(first)} {
					if form != "" {
						words[form] = true
					}
				}
				w = unescape(w)
			}
		}
	}
}

// unescape decodes what is an escape and keeps what is none.
func unescape(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			if n, err := strconv.ParseUint(s[i+1:i+3], 16, 8); err == nil {
				b.WriteByte(byte(n))
				i += 2
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// bare is a text without the characters that a server may escape, replace or
// leave out.
func bare(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', strings.ContainsRune("-/:.,_@", r):
			return r
		}
		return -1
	}, s)
}
