package main

import (
	"fmt"
	"os"
	"path/filepath"

	"conquest/server"
)

// backup has the running server copy its database, or copies it here when none
// runs. A relative file is meant from where the command is given.
func (p *program) backup(file string) int {
	if file == "" {
		fmt.Fprintln(os.Stderr, "--backup:FILE needs a file")
		return 1
	}
	path, err := filepath.Abs(file)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	if answer, ok, err := p.send(p.ctx, "backup:"+path, nil); err == nil {
		os.Stdout.Write(answer)
		if !ok || len(answer) == 0 || string(answer) != "backed up to "+path+"\n" {
			return 1
		}
		return 0
	}
	return p.withServer(func(s *server.Server) error {
		if err := s.Index.Backup(p.ctx, path); err != nil {
			return err
		}
		fmt.Println("backed up to", path)
		return nil
	})
}
