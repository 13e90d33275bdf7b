package server_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"conquest/dicom"
	"conquest/pixel"
	"conquest/regress/rig"

	"github.com/chromedp/chromedp"
)

// TestWebJavaScript: dicomweb-client and dcmjs of the npm registry as clients.
func TestWebJavaScript(t *testing.T) {
	tool(t, "node", "the package nodejs")
	tool(t, "npm", "the package npm")
	folder, err := rig.NPM("dicomweb-client@0.11.3", "dcmjs@0.41.0")
	if err != nil {
		rig.Missing(t, err)
	}
	s, root := newWebSite(t)
	s.start()
	awaitWeb(t, root)
	for i := range 3 {
		if err := stow(root, image("NPM", "1.2.81", "1.2.81.1", fmt.Sprint("1.2.81.1.", i+1), i+1)); err != nil {
			t.Fatal(err)
		}
	}
	script, err := filepath.Abs("testdata/dicomweb_client.js")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "node", script, root+"/dicom-web")
	cmd.Env = append(os.Environ(), "NODE_PATH="+filepath.Join(folder, "node_modules"))
	out, err := cmd.CombinedOutput()
	if err != nil || strings.Contains(string(out), "FAIL") || strings.Count(string(out), "PASS") != 16 {
		t.Errorf("%v\n%s\n%s", err, out, s.log())
	}
}

// ohifPackage is the npm package of OHIF: the file that DGATE_TEST_OHIF names, or
// that of the registry, which is kept in the cache of the user.
func ohifPackage(t *testing.T) string {
	t.Helper()
	if file := os.Getenv("DGATE_TEST_OHIF"); file != "" {
		return file
	}
	tool(t, "npm", "the package npm")
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = os.TempDir()
	}
	folder := filepath.Join(cache, "dgate-test-ohif")
	const version = "3.13.2"
	file := filepath.Join(folder, "ohif-app-"+version+".tgz")
	if _, err := os.Stat(file); err == nil {
		return file
	}
	if err := os.MkdirAll(folder, 0o777); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "npm", "pack", "@ohif/app@"+version)
	cmd.Dir = folder
	if out, err := cmd.CombinedOutput(); err != nil {
		rig.Missing(t, "npm pack @ohif/app: ", err, ": ", string(out))
	}
	return file
}

// TestWebOHIF: the OHIF viewer of the npm registry, taken in by the program, shows
// the list of studies and draws objects of several transfer syntaxes in Chromium; it
// asks nobody but this server, and is refused nothing.
func TestWebOHIF(t *testing.T) {
	file := ohifPackage(t)
	s, root := newWebSite(t, "HTTPServices = dicomweb,health,ohif", "WEBReadOnly = 0")
	s.configure()
	if out := s.run("--ohif:" + file + ",lean"); !strings.Contains(out, "ohif") {
		t.Logf("dgate --ohif: %s", out)
	}
	s.start()
	awaitWeb(t, root)
	for i, syntax := range []string{dicom.ExplicitLittleEndian, dicom.RLELossless, dicom.JPEGLSLossless, dicom.JPEG2000Lossless} {
		study := fmt.Sprint("1.2.82.", i)
		d := image(fmt.Sprint("OHIF", i), study, study+".1", study+".1.1", 1)
		for tag, v := range map[dicom.Tag]string{
			dicom.SeriesNumber: "1", 0x00280030: `0.5\0.5`, 0x00200037: `1\0\0\0\1\0`, 0x00200032: `0\0\0`, 0x00200052: study + ".9",
			dicom.StudyDescription: "viewer test", 0x00281050: "100", 0x00281051: "200",
		} {
			d.SetString(tag, v)
		}
		if err := stow(root, transcoded(t, d, syntax)); err != nil {
			t.Fatal(err)
		}
	}
	ctx := browser(t, root)
	steps(t, ctx, "list of studies", chromedp.Navigate(root+"/ohif/"), chromedp.WaitVisible(`//*[contains(text(),"OHIF0")]`, chromedp.BySearch))
	shot(t, ctx, "ohif-list")
	for i := range 4 {
		study := fmt.Sprint("1.2.82.", i)
		var drawn bool
		steps(t, ctx, "study "+study, chromedp.Navigate(root+"/ohif/viewer?StudyInstanceUIDs="+study),
			chromedp.WaitVisible(".cornerstone-canvas", chromedp.ByQuery),
			chromedp.Poll(drawnScript, &drawn, chromedp.WithPollingTimeout(40*time.Second)))
		shot(t, ctx, "ohif-"+study)
		if !drawn {
			t.Errorf("nothing is drawn of study %s", study)
		}
	}
}

// transcoded is an object in another transfer syntax.
func transcoded(t *testing.T, d *dicom.Dataset, uid string) *dicom.Dataset {
	t.Helper()
	if uid != d.TransferSyntax().UID {
		if err := pixel.TranscodeTo(d, uid, pixel.Options{}); err != nil {
			t.Fatal(err)
		}
	}
	return d
}

// drawnScript tells whether the canvas shows more than one shade.
const drawnScript = `(() => {
	const c = document.querySelector('.cornerstone-canvas')
	if (!c || !c.width || !c.height) return false
	const p = c.getContext('2d').getImageData(0, 0, c.width, c.height).data
	const shades = new Set()
	for (let i = 0; i < p.length; i += 4 * 97) shades.add(p[i])
	return shades.size > 1
})()`
