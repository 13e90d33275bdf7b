package outgoing

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// File is a failure file in the layout of the original.
type File struct {
	Name    string
	Kind    string // export, mirror, delayed
	Records int    // those done but not removed yet among them
	// Open tells that a queue of this server works on it.
	Open bool
}

// failureFiles are the names of failure files with the size of their records
// (docs/original/scripting.md 1.5, 5.4).
var failureFiles = []struct {
	name *regexp.Regexp
	kind string
	size int64
}{
	{regexp.MustCompile(`^ExportFailures[\w-]+_\d+$`), "export", 1536},
	{regexp.MustCompile(`^CopyFailures[\w-]+$`), "mirror", 2050},
	{regexp.MustCompile(`^DelayedFetchForwardFailures[\w-]+$`), "delayed", 1000},
}

// Files are the failure files in a folder, those of other ports and of rules that are
// not there any more among them: nobody works on these.
func Files(dir string, sources []Source) ([]File, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	queues := map[string]bool{}
	for _, s := range sources {
		queues[s.Queue.Name()] = true
	}
	var list []File
	for _, e := range entries {
		for _, f := range failureFiles {
			if !f.name.MatchString(e.Name()) {
				continue
			}
			fi, err := os.Stat(filepath.Join(dir, e.Name()))
			if err != nil {
				continue // it went meanwhile
			}
			list = append(list, File{Name: e.Name(), Kind: f.kind, Records: int(fi.Size() / f.size), Open: isOpen(e.Name(), queues)})
		}
	}
	slices.SortFunc(list, func(a, b File) int { return strings.Compare(a.Name, b.Name) })
	return list, nil
}

// isOpen tells whether a queue works on a failure file.
func isOpen(name string, queues map[string]bool) bool {
	for failures, journal := range map[string]string{
		"ExportFailures": "ExportQueue", "CopyFailures": "CopyQueue", "DelayedFetchForwardFailures": "DelayedQueue",
	} {
		if rest, ok := strings.CutPrefix(name, failures); ok {
			return queues[journal+rest]
		}
	}
	return false
}
