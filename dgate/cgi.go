package main

import "fmt"

// cgi answers a web request.
func cgi(argv []string, query string) int {
	fmt.Print("Status: 501 Not Implemented\nContent-type: text/plain\n\nThe server answers web requests itself: see WebPort.\n")
	return 0
}
