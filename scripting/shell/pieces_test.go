package shell_test

import (
	"strings"

	"conquest/scripting/shell"
)

// pieces splits a command at %V.
func pieces(command, value string) []shell.Piece {
	var list []shell.Piece
	for i, text := range strings.Split(strings.ReplaceAll(command, "%%", "%"), "%V") {
		if i > 0 {
			list = append(list, shell.Piece{Text: value, Value: true})
		}
		list = append(list, shell.Piece{Text: text})
	}
	return list
}
