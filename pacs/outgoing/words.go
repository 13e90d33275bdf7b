package outgoing

import "strings"

// meanings are what parts of errors mean to who has to mend it. The first that
// stands in a text counts.
var meanings = []struct{ part, words string }{
	{"destination is paused", "it is paused; resume it"},
	{"earlier work for it waits", "earlier work for it waits; it goes on when that has gone"},
	{"connection refused", "nobody listens there: the program is down, or address or port in acrnema.map is wrong"},
	{"actively refused", "nobody listens there: the program is down, or address or port in acrnema.map is wrong"},
	{"no such host", "the host name is not known: look at acrnema.map and at the name server"},
	{"no route to host", "the machine can not be reached: it is off, or the network or a firewall is in between"},
	{"network is unreachable", "the network of the machine can not be reached from here"},
	{"i/o timeout", "no answer in time: the machine is off, a firewall is in between, or the program hangs"},
	{"deadline exceeded", "no answer in time: the machine is off, a firewall is in between, or the program hangs"},
	{"called AE title not recognized", "it does not know the AE title by which it is called: the title in acrnema.map is not its own"},
	{"calling AE title not recognized", "it does not know this server: its list of peers lacks our AE title"},
	{"connection lost", "it ended the connection while an object was sent"},
	{"connection reset", "it ended the connection"},
	{"broken pipe", "it ended the connection"},
	{"certificate", "the TLS certificates do not fit"},
	{"tls", "TLS is not agreed on: look at the TLS keys of both sides"},
	{"no accepted", "it does not take this kind of object, or not in a transfer syntax that can be made here"},
	{"no presentation context", "it does not take this kind of object, or not in a transfer syntax that can be made here"},
	{"not in acrnema.map", "the AE is not in acrnema.map"},
	{"a700", "it has no room or is overloaded; it is tried again"},
	{"out of resources", "it has no room or is overloaded; it is tried again"},
	{"a900", "it says that the object does not match its class"},
	{"0122", "it does not take this kind of object"},
	{"0124", "it does not allow this server to do that"},
	{"no space left", "the disk is full"},
	{"permission denied", "this program may not write there"},
	{"loop:", "the object goes round between servers: rules on both sides send it back"},
}

// Words is an error in plain words, "" when there are none for it.
func Words(reason string) string {
	low := strings.ToLower(reason)
	for _, m := range meanings {
		if low != "" && strings.Contains(low, strings.ToLower(m.part)) {
			return m.words
		}
	}
	return ""
}
