package storage

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"conquest/group"
)

// maxDeaths is how often a process may end while it takes a file in until that
// file is set aside: it may be what ends it.
const maxDeaths = 3

// errFatal is why such a file is set aside.
var errFatal = errors.New("the server ended each time it took this file in")

// intake is a file that is being taken in, and how many processes ended while
// they did that.
type intake struct {
	deaths int
	path   string
}

// intakeNote is where the file that is being taken in stands meanwhile; files of
// such names are left alone.
func (s *scanner) intakeNote() string {
	return filepath.Join(s.Dir, ".intake"+s.Node+partialSuffix)
}

// readIntake is what a process that ended was taking in.
func (s *scanner) readIntake() intake {
	text, err := os.ReadFile(s.intakeNote())
	number, path, ok := strings.Cut(string(text), " ")
	deaths, numberErr := strconv.Atoi(number)
	if err != nil || !ok || numberErr != nil {
		return intake{}
	}
	return intake{deaths + 1, path}
}

// add takes a file in. Neither a panic nor the end of the process makes it fail
// for ever.
func (s *scanner) add(ctx context.Context, path string) error {
	deaths := 0
	if s.fatal.path == path {
		deaths = s.fatal.deaths
	}
	if deaths >= maxDeaths {
		return fmt.Errorf("%w, %d times", errFatal, deaths)
	}
	note := s.intakeNote()
	_ = os.WriteFile(note, []byte(strconv.Itoa(deaths)+" "+path), 0o644) // without it a file is only tried more often
	defer os.Remove(note)
	return group.Guard("taking in "+path, func() error { return s.Add(ctx, path) })
}

// later tells whether a file may be taken in another time. One that made the
// program fail is not tried again.
func (s *scanner) later(err error, attempt int) bool {
	var failed *group.PanicError
	return !errors.As(err, &failed) && !errors.Is(err, errFatal) && s.Later != nil && s.Later(err, attempt)
}
