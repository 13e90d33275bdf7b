package rules

import "testing"

func TestRunning(t *testing.T) {
	var e Engine
	one, two := e.runs.begin("ImportConverter0"), e.runs.begin("ExportConverter1")
	if n := len(e.Running()); n != 2 {
		t.Errorf("%d at work", n)
	}
	one()
	if list := e.Running(); len(list) != 1 || list[0].Name != "ExportConverter1" || list[0].Since.IsZero() {
		t.Errorf("at work: %v", list)
	}
	two()
	if n := len(e.Running()); n != 0 {
		t.Errorf("%d at work", n)
	}
}
