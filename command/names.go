package command

import (
	"maps"
	"slices"
)

// Names are the server commands, in order.
func Names() []string { return slices.Sorted(maps.Keys(commands())) }
