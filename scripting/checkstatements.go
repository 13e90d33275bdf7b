package scripting

import (
	"strings"

	"conquest/finding"
)

// condition checks what stands behind statement i, an if.
func (c *checker) condition(i int, st *statement, pos int) {
	all := c.prog.statements
	switch {
	case i+1 >= len(all):
		c.add(finding.Warning, pos, "the condition has no statement after it", "")
	case strings.HasPrefix(c.verb(i+1), "if") && all[i+1].brace == 0:
		c.add(finding.Warning, pos, "two conditions in a row are no AND: when the first is false only the second is skipped", "nest them: if ...; { if ...; STATEMENT; }")
	case all[i+1].brace == 0 && c.drops(i+2) && all[i+2].brace == 0 && !c.drops(i+1):
		c.add(finding.Warning, all[i+2].offset, c.verb(i+2)+" is not guarded by the "+st.command.name+" before it and runs for every object", "put both statements into braces")
	}
}

var delayedWords = []string{"compressed", "as", "to", "after", "by", "from", "date", "now", "age", "modality", "sop",
	"imagetype", "split", "target", "seriesdesc", "password", "command", "script", "series", "study"}

// checkClauses checks the words of a delayed command.
func checkClauses(r *reader) {
	words, pos := strings.Split(r.line.text, " "), 0
	for i := 0; i < len(words); i++ {
		word := mapASCII(words[i], 'A', 'Z', 32)
		if i < 2 {
			pos += len(word) + 1
			continue
		}
		if word == "by" || word == "script" || word == "command" {
			return
		}
		known := word == "" || strings.Contains(word, string(rune(hole)))
		for _, w := range delayedWords {
			known = known || w == word
		}
		if !known {
			r.note(finding.Warning, pos, "unknown word "+words[i]+" in a delayed command", "org, dest and channel belong to immediate forwards")
			return
		}
		pos += len(word) + 1
		if word == "" || word == "compressed" || i+1 >= len(words) {
			continue
		}
		i++
		switch {
		case word == "after" && atoi(words[i]) == 0:
			r.note(finding.Hint, pos, "after 0 waits for ForwardCollectDelay, normally 600 seconds", "use after 1")
		case word == "to" && strings.Contains(words[i], ":") && !strings.Contains(words[i], string(rune(hole))):
			r.note(finding.Error, pos, "a delayed command goes to an AE of acrnema.map, not to host:port", "")
		}
		pos += len(words[i]) + 1
	}
}
