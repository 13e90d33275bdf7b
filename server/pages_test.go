package server_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"conquest/regress/rig"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// browser opens Chromium with a page that fails the test when something else
// than the server is asked, or anything is amiss in the page.
func browser(t *testing.T, origin string) context.Context {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		rig.Missing(t, "chromium: ", err)
	}
	opts := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.WindowSize(1440, 900),
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true))
	ctx, cancel := chromedp.NewExecAllocator(t.Context(), opts...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	ctx, cancel = context.WithTimeout(ctx, 2*time.Minute)
	t.Cleanup(cancel)
	var mu sync.Mutex
	var amiss []string
	chromedp.ListenTarget(ctx, func(event any) {
		mu.Lock()
		defer mu.Unlock()
		switch e := event.(type) {
		case *network.EventRequestWillBeSent:
			if u := e.Request.URL; strings.HasPrefix(u, "http") && !strings.HasPrefix(u, origin) {
				amiss = append(amiss, "request to "+u)
			}
		case *network.EventResponseReceived:
			if e.Response.Status > 399 {
				amiss = append(amiss, fmt.Sprintf("%d for %s", e.Response.Status, e.Response.URL))
			}
		case *runtime.EventExceptionThrown:
			amiss = append(amiss, e.ExceptionDetails.Text)
		case *log.EventEntryAdded:
			if e.Entry.Level == log.LevelError {
				amiss = append(amiss, e.Entry.Text)
			}
		}
	})
	t.Cleanup(func() {
		mu.Lock()
		defer mu.Unlock()
		for _, a := range amiss {
			t.Error(a)
		}
	})
	if err := chromedp.Run(ctx, network.Enable(), log.Enable()); err != nil {
		rig.Missing(t, "chromium: ", err)
	}
	return ctx
}

// shot keeps a picture of the page in the folder that DGATE_SCREENSHOTS names.
func shot(t *testing.T, ctx context.Context, name string) {
	t.Helper()
	folder := os.Getenv("DGATE_SCREENSHOTS")
	if folder == "" {
		return
	}
	var png []byte
	if err := chromedp.Run(ctx, chromedp.CaptureScreenshot(&png)); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, name+".png"), png, 0o644); err != nil {
		t.Fatal(err)
	}
}

func steps(t *testing.T, ctx context.Context, what string, actions ...chromedp.Action) {
	t.Helper()
	if err := chromedp.Run(ctx, actions...); err != nil {
		t.Fatalf("%s: %v", what, err)
	}
}

// TestPages walks through the pages as a person would: find a study, look at it,
// send it to a dead AE, see why, see the log and the map, delete the study.
func TestPages(t *testing.T) {
	s := newSite(t, "HTTPPort = <PORT8>", "WEBReadOnly = 0", "ForwardRetries = 0")
	s.aemap += "DEAD 127.0.0.1 <PORT7> un\n"
	s.start()
	for i := range 3 {
		s.store(image("PAGE1", "1.2.3.70.1", "1.2.3.70.1.1", fmt.Sprintf("1.2.3.70.1.1.%d", i+1), i+1))
	}
	evil := image("EVIL", "1.2.3.70.2", "1.2.3.70.2.1", "1.2.3.70.2.1.1", 1)
	evil.SetString(0x00100010, `<script>document.title="broken"</script>^%_'`)
	s.store(evil)
	origin := fmt.Sprintf("http://127.0.0.1:%d", s.port+8)
	ctx := browser(t, origin)

	var title, text string
	steps(t, ctx, "start page", chromedp.Navigate(origin+"/"), chromedp.WaitVisible("#rows tr:nth-child(2)"), chromedp.Title(&title), chromedp.Text("#rows", &text))
	shot(t, ctx, "studies")
	if strings.Contains(title, "broken") || !strings.Contains(text, "PAGE1") || !strings.Contains(text, "<script>") {
		t.Errorf("title %q, rows %q", title, text)
	}
	steps(t, ctx, "search", chromedp.SendKeys("#q", "page1"), chromedp.WaitNotPresent("#rows tr:nth-child(2)"), chromedp.Text("#rows", &text))
	if !strings.Contains(text, "PAGE1") || strings.Contains(text, "EVIL") {
		t.Errorf("searched: %q", text)
	}
	steps(t, ctx, "study", chromedp.Click("#rows a.cell"), chromedp.WaitVisible(".card img"), chromedp.Text("main", &text))
	shot(t, ctx, "study")
	if !strings.Contains(text, "3 objects") {
		t.Errorf("study: %q", text)
	}

	var lit int
	const litPixels = `(() => { const c = document.querySelector('dicom-viewer canvas'); const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data; let n = 0; for (let i = 0; i < d.length; i += 4) if (d[i] > 0) n++; return n })()`
	steps(t, ctx, "viewer", chromedp.Click("[data-key=v]"), chromedp.WaitVisible("dicom-viewer"),
		chromedp.Poll(`document.querySelector('dicom-viewer')?.dataset.paint !== undefined`, nil), chromedp.Evaluate(litPixels, &lit))
	shot(t, ctx, "viewer")
	if lit == 0 {
		t.Error("the picture is black")
	}

	steps(t, ctx, "send", chromedp.Navigate(origin+"/ui/studies/1.2.3.70.1"), chromedp.Click(`[data-open=send]`), chromedp.WaitVisible("#send select"),
		chromedp.SetValue("#send select", "DEAD"), chromedp.Click("#send button.main"), chromedp.WaitVisible("#job-part .note.bad"), chromedp.Text("main", &text))
	shot(t, ctx, "job")
	if !strings.Contains(text, "DEAD") {
		t.Errorf("job: %q", text)
	}
	for _, p := range []struct{ path, selector, want string }{
		{"/ui/queues", "main", "Nothing was given up"}, {"/ui/log", "live-log", "Written file"}, {"/ui/aes", "main", "DEAD"},
		{"/ui/config", ".source", "HTTPPort"}, {"/ui/system", "main", "MAG0"}, {"/ui/docs/architecture", "article", "association"}, {"/ui/upload", "file-drop", "files"},
		{"/ui/studies/1.2.3.70.1/series/1.2.3.70.1.1/instances/1.2.3.70.1.1.1", "#tree", "Test^PAGE1"},
	} {
		steps(t, ctx, p.path, chromedp.Navigate(origin+p.path), chromedp.WaitVisible(p.selector), chromedp.Text(p.selector, &text))
		shot(t, ctx, strings.ReplaceAll(strings.Trim(p.path, "/"), "/", "-"))
		if !strings.Contains(text, p.want) {
			t.Errorf("%s: no %q in %.300q", p.path, p.want, text)
		}
	}
	steps(t, ctx, "delete", chromedp.Navigate(origin+"/ui/studies/1.2.3.70.2"), chromedp.Click(`[data-open=delete]`), chromedp.WaitVisible("#delete button.danger"),
		chromedp.Click("#delete button.danger"), chromedp.WaitVisible("#rows"), chromedp.Text("#rows", &text))
	if strings.Contains(text, "EVIL") {
		t.Errorf("still there: %q", text)
	}
}

