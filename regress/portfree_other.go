//go:build !unix

package main

import (
	"fmt"
	"net"
)

// portFree reports whether a listener gets the port.
func portFree(port int) bool {
	l, err := net.Listen("tcp", fmt.Sprintf(":%d", port))
	if err != nil {
		return false
	}
	l.Close()
	return true
}
