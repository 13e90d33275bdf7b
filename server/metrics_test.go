package server_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"conquest/regress/rig"
)

// metrics are the lines of /metrics.
func (s *apiSite) metrics() string {
	s.t.Helper()
	r, err := http.Get(strings.TrimSuffix(s.root, "/api/v1") + "/metrics")
	if err != nil {
		s.t.Fatal(err)
	}
	defer r.Body.Close()
	text, err := io.ReadAll(r.Body)
	if err != nil || r.StatusCode != http.StatusOK {
		s.t.Fatalf("metrics: %d %s %v", r.StatusCode, text, err)
	}
	return string(text)
}

func newMetricsSite(t *testing.T) *apiSite {
	s := newAPISite(t, "HTTPServices = api,health,metrics", "ExportConverters = 1", "ExportConverter0 = forward to MYDEST; forward to DEAD",
		"ImportConverters = 1", "ImportConverter0 = nonsense", "RetryDelay = 600")
	s.aemap += "DEAD 127.0.0.1 <PORT7> un\n"
	return s
}

func installed(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		rig.Missing(t, err)
	}
	return path
}

// TestMetrics: what the server does is counted under bounded labels, without a word
// about patients.
func TestMetrics(t *testing.T) {
	s := newMetricsSite(t)
	s.start()
	newAcceptor(t, s.port+4)
	s.store(numbered("SECRET", 1), numbered("SECRET", 2))
	await(t, "the failure", func() bool { return strings.Contains(s.metrics(), `dgate_destination_up{ae="DEAD"} 0`) })
	text := ""
	await(t, "what is held", func() bool {
		text = s.metrics()
		return strings.Contains(text, `dgate_queue_objects{destination="DEAD",kind="export"} 2`)
	})
	for _, want := range []string{
		`dgate_build_info{.*version="1.5.0e"} 1`,
		`dgate_associations{direction="in",state="open"} 0`,
		`dgate_associations{direction="out",state="open"} \d`,
		`dgate_associations_total{direction="in",peer="other",result="ok"} \d`,
		`dgate_associations_total{direction="out",peer="DEAD",result="not reached"} \d`,
		`dgate_operations_total{peer="other",service="store",status="success"} 2`,
		`dgate_operations_total{peer="MYDEST",service="store_scu",status="success"} 2`,
		`dgate_operation_seconds_count{service="store"} 2`,
		`dgate_received_bytes_total{peer="other"} [1-9]`,
		`dgate_sent_bytes_total{peer="MYDEST"} [1-9]`,
		`dgate_queue_oldest_seconds{destination="DEAD",kind="export"} \d`,
		`dgate_queue_failures_total{destination="DEAD",kind="export"} [1-9]`,
		`dgate_destination_up{ae="MYDEST"} 1`,
		`dgate_device_free_bytes{device="MAG0"} [1-9]`,
		`dgate_index_rows{table="images"} 2`,
		`dgate_index_seconds_count 2`,
		`dgate_http_requests_total{code="200",handler="metrics"} [1-9]`,
		`dgate_http_request_seconds_count{handler="metrics"} [1-9]`,
		`dgate_undo_bytes 0`,
	} {
		if !regexp.MustCompile("(?m)^" + want).MatchString(text) {
			t.Errorf("no %s", want)
		}
	}
	if strings.Contains(text, "SECRET") || strings.Contains(text, "1.2.8") {
		t.Error("metrics tell of patients")
	}
	if t.Failed() {
		t.Logf("%s", text)
	}
	check := exec.Command(installed(t, "promtool"), "check", "metrics")
	check.Stdin = strings.NewReader(text)
	if out, err := check.CombinedOutput(); err != nil || len(bytes.TrimSpace(out)) > 0 {
		t.Errorf("promtool check metrics: %v\n%s", err, out)
	}
}

// TestNoMetricsUnlessAsked: the address is not there without its service.
func TestNoMetricsUnlessAsked(t *testing.T) {
	s := newAPISite(t)
	s.start()
	awaitWeb(t, strings.TrimSuffix(s.root, "/api/v1"))
	r, err := http.Get(strings.TrimSuffix(s.root, "/api/v1") + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	r.Body.Close()
	if r.StatusCode != http.StatusNotFound {
		t.Errorf("metrics: %d", r.StatusCode)
	}
}

// TestAlertRules holds the rules of deploy/prometheus to what they are to find.
func TestAlertRules(t *testing.T) {
	promtool := installed(t, "promtool")
	for _, args := range [][]string{{"check", "rules", "rules.yml"}, {"check", "config", "prometheus.yml"}, {"test", "rules", "rules_test.yml"}} {
		cmd := exec.Command(promtool, args...)
		cmd.Dir = filepath.Join("..", "deploy", "prometheus")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("promtool %s: %v\n%s", strings.Join(args, " "), err, out)
		}
	}
}

// TestPrometheusScrapes: Prometheus takes the metrics, each that the dashboard and the
// rules ask for is there, and an alert fires.
func TestPrometheusScrapes(t *testing.T) {
	program := installed(t, "prometheus")
	s := newMetricsSite(t)
	s.start()
	newAcceptor(t, s.port+4)
	s.store(numbered("PROM", 1))
	await(t, "the failure", func() bool { return strings.Contains(s.metrics(), `dgate_destination_up{ae="DEAD"} 0`) })
	deploy := filepath.Join("..", "deploy")
	read := func(name string) string {
		text, err := os.ReadFile(filepath.Join(deploy, name))
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	config := strings.NewReplacer("30s", "1s", "127.0.0.1:8086", fmt.Sprintf("127.0.0.1:%d", s.port+5)).Replace(read("prometheus/prometheus.yml"))
	rules := regexp.MustCompile(`for: \w+`).ReplaceAllString(read("prometheus/rules.yml"), "for: 0s")
	dir := t.TempDir()
	for name, text := range map[string]string{"prometheus.yml": config, "rules.yml": rules} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	address := fmt.Sprintf("127.0.0.1:%d", s.port+9)
	p, err := rig.Start(dir, filepath.Join(dir, "log"), program, "--config.file=prometheus.yml", "--storage.tsdb.path=data", "--web.listen-address="+address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Stop() })
	ask := func(path string) string {
		r, err := http.Get("http://" + address + path)
		if err != nil {
			return err.Error()
		}
		defer r.Body.Close()
		text, _ := io.ReadAll(r.Body)
		return string(text)
	}
	await(t, "a scrape and an alert", func() bool { return strings.Contains(ask("/api/v1/alerts"), "DgateDestinationDown") })
	known := ask("/api/v1/label/__name__/values")
	names := regexp.MustCompile(`\bdgate_[a-z_]+\b`)
	for _, name := range []string{"prometheus/rules.yml", "grafana/dgate.json"} {
		for _, metric := range names.FindAllString(read(name), -1) {
			if !strings.Contains(known, `"`+metric+`"`) && metric != "dgate_converter_errors_total" && metric != "dgate_jobs" {
				t.Errorf("%s asks for %s, which is not there", name, metric)
			}
		}
	}
	if up := ask("/api/v1/query?query=" + url.QueryEscape(`up{job="dgate"}`)); !strings.Contains(up, `"1"]`) {
		t.Errorf("up: %s", up)
	}
}
