package console

import (
	"os"
	"strings"
)

const stampLayout = "20060102 15:04:05"

// fileText is a message as files and the standard output take it: with the line
// ends of the system.
func fileText(m string) string { return strings.ReplaceAll(m, "\n", "\r\n") }

// appendTo opens a file for one message.
func appendTo(path, m string) {
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return
	}
	f.WriteString(fileText(m))
	f.Close()
}
