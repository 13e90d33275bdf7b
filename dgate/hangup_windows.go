package main

import "os"

// hangupSignals are none: this system has no such signal.
func hangupSignals() []os.Signal { return []os.Signal{noSignal{}} }

// noSignal is a signal that never comes: without any, all would be taken.
type noSignal struct{}

func (noSignal) String() string { return "none" }
func (noSignal) Signal()        {}
