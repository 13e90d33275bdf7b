package server_test

import "testing"

func makeFIFO(*testing.T, string) {}
