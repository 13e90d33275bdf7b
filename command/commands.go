// Package command is the server commands: texts such as "get_param:MyACRNema" that
// administrators, scripts and web pages send (docs/original/commands.md). It turns
// them into use cases of package pacs and formats their results. table.go has all
// commands, with the text of their reference.
package command

import (
	"context"

	"conquest/pacs"
	"conquest/script"
)

// Commands carries out the commands of one PACS.
type Commands struct {
	*pacs.PACS
	// Quit ends the server; nil where none runs.
	Quit func()
	// Running ends with the server.
	Running context.Context
	// PageLink is an address that shows the browser pages to its first caller as
	// admin; nil where no server runs.
	PageLink func() (string, error)
	// Explain tells what the rules would do with the object of a file.
	Explain func(ctx context.Context, path, calling, called string) (string, error)
	// ServedAlready tells where the addresses are that a chunk of luastart would serve,
	// "" when it is to run; may be nil.
	ServedAlready func(chunk string) (at string)
	// SwitchLogs turns the care for log files on or off.
	SwitchLogs func(toFile bool)
	// API makes a call of the REST interface in the name of an administrator and returns
	// its answer in JSON; nil where no server runs. path lies below the root of the
	// interface.
	API func(ctx context.Context, method, path string, body []byte) []byte

	script *script.Host
}

// New makes the commands of a PACS and of the host of its scripts.
func New(p *pacs.PACS, s *script.Host) *Commands { return &Commands{PACS: p, script: s} }
