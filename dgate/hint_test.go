package main

import (
	"strings"
	"testing"
)

func TestCommandsThatLackWordsAreTold(t *testing.T) {
	for text, want := range map[string]string{
		"modifystudy:P,1.2":     "dgate: modifystudy lacks SCRIPT; dgate help shows the commands\n",
		"modifystudy:P,1.2,nop": "",
		"modifystudies:P":       "dgate: there is no command modifystudies; dgate help shows the commands\n",
	} {
		var b strings.Builder
		if sayProblems(&b, text); b.String() != want {
			t.Errorf("%s: %q, want %q", text, b.String(), want)
		}
	}
}
