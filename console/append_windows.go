package console

import "os"

// appendTo opens a file for one message.
func appendTo(path, m string) {
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return
	}
	f.WriteString(m)
	f.Close()
}
