package budget

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"
)

func TestPartsCountAgainstAllAbove(t *testing.T) {
	process := New("the process", 100)
	a, b := process.Part("a", 60), process.Part("b", 60)
	if err := a.Take(60); err != nil {
		t.Fatal(err)
	}
	var refusal *Error
	if err := a.Take(1); !errors.As(err, &refusal) || refusal.Budget != "a" || refusal.Never() {
		t.Errorf("a beyond its own limit: %v", err)
	}
	if err := b.Take(41); !errors.As(err, &refusal) || refusal.Budget != "the process" {
		t.Errorf("b beyond the process: %v", err)
	}
	if b.Used() != 0 || process.Used() != 60 {
		t.Errorf("a refusal took something: %d, %d", b.Used(), process.Used())
	}
	if err := b.Take(40); err != nil {
		t.Error(err)
	}
	a.Close()
	if process.Used() != 40 || process.Peak() != 100 {
		t.Errorf("after a closed: %d, peak %d", process.Used(), process.Peak())
	}
	if err := a.Take(1); !errors.Is(err, ErrExceeded) {
		t.Errorf("taking from a closed part: %v", err)
	}
	b.Give(1000)
	if process.Used() != 0 {
		t.Errorf("%d bytes in use after more was given than taken", process.Used())
	}
}

func TestNeverAndLeft(t *testing.T) {
	process := New("the process", 100)
	part := process.Part("part", 0)
	var refusal *Error
	if err := part.Take(101); !errors.As(err, &refusal) || !refusal.Never() || !errors.Is(err, ErrExceeded) {
		t.Errorf("more than there ever is: %v", err)
	}
	_ = process.Take(30)
	if n, bounded := part.Left(); n != 70 || !bounded {
		t.Errorf("left %d, %t", n, bounded)
	}
	if _, bounded := New("free", 0).Left(); bounded {
		t.Error("a budget without bound has one")
	}
}

func TestWait(t *testing.T) {
	process := New("the process", 100)
	other, own := process.Part("other", 0), process.Part("own", 0)
	_ = other.Take(80)
	_ = own.Take(10)
	got := make(chan error)
	go func() { got <- own.Wait(context.Background(), 50) }()
	other.Give(20)
	select {
	case err := <-got:
		t.Fatalf("had 50 of 30: %v", err)
	case <-time.After(10 * time.Millisecond):
	}
	other.Give(20)
	if err := <-got; err != nil {
		t.Fatal(err)
	}
	if err := own.Wait(context.Background(), 41); !errors.Is(err, ErrExceeded) {
		t.Errorf("waited for what it holds itself: %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := own.Wait(ctx, 30); !errors.Is(err, ErrExceeded) {
		t.Errorf("waited beyond its context: %v", err)
	}
}

func TestNilHasNoBound(t *testing.T) {
	b := From(context.Background())
	if err := b.Take(1 << 60); err != nil {
		t.Error(err)
	}
	b.Give(1)
	b.Close()
	part := b.Part("part", 10)
	if err := part.Take(11); err == nil {
		t.Error("a part of nothing has no bound of its own")
	}
	if got := From(With(context.Background(), part)); got != part {
		t.Error("context lost its budget")
	}
}

func TestConcurrentUse(t *testing.T) {
	process := New("the process", 1000)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			part := process.Part("worker", 300)
			defer part.Close()
			for range 1000 {
				if part.Wait(context.Background(), 200) == nil {
					part.Give(200)
				}
			}
		})
	}
	wg.Wait()
	if process.Used() != 0 || process.Peak() > 1000 {
		t.Errorf("%d in use, peak %d", process.Used(), process.Peak())
	}
}

// TestWorkOutlivesItsPart: what is closed above takes what is below with it, and
// nothing is given back twice.
func TestWorkOutlivesItsPart(t *testing.T) {
	process := New("the process", 100)
	peer := process.Part("peer", 0)
	ctx, done := Work(With(context.Background(), peer), "object")
	if err := From(ctx).Take(40); err != nil {
		t.Fatal(err)
	}
	_ = process.Take(10)
	peer.Close()
	if err := From(ctx).Take(1); !errors.Is(err, ErrExceeded) {
		t.Errorf("work of a peer that has gone: %v", err)
	}
	done()
	done()
	if process.Used() != 10 || peer.Used() != 0 {
		t.Errorf("process %d, peer %d", process.Used(), peer.Used())
	}
	ctx, done = Work(context.Background(), "free")
	if err := From(ctx).Take(1 << 40); err != nil {
		t.Error(err)
	}
	done()
}