// TestRulesAndPast deletes a study and takes that back, follows its life line, and
// tries a changed rule on it.
func TestRulesAndPast(t *testing.T) {
	s := newSite(t, "HTTPPort = <PORT8>", "WEBReadOnly = 0", "UndoHours = 24", "LifeDays = 30", `ImportConverter0 = ifequal "%m","OT"; set 0010,4000 to "seen"`)
	s.start()
	s.store(image("PAST1", "1.2.3.72.1", "1.2.3.72.1.1", "1.2.3.72.1.1.1", 1))
	origin := fmt.Sprintf("http://127.0.0.1:%d", s.port+8)
	awaitWeb(t, origin)
	ctx := browser(t, origin)
	var text, list string
	steps(t, ctx, "delete", chromedp.Navigate(origin+"/ui/studies/1.2.3.72.1"), chromedp.Click(`[data-open=delete]`), chromedp.WaitVisible("#delete button.danger"),
		chromedp.Click("#delete button.danger"), chromedp.WaitVisible("form[action='/ui/undo'] button"), chromedp.Text("main", &text))
	if !strings.Contains(text, "PAST1") {
		t.Errorf("the page of undo: %q", text)
	}
	shot(t, ctx, "undo")
	steps(t, ctx, "undo", chromedp.Click("form[action='/ui/undo'] button"), chromedp.WaitVisible(".note.good"), chromedp.Text("main", &text), chromedp.Navigate(origin+"/ui"), chromedp.Text("#rows", &list))
	if !strings.Contains(text, "1 objects are back") || !strings.Contains(list, "PAST1") {
		t.Errorf("after the undo: %q, %q", text, list)
	}
	steps(t, ctx, "life line", chromedp.Navigate(origin+"/ui/life/1.2.3.72.1"), chromedp.WaitVisible(".life li"), chromedp.Text(".life", &text))
	for _, want := range []string{"stored", "deleted", "ImportConverter0"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in the life line %q", want, text)
		}
	}
	shot(t, ctx, "life")
	steps(t, ctx, "rules", chromedp.Navigate(origin+"/ui/rules?sop=1.2.3.72.1.1.1"), chromedp.WaitVisible("textarea"),
		chromedp.SetValue("textarea", "[sscscp]\nImportConverter0 = destroy\nImportConvertor1 = nop\n"), chromedp.Click(".lab button"), chromedp.WaitVisible(".sides"), chromedp.Text("main", &text))
	if !strings.Contains(text, "destroy") || !strings.Contains(text, "ImportConvertor1") {
		t.Errorf("the laboratory: %q", text)
	}
	shot(t, ctx, "rules")
	if ini, err := os.ReadFile(filepath.Join(s.dir, "dicom.ini")); err != nil || strings.Contains(string(ini), "destroy") {
		t.Errorf("dicom.ini was written: %v", err)
	}
}
