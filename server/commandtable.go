package server

import (
	"maps"
	"sync"
)

// serverCommand is a row of the table of commands.
type serverCommand struct {
	run  commandFunc
	args string // as the reference shows them
	help string
}

// commands are all server commands by name. Each file of commands gives its
// part.
var commands = sync.OnceValue(func() map[string]serverCommand {
	all := map[string]serverCommand{}
	for _, part := range []map[string]serverCommand{controlCommands, configCommands, storageCommands} {
		maps.Copy(all, part)
	}
	return all
})
