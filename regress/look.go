package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// magFolders are the folders of an image device that hold no images.
var magFolders = []string{"dbase", "incoming", "printer_files"}

// storedFiles returns the stored files of the current server as MAG0/path, and
// their places.
func (s *stage) storedFiles() (names, paths []string, err error) {
	v, err := s.need()
	if err != nil {
		return nil, nil, err
	}
	for i, mag := range v.devices() {
		for _, f := range listFiles(mag, magFolders...) {
			names = append(names, fmt.Sprintf("MAG%d/%s", i, f))
			paths = append(paths, filepath.Join(mag, f))
		}
	}
	return names, paths, nil
}

// cmdStored: stored [KEY=VALUE]
func (s *stage) cmdStored(args []string) (string, error) {
	names, paths, err := s.storedFiles()
	if err != nil {
		return "", err
	}
	var found []string
	for i, name := range names {
		if len(args) > 0 {
			key, value, _ := strings.Cut(args[0], "=")
			if key == "sop" {
				key = "SOPInstanceUID"
			}
			elements, err := dumpFile(s.ctx, paths[i])
			if err != nil || !hasValue(elements, key, value) {
				continue
			}
		}
		found = append(found, name+"\n")
	}
	if len(found) == 0 {
		return "", errors.New("nothing is stored")
	}
	return strings.Join(found, ""), nil
}

// cmdReceived: received PEER
func (s *stage) cmdReceived(args []string) (string, error) {
	if len(args) != 1 {
		return "", errors.New("usage: received PEER")
	}
	p, err := s.findPeer(args[0])
	if err != nil {
		return "", err
	}
	files := listFiles(p.dir)
	out := fmt.Sprintln(len(files))
	for _, f := range files {
		out += f + "\n"
	}
	if len(files) == 0 {
		return out, errors.New("nothing was received")
	}
	return out, nil
}

// cmdWaitReceived: waitreceived PEER N [S]
func (s *stage) cmdWaitReceived(args []string) (string, error) {
	if len(args) < 2 {
		return "", errors.New("usage: waitreceived PEER N [S]")
	}
	p, err := s.findPeer(args[0])
	if err != nil {
		return "", err
	}
	return "", s.waitCount(args, 1, func(have, want int) bool { return have >= want },
		func() int { return len(listFiles(p.dir)) })
}

// cmdWaitStored: waitstored N [S]
func (s *stage) cmdWaitStored(args []string) (string, error) {
	if _, err := s.need(); err != nil || len(args) == 0 {
		return "", errors.Join(err, errors.New("usage: waitstored N [S]"))
	}
	return "", s.waitCount(args, 0, func(have, want int) bool { return have == want }, func() int {
		names, _, _ := s.storedFiles()
		return len(names)
	})
}

// waitCount waits for a count; the number and the limit are args[i] and the
// next.
func (s *stage) waitCount(args []string, i int, enough func(have, want int) bool, count func() int) error {
	want, err := strconv.Atoi(args[i])
	if err != nil {
		return fmt.Errorf("read number %q", args[i])
	}
	limit, err := seconds(args, i+1, waitLimit)
	if err != nil {
		return err
	}
	have := 0
	if !s.poll(limit, func() bool { have = count(); return enough(have, want) }) {
		return fmt.Errorf("have %d after %v, want %d", have, limit, want)
	}
	return nil
}

// cmdWaitFile: waitfile PATH [S]. The file must be there, not empty, and not
// grow any more; a folder must hold such a file.
func (s *stage) cmdWaitFile(args []string) (string, error) {
	if len(args) == 0 {
		return "", errors.New("usage: waitfile PATH [S]")
	}
	limit, err := seconds(args, 1, waitLimit)
	if err != nil {
		return "", err
	}
	path := s.ts.MkAbs(args[0])
	last := int64(-1)
	if !s.poll(limit, func() bool {
		size := sizeOf(path)
		ready := size > 0 && size == last
		last = size
		return ready
	}) {
		return "", fmt.Errorf("%s does not come", args[0])
	}
	return "", nil
}

// sizeOf returns the size of a file, or of all files of a folder.
func sizeOf(path string) int64 {
	st, err := os.Stat(path)
	if err != nil {
		return 0
	}
	if !st.IsDir() {
		return st.Size()
	}
	var sum int64
	for _, f := range listFiles(path) {
		if st, err := os.Stat(filepath.Join(path, f)); err == nil {
			sum += st.Size()
		}
	}
	return sum
}

