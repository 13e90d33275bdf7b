package main

import (
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"

	"conquest/command"
)

// completion prints what a shell reads to complete the command line.
func completion(argv []string) int {
	shells := map[string]func([]string) string{"bash": bashCompletion, "zsh": zshCompletion, "fish": fishCompletion, "powershell": powershellCompletion}
	if len(argv) == 3 {
		if f, ok := shells[argv[2]]; ok {
			fmt.Print(f(completions()))
			return 0
		}
	}
	fmt.Fprintln(os.Stderr, "dgate completion", strings.Join(slices.Sorted(maps.Keys(shells)), "|"))
	return 2
}

// beginning is the fixed part at the start of a form, such as --lint of
// --lint[:strict].
var beginning = regexp.MustCompile(`^-{1,2}[a-z_-]+:?`)

// completions are the words, options and commands that begin a command line. What
// takes an argument ends in a colon.
func completions() []string {
	var list []string
	for w := range words {
		list = append(list, w)
	}
	list = append(list, "-v", "-b", "-?", "-w", "-p", "-q", "-h")
	for _, r := range localRows {
		list = append(list, beginning.FindString(r.form))
	}
	for _, name := range command.Names() {
		list = append(list, "--"+name+":")
	}
	slices.Sort(list)
	return slices.Compact(list)
}

func bashCompletion(list []string) string {
	return `# dgate completion bash
_dgate() {
  local line=${COMP_LINE:0:COMP_POINT}
  local word=${line##* }
  local before=""
  case $word in *:*) before=${word%:*}: ;; esac
  COMPREPLY=()
  local candidate
  for candidate in ` + strings.Join(list, " ") + `; do
    case $candidate in "$word"*) COMPREPLY+=("${candidate#"$before"}") ;; esac
  done
  case ${COMPREPLY[0]} in *:) compopt -o nospace ;; esac
}
complete -o default -F _dgate dgate
`
}

func zshCompletion(list []string) string {
	return `#compdef dgate
# dgate completion zsh
local -a plain more
plain=(` + strings.Join(ending(list, false), " ") + `)
more=(` + strings.Join(ending(list, true), " ") + `)
compadd -- $plain
compadd -S '' -- $more
_files
`
}

func fishCompletion(list []string) string {
	var b strings.Builder
	b.WriteString("# dgate completion fish\n")
	for _, w := range list {
		fmt.Fprintf(&b, "complete -c dgate -a '%s'\n", w)
	}
	return b.String()
}

func powershellCompletion(list []string) string {
	return `# dgate completion powershell
Register-ArgumentCompleter -Native -CommandName dgate, dgate.exe -ScriptBlock {
  param($word)
  '` + strings.Join(list, "', '") + `' | Where-Object { $_.StartsWith($word) } | ForEach-Object {
    [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_)
  }
}
`
}

// ending are those of a list that end in a colon, or those that do not.
func ending(list []string, colon bool) []string {
	var out []string
	for _, w := range list {
		if strings.HasSuffix(w, ":") == colon {
			out = append(out, "'"+w+"'")
		}
	}
	return out
}
