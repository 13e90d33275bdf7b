package command

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
)

// row is a row of the table of commands.
type row struct {
	run  handler
	args string // its grammar, as help and reference show it
	help string
}

// grammar reads what may stand behind the colon.
func (r row) grammar() *grammar {
	g := grammars()[r.args]
	return &g
}

// grammars are those of all commands, by their text.
var grammars = sync.OnceValue(func() map[string]grammar {
	all := map[string]grammar{}
	for _, r := range commands() {
		all[r.args] = parseGrammar(r.args)
	}
	return all
})

// chapter is one chapter of the reference.
type chapter struct {
	title string
	rows  map[string]row
}

// chapters are all server commands, by chapter.
var chapters = sync.OnceValue(func() []chapter {
	return []chapter{
		{"Configuration", configCommands},
		{"State, logs, Lua and control", controlCommands},
		{"Queues and dead letters", letterCommands},
		{"Deleting", deleteCommands},
		{"What happened to objects", lifeCommands},
		{"Taking back", undoCommands},
		{"Moving and sending", moveCommands},
		{"Adding objects", addCommands},
		{"Modifying", modifyCommands},
		{"Conversion and web", convertCommands},
		{"Database", databaseCommands},
		{"Finders and listers", findCommands},
		{"Devices and regeneration", storageCommands},
	}
})

// commands are all server commands by name.
var commands = sync.OnceValue(func() map[string]row {
	all := map[string]row{}
	for _, g := range chapters() {
		maps.Copy(all, g.rows)
	}
	return all
})

// Reference is the reference of server commands as a Markdown table for
// each chapter, made of the table that the server itself uses.
func Reference() string {
	var b strings.Builder
	for _, g := range chapters() {
		fmt.Fprintf(&b, "\n## %s\n\n| Command | What it does |\n|---|---|\n", g.title)
		for _, name := range slices.Sorted(maps.Keys(g.rows)) {
			c := g.rows[name]
			fmt.Fprintf(&b, "| `--%s:%s` | %s |\n", name, strings.ReplaceAll(c.args, "|", `\|`), strings.ReplaceAll(c.help, "|", `\|`))
		}
	}
	return b.String()
}

// Help is the list of server commands as a help page shows it.
func Help() string {
	var b strings.Builder
	for _, g := range chapters() {
		fmt.Fprintf(&b, "\n%s:\n", g.title)
		for _, name := range slices.Sorted(maps.Keys(g.rows)) {
			c := g.rows[name]
			left := "--" + name + ":" + c.args
			if len(left) > 44 {
				fmt.Fprintf(&b, "  %s\n  %-44s %s\n", left, "", c.help)
				continue
			}
			fmt.Fprintf(&b, "  %-44s %s\n", left, c.help)
		}
	}
	return b.String()
}
