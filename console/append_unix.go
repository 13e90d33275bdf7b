//go:build unix

package console

import "syscall"

const stampLayout = Time

// fileText is a message as files and the standard output take it.
func fileText(m string) string { return m }

// appendTo opens a file for one message. It does without os.File, whose opening
// costs more than the message.
func appendTo(path, m string) {
	var fd int
	err := retried(func() (err error) {
		fd, err = syscall.Open(path, syscall.O_APPEND|syscall.O_CREAT|syscall.O_WRONLY|syscall.O_CLOEXEC, 0o644)
		return err
	})
	if err != nil {
		return
	}
	defer syscall.Close(fd)
	for b := []byte(m); len(b) > 0; {
		var n int
		err := retried(func() (err error) {
			n, err = syscall.Write(fd, b)
			return err
		})
		if err != nil || n <= 0 {
			return
		}
		b = b[n:]
	}
}

// retried calls f until no signal interrupts it.
func retried(f func() error) error {
	for {
		if err := f(); err != syscall.EINTR {
			return err
		}
	}
}
