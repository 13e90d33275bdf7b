package pixel

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
)

// deleteOnClose is FILE_FLAG_DELETE_ON_CLOSE, which [os.OpenFile] passes on.
const deleteOnClose = 0x04000000

// openSpool makes a file that the system deletes when nobody holds it any more.
func openSpool(dir string) (*os.File, error) {
	name := filepath.Join(dir, fmt.Sprintf("dgate-pixels-%016x", rand.Uint64()))
	return os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL|deleteOnClose, 0o600)
}