// cmdWaitLog: waitlog PATTERN [S]
func (s *stage) cmdWaitLog(args []string) (string, error) {
	v, err := s.need()
	if err != nil || len(args) == 0 {
		return "", errors.Join(err, errors.New("usage: waitlog PATTERN [S]"))
	}
	limit, err := seconds(args, 1, waitLimit)
	if err != nil {
		return "", err
	}
	if _, err := regexp.Compile(args[0]); err != nil {
		return "", fmt.Errorf("read pattern: %w", err)
	}
	if !s.poll(limit, func() bool {
		lines, err := matchingLines(v.logFile(), args[0])
		return err == nil && len(lines) > 0
	}) {
		return "", fmt.Errorf("%q does not come in the log", args[0])
	}
	return "", nil
}

// cmdSQL: sql QUERY
func (s *stage) cmdSQL(args []string) (string, error) {
	v, err := s.need()
	if err != nil || len(args) != 1 {
		return "", errors.Join(err, errors.New("usage: sql QUERY"))
	}
	o := runTool(s.ctx, v.dir, "sqlite3", "-cmd", ".timeout 5000", v.database(), args[0])
	if o.err != nil {
		return o.stdout, fmt.Errorf("sqlite3: %w %s", o.err, o.stderr)
	}
	return o.stdout, nil
}

// cmdDgate: dgate ARGS..
func (s *stage) cmdDgate(args []string) (string, error) {
	v, err := s.need()
	if err != nil {
		return "", err
	}
	o := runTool(s.ctx, v.dir, append([]string{"." + string(filepath.Separator) + exeName("dgate")}, args...)...)
	if o.stderr != "" {
		fmt.Fprint(s.ts.Stderr(), s.norm.text(o.stderr))
	}
	return o.stdout, nil
}

// cmdLog: log [PATTERN]
func (s *stage) cmdLog(args []string) (string, error) {
	v, err := s.need()
	if err != nil {
		return "", err
	}
	return showLines(v.logFile(), args)
}

// cmdShow: show FILE [PATTERN]
func (s *stage) cmdShow(args []string) (string, error) {
	if len(args) == 0 {
		return "", errors.New("usage: show FILE [PATTERN]")
	}
	return showLines(s.ts.MkAbs(args[0]), args[1:])
}

// cmdPeerLog: peerlog AE [PATTERN]
func (s *stage) cmdPeerLog(args []string) (string, error) {
	if len(args) == 0 {
		return "", errors.New("usage: peerlog AE [PATTERN]")
	}
	p, err := s.findPeer(args[0])
	if err != nil {
		return "", err
	}
	pattern := ""
	if len(args) > 1 {
		pattern = args[1]
	}
	var lines []string
	// storescp writes its log a moment after the object.
	s.poll(2*time.Second, func() bool {
		lines, err = matchingLines(p.logFile(), pattern)
		return err != nil || len(lines) > 0
	})
	if err != nil {
		return "", err
	}
	var out []string
	for _, line := range lines {
		if text, ok := messageText(line, "FEWID"); ok {
			line = text
		}
		if line = strings.Join(strings.Fields(line), " ") + "\n"; !slices.Contains(out, line) {
			out = append(out, line)
		}
	}
	if len(out) == 0 {
		return "", errors.New("no line matches")
	}
	return strings.Join(out, ""), nil
}

// showLines prints the lines of a file that match the optional pattern.
func showLines(path string, patterns []string) (string, error) {
	pattern := ""
	if len(patterns) > 0 {
		pattern = patterns[0]
	}
	lines, err := matchingLines(path, pattern)
	if err != nil {
		return "", err
	}
	if len(lines) == 0 {
		return "", errors.New("no line matches")
	}
	return strings.Join(lines, "\n") + "\n", nil
}

// matchingLines returns the lines of a file that match a regular expression.
func matchingLines(path, pattern string) ([]string, error) {
	re, err := regexp.Compile(pattern)
	if err != nil {
		return nil, fmt.Errorf("read pattern: %w", err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var lines []string
	for line := range strings.SplitSeq(strings.TrimSuffix(string(data), "\n"), "\n") {
		if line = strings.TrimSuffix(line, "\r"); re.MatchString(line) {
			lines = append(lines, line)
		}
	}
	return lines, nil
}
