package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"conquest"
	"conquest/server"
)

// aeMapText is the acrnema.map of a new site.
const aeMapText = `# Who this server may send to: AE title, host, port and compression (un: none),
# one line each. A title with * stands for many; the first line that fits counts.
#
# WORKSTATION  192.168.1.20  104  un
`

// initSite makes a site from the program alone: dgate init [FOLDER [AE [PORT]]].
// Files that are there stay as they are.
func initSite(argv []string) int {
	folder, ae, port := ".", "", 0
	if err := initArguments(argv[2:], &folder, &ae, &port); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 2
	}
	if err := makeSite(folder, ae, port); err != nil {
		fmt.Fprintln(os.Stderr, "dgate init:", err)
		return 1
	}
	return 0
}

func initArguments(args []string, folder, ae *string, port *int) error {
	if len(args) > 3 {
		return errors.New("dgate init [FOLDER [AE [PORT]]]")
	}
	if len(args) > 0 {
		*folder = args[0]
	}
	if len(args) > 1 {
		*ae = args[1]
		if len(*ae) > 16 || strings.ContainsAny(*ae, "\\\r\n=") || strings.TrimSpace(*ae) != *ae || *ae == "" {
			return fmt.Errorf("AE title %q: 1 to 16 characters, no backslash", *ae)
		}
	}
	if len(args) > 2 {
		n, err := strconv.Atoi(args[2])
		if err != nil || n < 1 || n > 65535 {
			return fmt.Errorf("port %q: 1 to 65535", args[2])
		}
		*port = n
	}
	return nil
}

func makeSite(folder, ae string, port int) error {
	ini := conquest.DefaultINI
	set := func(key, value string) {
		line := regexp.MustCompile(`(?m)^(` + key + ` *= ).*$`)
		ini = line.ReplaceAllString(ini, "${1}"+strings.ReplaceAll(value, "$", "$$"))
	}
	if ae != "" {
		set("MyACRNema", ae)
		set("PACSName", ae)
	}
	if port != 0 {
		set("TCPPort", strconv.Itoa(port))
	}
	ini = strings.Replace(ini, "# Forwarding.", "# Files are not for everybody on this machine; a running site's web server may want 0644\nFileMode                 = 0640\n\n# Forwarding.", 1)
	if err := os.MkdirAll(filepath.Join(folder, "data"), 0o750); err != nil {
		return err
	}
	for _, f := range []struct{ name, text string }{{"dicom.ini", ini}, {"acrnema.map", aeMapText}} {
		if err := writeNew(filepath.Join(folder, f.name), f.text, 0o640); err != nil {
			return err
		}
	}
	if err := writeDefaults(folder); err != nil {
		return err
	}
	start := "dgate -v"
	if folder != "." {
		start = "dgate -v -w" + folder
	}
	fmt.Printf("\nStart it with %s\nIt then says what to do next.\n", start)
	return nil
}

// writeNew writes a file that is not there yet, and says which.
func writeNew(path, text string, mode fs.FileMode) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if errors.Is(err, fs.ErrExist) {
		fmt.Println(path, "is there already and stays as it is")
		return nil
	}
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	if err = errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	fmt.Println("wrote", path)
	return nil
}

// writeDefaults writes the built-in lists of a site and says which.
func writeDefaults(folder string) error {
	written, err := server.WriteDefaults(folder)
	for _, path := range written {
		fmt.Println("wrote", path)
	}
	return err
}
