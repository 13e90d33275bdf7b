package console

import (
	"testing"
	"time"
)

func TestProgressText(t *testing.T) {
	p := &Progress{name: "Regen MAG0", done: 500, total: 2000}
	if got := p.text(time.Second); got != "Regen MAG0: 500 files, 500 files/s, 25% of 2000, 3s left" {
		t.Error(got)
	}
	p.total = 0
	if got := p.text(2 * time.Second); got != "Regen MAG0: 500 files, 250 files/s" {
		t.Error(got)
	}
}
