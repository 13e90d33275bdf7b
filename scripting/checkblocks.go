package scripting

import (
	"strings"

	"conquest/finding"
)

// blocks checks braces, and objects that are destroyed although a delayed
// command is to read them later.
func (c *checker) blocks() {
	var open []int // offsets of braces
	delayed := ""  // first command that reads the object later
	for i := range c.prog.statements {
		st := &c.prog.statements[i]
		switch st.brace {
		case '{':
			open = append(open, st.offset)
		case '}':
			if len(open) == 0 {
				c.add(finding.Warning, st.offset, "this brace closes nothing", "")
			} else {
				open = open[:len(open)-1]
			}
			if c.drops(i) || st.body == "" && c.drops(i+1) && c.prog.statements[i+1].brace == 0 {
				c.add(finding.Warning, st.offset, "destroy or reject behind the block runs for every object", "put it into the block when only those objects are meant")
			}
		}
		if strings.HasSuffix(strings.TrimRight(st.body, " "), "}") && st.brace != '}' && len(open) > 0 && !strings.Contains(strings.ToLower(st.body), "lua") {
			c.add(finding.Error, st.offset+len(st.raw)-1, "a closing brace is seen only at the beginning of a statement", "write a semicolon before it")
		}
		switch verb := c.verb(i); {
		case st.command != nil && st.command.delayed && !strings.HasPrefix(verb, "get") && !strings.HasPrefix(verb, "delete"):
			if delayed == "" {
				delayed = verb
			}
		case delayed != "" && c.drops(i) && c.dialect == ImportDialect:
			c.add(finding.Hint, st.offset+st.at, verb+" leaves the object in the archive until "+delayed+" is done; the original server loses it", "forward to AE sends at once")
		}
	}
	for _, offset := range open {
		c.add(finding.Error, offset, "the block is never closed: everything behind it is skipped when its condition is false", "write ; } at its end")
	}
}

// Target is the destination of a forward, get or preretrieve statement as far
// as the text tells it.
type Target struct {
	Name    string
	Offset  int
	Delayed bool // host:port is not possible
}

// Targets lists the destinations named in text, those with % variables left out.
func Targets(text string, d Dialect) []Target {
	var list []Target
	p := Compile(d, text)
	for i := range p.statements {
		st := &p.statements[i]
		t := Target{Offset: st.offset + st.at, Delayed: true}
		switch a := st.parsed.args.(type) {
		case forwardArgs:
			t.Name, t.Delayed = a.target, false
		case peer:
			t.Name = a.name
		case *delayedArgs:
			if a.command.Verb != "process" {
				t.Name = a.command.AE
			}
		}
		if t.Name != "" && strings.IndexByte(t.Name, hole) < 0 {
			if k := strings.Index(st.body, t.Name); k >= 0 {
				t.Offset += k
			}
			list = append(list, t)
		}
	}
	return list
}
