//go:build !linux && !windows

package eventlog

import (
	"errors"
	"io"
	"log/slog"
)

func systemHandler(string, string) (slog.Handler, io.Closer, error) {
	return nil, nil, errors.New("this system has none")
}
