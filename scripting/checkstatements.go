package scripting

import "strings"

// condition checks one if statement.
func (c *checker) condition(i int, st *statement, pos int) {
	v := value{text: st.body}
	open := strings.IndexByte(st.body, '"')
	if name := st.command.name; name != "ifempty" && name != "ifnotempty" {
		_, b, ok := twoStrings(&v, open+1)
		switch {
		case !ok:
			c.add(Error, pos, "the condition is ignored and the next statement always runs: the strings must be written \"a\",\"b\" or \"a\", \"b\"", "no blank before the comma, at most one after it")
			return
		case strings.HasSuffix(name, "match") && strings.Contains(b, "**"):
			c.add(Warning, pos, "** is not the same as *: the pattern contains a literal star", "use one star")
		case strings.HasSuffix(name, "match") && strings.Contains(strings.Trim(b, "*"), "*"):
			c.add(Warning, pos, "a star in the middle of a pattern is literal", "")
		case strings.HasPrefix(b, "=") && strings.HasSuffix(name, "equal"):
			c.add(Warning, pos, "the text "+b+" is compared as it is", "write the UID")
		}
	} else if strings.LastIndexByte(st.body, '"') <= open {
		c.add(Error, pos, "the condition is ignored and the next statement always runs: the closing quote is missing", "")
		return
	}
	if rest := st.body[strings.LastIndexByte(st.body, '"')+1:]; strings.ContainsAny(rest, "{}") {
		c.add(Error, pos, "a block begins only behind a semicolon", "write a semicolon before the brace")
	}
	next := c.verb(i + 1)
	switch {
	case i+1 >= len(c.prog.statements):
		c.add(Warning, pos, "the condition has no statement after it", "")
	case strings.HasPrefix(next, "if") && c.prog.statements[i+1].brace == 0:
		c.add(Warning, pos, "two conditions in a row are no AND: when the first is false only the second is skipped", "nest them: if ...; { if ...; STATEMENT; }")
	case c.prog.statements[i+1].brace == 0 && dropsObject(c.verb(i+2)) && c.prog.statements[i+2].brace == 0 && !dropsObject(next):
		c.add(Warning, c.prog.statements[i+2].offset, c.verb(i+2)+" is not guarded by the "+st.command.name+" before it and runs for every object", "put both statements into braces")
	}
}

// dropsObject tells whether a command keeps the object from being stored.
func dropsObject(name string) bool {
	return name == "destroy" || name == "destroy2" || name == "reject"
}

// set checks target and quotes of a set statement.
func (c *checker) set(st *statement, pos int) {
	target := st.body[len("set "):]
	if strings.HasPrefix(target, "%") {
		return
	}
	_, i, why := parseTarget(st.body)
	if why != "" {
		c.add(Error, pos, "set does nothing: "+why, "write gggg,eeee or a keyword of the dictionary, with its capitals")
		return
	}
	rest := mapASCII(st.body[i:], 'A', 'Z', 32)
	if strings.HasPrefix(rest, ` format "`) {
		if end := strings.IndexByte(rest[len(` format "`):], '"'); end >= 0 {
			rest = rest[len(` format "`)+end+1:]
		}
	}
	switch {
	case strings.HasPrefix(rest, ` to "`), strings.HasPrefix(rest, ` if "`):
		if strings.LastIndexByte(rest, '"') < 5 {
			c.add(Error, pos, "set does nothing: the closing quote is missing", "")
		}
	case strings.HasPrefix(rest, " to nil"):
	default:
		c.add(Error, pos, `set does nothing: the target must be followed by to "value" or if "value"`, "single blanks, value in double quotes")
	}
}

func (c *checker) saveOptions(st *statement, pos int) {
	i := strings.Index(st.body, " to ")
	if k := strings.Index(st.body, " as "); k >= 0 {
		i = k
	}
	if i < 0 {
		c.add(Error, pos, st.command.name+" does nothing: to FILE is missing", "")
		return
	}
	for _, option := range []string{" level ", " window ", " frame ", " size ", " gamma ", " quality "} {
		if strings.Contains(st.body[i+4:], option) {
			c.add(Warning, pos+i, "what stands behind to is the file name, with"+strings.TrimRight(option, " ")+" in it", "put options before to")
			return
		}
	}
}

// forward checks an immediate forward.
func (c *checker) forward(st *statement, pos int) {
	lower := mapASCII(st.body, 'A', 'Z', 32)
	if !strings.HasPrefix(lower, "forward to ") {
		if !strings.HasPrefix(lower, "forward compressed as ") || !strings.Contains(lower, " to ") {
			c.add(Error, pos, "the forward has no readable destination", "write forward to AE or forward compressed as j2 to AE")
		}
		return
	}
	if i := strings.Index(lower, ` script "`); i >= 0 {
		c.add(Error, pos+i, "quotes around the script of an immediate forward are part of the script, which is then unknown", "remove the quotes")
	}
	if strings.Contains(lower, " after ") {
		c.add(Warning, pos, "an immediate forward has no clause after", "write forward image to ... after N")
	}
}

var delayedWords = []string{"compressed", "as", "to", "after", "by", "from", "date", "now", "age", "modality", "sop",
	"imagetype", "split", "target", "seriesdesc", "password", "command", "script", "series", "study"}

// delayedClauses checks the words of a delayed command.
func (c *checker) delayedClauses(st *statement, pos int) {
	words := strings.Split(st.body, " ")
	for i := 0; i < len(words); i++ {
		word := mapASCII(words[i], 'A', 'Z', 32)
		if i < 2 {
			pos += len(word) + 1
			continue
		}
		if word == "by" || word == "script" || word == "command" {
			return
		}
		known := word == ""
		for _, w := range delayedWords {
			known = known || w == word
		}
		if !known {
			c.add(Warning, pos, "unknown word "+words[i]+" in a delayed command", "org, dest and channel belong to immediate forwards")
			return
		}
		pos += len(word) + 1
		if word == "" || word == "compressed" || i+1 >= len(words) {
			continue
		}
		i++
		switch {
		case word == "after" && atoi(words[i]) == 0:
			c.add(Note, pos, "after 0 waits for ForwardCollectDelay, normally 600 seconds", "use after 1")
		case word == "to" && strings.Contains(words[i], ":") && !strings.Contains(words[i], "%"):
			c.add(Error, pos, "a delayed command goes to an AE of acrnema.map, not to host:port", "")
		}
		pos += len(words[i]) + 1
	}
}
