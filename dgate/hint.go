package main

import (
	"fmt"
	"io"

	"conquest/command"
)

// sayProblems tells whoever typed a server command that had no answer what it
// lacks.
func sayProblems(w io.Writer, text string) {
	for _, problem := range command.Check(text) {
		fmt.Fprintf(w, "dgate: %s; dgate help shows the commands\n", problem)
	}
}
