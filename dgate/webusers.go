package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"

	"conquest/login"
	"conquest/web"
)

// pages prints the link that the running server makes.
func (p *program) pages() int {
	answer, _, err := p.send(p.ctx, "ui:", nil)
	if err != nil {
		fmt.Fprintln(os.Stderr, "no server answers here:", err)
		return 1
	}
	text := strings.TrimSpace(strings.TrimRight(string(answer), "\x00"))
	if !strings.HasPrefix(text, "http") {
		fmt.Fprintln(os.Stderr, text)
		return 1
	}
	fmt.Println(text)
	return 0
}

// webUser makes, changes or removes an account of HTTPUsers. The password is read
// from the terminal, or is a line of the standard input.
func (p *program) webUser(arg string) int {
	if err := p.setWebUser(arg); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

func (p *program) setWebUser(arg string) error {
	cfg := p.live.Current()
	path := cfg.Value("HTTPUsers")
	name, word, _ := strings.Cut(arg, ",")
	if word == "remove" {
		if err := login.RemoveUser(path, name); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		fmt.Printf("%s has no account any more in %s\n", name, path)
		return nil
	}
	role, ok := web.ParseRole(word)
	if word == "" {
		role, ok = web.Viewer, true
	}
	if !ok {
		return fmt.Errorf("role %q is none of viewer, user, editor, admin", word)
	}
	password, err := askPassword(os.Stdin, name)
	if err != nil {
		return err
	}
	if err := login.SetUser(path, name, role, password); err != nil {
		return err
	}
	fmt.Printf("%s is %s in %s\n", name, role, path)
	if len(cfg.HTTPLogins()) == 0 {
		fmt.Println("accounts count when dicom.ini has HTTPLogin = users")
	}
	return nil
}

func askPassword(in *os.File, name string) (string, error) {
	if !term.IsTerminal(int(in.Fd())) {
		line, err := bufio.NewReader(in).ReadString('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return "", err
		}
		return strings.TrimRight(line, "\r\n"), nil
	}
	var typed [2]string
	for i, ask := range []string{"Password for " + name + ": ", "Once more: "} {
		fmt.Fprint(os.Stderr, ask)
		b, err := term.ReadPassword(int(in.Fd()))
		fmt.Fprintln(os.Stderr)
		if err != nil {
			return "", err
		}
		typed[i] = string(b)
	}
	if typed[0] != typed[1] {
		return "", errors.New("these are two passwords")
	}
	return typed[0], nil
}
