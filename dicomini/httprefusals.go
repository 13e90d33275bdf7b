package dicomini

import (
	"io/fs"
	"os"
	"runtime"
	"slices"
	"strings"
)

// HTTPRefusal is a setting with which the HTTP side is opened for this machine
// only.
type HTTPRefusal struct {
	Key, Cure, Text string
}

// HTTPLogins are the words of HTTPLogin but none, in small letters.
func (c *Config) HTTPLogins() []string {
	list := httpWords(c.Value("HTTPLogin"))
	return slices.DeleteFunc(list, func(w string) bool { return w == "none" })
}

func httpWords(value string) []string {
	return strings.FieldsFunc(strings.ToLower(value), func(r rune) bool { return r == ',' || r == ' ' || r == ';' })
}

// HTTPRefusals are the settings that must not go together, so that no site serves
// patients' data to the network by mistake.
func (c *Config) HTTPRefusals() []HTTPRefusal {
	var list []HTTPRefusal
	add := func(key, cure, text string) { list = append(list, HTTPRefusal{key, cure, text}) }
	logins, local := c.HTTPLogins(), loopback(c.Value("HTTPAddress"))
	for _, w := range logins {
		if w != "users" && w != "proxy" && w != "oidc" {
			add("HTTPLogin", "HTTPLogin = users", "HTTPLogin knows none, users, proxy and oidc, not "+w)
		}
	}
	if !local && len(logins) == 0 && c.Value("HTTPIPs") == "" {
		add("HTTPAddress", "HTTPIPs = 127.0.0.1, 10.0.0.0/8", "HTTPAddress is "+c.Value("HTTPAddress")+", but HTTPIPs names nobody who may call and HTTPLogin asks for no login")
	}
	if !local && slices.Contains(logins, "users") && c.Value("HTTPCertificate") == "" && c.Value("HTTPProxies") == "" && !c.Switch("HTTPPlain") {
		add("HTTPLogin", "HTTPCertificate = FILE", "passwords would go over the network in the clear: set HTTPCertificate and HTTPKey, or HTTPProxies, or HTTPPlain = 1")
	}
	if slices.Contains(httpWords(c.Value("HTTPOrigins")), "*") && len(logins) > 0 {
		add("HTTPOrigins", "HTTPOrigins = https://viewer.example", "HTTPOrigins = * and a login do not go together: any page could use the login of its reader")
	}
	if c.Value("HTTPUserHeader") != "" && c.Value("HTTPProxies") == "" {
		add("HTTPUserHeader", "HTTPProxies = 127.0.0.1", "HTTPUserHeader without HTTPProxies: anybody could name himself")
	}
	if slices.Contains(logins, "proxy") && c.Value("HTTPUserHeader") == "" {
		add("HTTPLogin", "HTTPUserHeader = X-Forwarded-User", "HTTPLogin = proxy wants HTTPUserHeader and HTTPProxies")
	}
	if slices.Contains(logins, "oidc") && (c.Value("HTTPOIDCIssuer") == "" || c.Value("HTTPOIDCClient") == "" || c.Value("HTTPOIDCRoles") == "") {
		add("HTTPLogin", "HTTPOIDCIssuer = https://login.example", "HTTPLogin = oidc wants HTTPOIDCIssuer, HTTPOIDCClient and HTTPOIDCRoles")
	}
	if slices.Contains(httpWords(c.Value("HTTPServices")), "scripts") && len(logins) == 0 && !local {
		add("HTTPServices", "HTTPLogin = users", "HTTPServices has scripts, which run code of their callers, without a login")
	}
	if slices.Contains(logins, "users") && runtime.GOOS != "windows" && readableByAll(c.Value("HTTPUsers")) {
		add("HTTPUsers", "", "the file of HTTPUsers can be read by everybody on this machine: chmod o-r "+c.Value("HTTPUsers"))
	}
	return list
}

func readableByAll(path string) bool {
	fi, err := os.Stat(path)
	return err == nil && fi.Mode().IsRegular() && fi.Mode()&fs.FileMode(0o004) != 0
}
