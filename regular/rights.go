package regular

import (
	"errors"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// CreateTemp makes a new file in dir to be read and written, with the rights that
// files here get: 0644 less the umask. The last star of pattern becomes a text that
// no file has.
func CreateTemp(dir, pattern string) (*os.File, error) {
	before, after := pattern, ""
	if i := strings.LastIndexByte(pattern, '*'); i >= 0 {
		before, after = pattern[:i], pattern[i+1:]
	}
	for try := 0; ; try++ {
		f, err := os.OpenFile(filepath.Join(dir, before+strconv.FormatUint(rand.Uint64(), 36)+after), os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o644)
		if !errors.Is(err, fs.ErrExist) || try == 1000 {
			return f, err
		}
	}
}

// LimitRights takes rights of all new files and folders of this process away that
// mode, an octal number such as 0640, does not give; a folder has the right to be
// entered where it may be read. Other texts, and systems without such rights, change
// nothing.
func LimitRights(mode string) {
	n, err := strconv.ParseUint(mode, 8, 9)
	if err != nil {
		return
	}
	given := fs.FileMode(n)
	limitRights(^(given | given&0o444>>2) & 0o777)
}
