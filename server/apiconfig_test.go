package server_test

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestAPIConfig edits dicom.ini and acrnema.map as a person would: looks, checks,
// writes, and takes it back.
func TestAPIConfig(t *testing.T) {
	s := newAPISite(t, "# a comment stays", "ImportConverters = 1", "ImportConverter0 = nop")
	s.start()
	awaitWeb(t, strings.TrimSuffix(s.root, "/api/v1"))
	path := filepath.Join(s.dir, "dicom.ini")
	read := func() string {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	var file struct {
		Text     string
		Findings []struct {
			Line     int
			Severity string
			Message  string
		}
	}
	a := s.call("GET", "/config", nil)
	s.want(a, 200, &file)
	if file.Text != read() {
		t.Fatalf("%q", file.Text)
	}
	was, tag := file.Text, a.header.Get("ETag")
	with := func(text string) map[string]string { return map[string]string{"text": text} }
	wrong := strings.Replace(was, "ImportConverter0 = nop", "ImportConvertor0 = nop", 1)
	s.want(s.call("POST", "/config/lint", with(wrong)), 200, nil)
	s.want(s.call("PUT", "/config?dry=true", with(wrong), "If-Match: "+tag), 200, &file)
	if len(file.Findings) == 0 || read() != was {
		t.Errorf("dry: %+v", file.Findings)
	}
	changed := strings.Replace(was, "ImportConverter0 = nop", "ImportConverter0 = nop A", 1)
	s.want(s.call("PUT", "/config", with(changed)), http.StatusPreconditionRequired, nil)
	a = s.call("PUT", "/config", with(changed), "If-Match: "+tag)
	s.want(a, 200, nil)
	if read() != changed {
		t.Errorf("%q", read())
	}
	s.want(s.call("PUT", "/config", with(was), "If-Match: "+tag), http.StatusPreconditionFailed, nil)
	var history struct{ Items []struct{ ID string } }
	s.get("/config/history", &history)
	if len(history.Items) != 1 {
		t.Fatalf("history: %+v", history)
	}
	s.get("/config/history/"+history.Items[0].ID, &file)
	if file.Text != was {
		t.Errorf("version: %q", file.Text)
	}
	s.want(s.call("POST", "/config/history/"+history.Items[0].ID+"/restore", nil, "If-Match: "+a.header.Get("ETag")), 200, nil)
	if read() != was {
		t.Errorf("restored: %q", read())
	}
	s.want(s.call("GET", "/config/history/20200101-000000.000", nil), 404, nil)

	var aes struct {
		Items []struct{ Name, Port string }
	}
	a = s.call("GET", "/aes/text", nil)
	s.want(a, 200, &file)
	s.want(s.call("PUT", "/aes/text", with(file.Text+s.fill("SELF 127.0.0.1 <PORT> un\nGONE 127.0.0.1 <PORT7> un\n")), "If-Match: "+a.header.Get("ETag")), 200, nil)
	s.get("/aes", &aes)
	if len(aes.Items) != 4 || aes.Items[2].Name != "SELF" {
		t.Errorf("AEs: %+v", aes)
	}
	var echo struct {
		OK    bool
		Error string
		Words string
	}
	s.want(s.call("POST", "/aes/SELF/echo", nil), 200, &echo)
	if !echo.OK {
		t.Errorf("echo: %+v", echo)
	}
	s.want(s.call("POST", "/aes/GONE/echo", nil), 200, &echo)
	if echo.OK || echo.Words == "" {
		t.Errorf("echo: %+v", echo)
	}
	s.want(s.call("POST", "/aes/NOBODY/echo", nil), 404, nil)

	s.store(numbered("RULES", 1))
	var rules struct{ Items []struct{ Name, Text string } }
	s.get("/rules", &rules)
	if len(rules.Items) != 1 || rules.Items[0].Name != "ImportConverter0" || rules.Items[0].Text != "nop" {
		t.Errorf("rules: %+v", rules)
	}
	var out struct{ Text string }
	s.want(s.call("POST", "/rules/explain", map[string]string{"study": "1.2.8.5", "config": strings.Replace(was, "= nop", "= destroy", 1)}), 200, &out)
	if !strings.Contains(out.Text, "destroyed") {
		t.Errorf("explain: %s", out.Text)
	}
	var found struct{ Items []tags }
	s.want(s.call("POST", "/aes/SELF/find", map[string]any{"level": "STUDY", "keys": map[string]string{"PatientID": "RULES", "StudyInstanceUID": ""}}), 200, &found)
	if len(found.Items) != 1 || found.Items[0].text("0020000D") != "1.2.8.5" {
		t.Errorf("find: %+v", found)
	}
	j := s.begin("/aes/SELF/retrieve", map[string]string{"study": "1.2.8.5"})
	if j.State != "done" || j.Kind != "retrieve" {
		t.Errorf("retrieve: %+v", j)
	}
}

// TestAPIStreams follows the log and the events.
func TestAPIStreams(t *testing.T) {
	s := newAPISite(t)
	s.start()
	awaitWeb(t, strings.TrimSuffix(s.root, "/api/v1"))
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	follow := func(path string) <-chan string {
		r, err := http.NewRequestWithContext(ctx, "GET", s.root+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		w, err := http.DefaultClient.Do(r)
		if err != nil || w.StatusCode != 200 || !strings.HasPrefix(w.Header.Get("Content-Type"), "text/event-stream") {
			t.Fatal(err, w)
		}
		lines := make(chan string, 1000)
		go func() {
			defer w.Body.Close()
			for sc := bufio.NewScanner(w.Body); sc.Scan(); {
				lines <- sc.Text()
			}
		}()
		return lines
	}
	log, events := follow("/log?follow=true&q=written"), follow("/events")
	s.store(numbered("FOLLOW", 1))
	s.want(s.call("POST", "/studies/1.2.8.6/actions/delete", nil), 202, nil)
	want := func(from <-chan string, texts ...string) {
		t.Helper()
		seen := ""
		for {
			select {
			case l := <-from:
				seen += l + "\n"
			case <-ctx.Done():
				t.Fatalf("no %q in\n%s", texts, seen)
			}
			all := true
			for _, text := range texts {
				all = all && strings.Contains(seen, text)
			}
			if all {
				return
			}
		}
	}
	want(log, "Written file", `"level":"info"`)
	want(events, `"kind":"job"`, `"state":"done"`, `"kind":"objects"`)
	var lines struct{ Items []struct{ Text string } }
	s.get("/log?q=written", &lines)
	if len(lines.Items) == 0 || !strings.Contains(fmt.Sprint(lines), "Written file") {
		t.Errorf("log: %+v", lines)
	}
}
