package access

import (
	"errors"
	"io/fs"
	"net"
	"os"
	"regexp"
	"strings"
)

// maxComment is the length of an error comment (0000,0902), VR LO.
const maxComment = 64

// Comment is what a peer may read of an error: what is wrong, not where on this
// machine, and no SQL. At most 64 characters, the log has the whole.
func Comment(err error) string {
	text := strings.TrimLeft(outward(err), "* ")
	if sqlText.MatchString(text) {
		text = "the index refused it"
	}
	text = strings.Join(strings.Fields(paths.ReplaceAllString(text, "...")), " ")
	return strings.ToValidUTF8(text[:min(len(text), maxComment)], "?")
}

// paths are absolute names of files, or what looks like them, and relative ones
// with several parts.
var paths = regexp.MustCompile(`(?:[A-Za-z]:)?(?:[\\/][^\s\\/:'",;]+){2,}[\\/]?|[A-Za-z]:[\\/]\S*|\\\\\S+|\.{1,2}[\\/]\S+|[^\s\\/]+(?:/[^\s\\/]+){2,}`)

var sqlText = regexp.MustCompile(`(?i)\b(select\b.*\bfrom|insert\s+into|update\b.*\bset|delete\s+from|create\s+table|sqlite|sqlstate|constraint failed|syntax error at)\b`)

// outward is the text of an error without the files and addresses that errors of
// the system name.
func outward(err error) string {
	var path *fs.PathError
	var link *os.LinkError
	var op *net.OpError
	var said interface{ Comment() string }
	switch {
	case errors.As(err, &said):
		return said.Comment()
	case errors.As(err, &path):
		return path.Op + ": " + path.Err.Error()
	case errors.As(err, &link):
		return link.Op + ": " + link.Err.Error()
	case errors.As(err, &op):
		return op.Op + ": " + op.Err.Error()
	}
	return err.Error()
}
