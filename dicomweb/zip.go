package dicomweb

import (
	"archive/zip"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// serveZip answers with objects as they are stored, in a zip file: a folder for
// each patient, study and series.
func (h *handler) serveZip(w *answer, r *http.Request, list []Instance) error {
	head := w.Header()
	head.Set("Content-Type", kindZip)
	head.Set("Content-Disposition", `attachment; filename="`+list[0].Study+`.zip"`)
	if r.Method == http.MethodHead {
		return nil
	}
	z := zip.NewWriter(w)
	for _, i := range list {
		if err := r.Context().Err(); err != nil {
			return err
		}
		out, err := h.wholeFile(r.Context(), i)
		if err != nil {
			return err
		}
		f, err := z.CreateHeader(&zip.FileHeader{Name: zipName(i), Method: zip.Store})
		if err == nil {
			_, err = io.CopyN(f, out.file, out.size)
		}
		out.close()
		if err != nil {
			return fmt.Errorf("pack %s: %w", i.UID, err)
		}
	}
	return z.Close()
}

// zipName names a file by what can not be anything but a name.
func zipName(i Instance) string {
	safe := func(s string) string { return strings.Trim(s, ".") }
	return fmt.Sprintf("%s/%s/%s.dcm", safe(i.Study), safe(i.Series), safe(i.UID))
}
