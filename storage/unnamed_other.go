//go:build !linux

package storage

func newTemporary(work string) (temporary, error) { return newNamed(work) }
