package scripting

import "strings"

// blocks checks braces, and objects that are destroyed although a delayed
// command is to read them later.
func (c *checker) blocks() {
	type open struct{ offset, id int }
	var (
		stack   []open
		ids     int
		waiting []waitingObject
	)
	current := func() []int {
		path := make([]int, len(stack))
		for i, o := range stack {
			path[i] = o.id
		}
		return path
	}
	for i := range c.prog.statements {
		st := &c.prog.statements[i]
		switch st.brace {
		case '{':
			ids++
			stack = append(stack, open{st.offset, ids})
		case '}':
			if len(stack) == 0 {
				c.add(Warning, st.offset, "this brace closes nothing", "")
			} else {
				stack = stack[:len(stack)-1]
			}
			if dropsObject(c.verb(i)) || st.body == "" && dropsObject(c.verb(i+1)) && c.prog.statements[i+1].brace == 0 {
				c.add(Warning, st.offset, "destroy or reject behind the block runs for every object", "put it into the block when only those objects are meant")
			}
		}
		if strings.HasSuffix(strings.TrimRight(st.body, " "), "}") && st.brace != '}' && len(stack) > 0 && !strings.Contains(strings.ToLower(st.body), "lua") {
			c.add(Error, st.offset+len(st.raw)-1, "a closing brace is seen only at the beginning of a statement", "write a semicolon before it")
		}
		switch verb := c.verb(i); {
		case st.isDelayed() && !strings.HasPrefix(verb, "get") && !strings.HasPrefix(verb, "delete"):
			waiting = append(waiting, waitingObject{name: verb, path: current()})
		case dropsObject(verb) && c.dialect == ImportDialect:
			guarded := strings.HasPrefix(c.verb(i-1), "if") || c.verb(i-1) == "between"
			c.destroyed(st, verb, waiting, current(), guarded)
		}
	}
	for _, o := range stack {
		c.add(Error, o.offset, "the block is never closed: everything behind it is skipped when its condition is false", "write ; } at its end")
	}
}

type waitingObject struct {
	name string
	path []int // of blocks
}

// destroyed reports an object that a delayed command of the same line cannot
// find any more.
func (c *checker) destroyed(st *statement, verb string, waiting []waitingObject, path []int, guarded bool) {
	if len(waiting) == 0 {
		return
	}
	sure := waiting[0]
	certain := false
	for _, w := range waiting {
		same := len(w.path) >= len(path)
		for i := range path {
			same = same && w.path[i] == path[i]
		}
		if same && !guarded && !certain {
			sure, certain = w, true
		}
	}
	s, when := Warning, " when both run for one object"
	if certain {
		s, when = Error, ""
	}
	c.add(s, st.offset+st.at, verb+" leaves nothing for "+sure.name+" to send later"+when+": it reads the object from the archive", "use forward to AE, which sends at once")
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
		if st.command == nil {
			continue
		}
		v := value{text: st.body}
		t := Target{Offset: st.offset + st.at, Delayed: true}
		switch {
		case st.command.name == "forward":
			t.Name, t.Delayed = parseForward(&v, 0, 0).clauses.Target, false
		case st.command.name == "preretrieve":
			t.Name = st.body[len("preretrieve "):]
		case st.isDelayed() && !strings.HasPrefix(st.command.name, "process"):
			c := clauseParser{x: &exec{env: quietClock{}, run: &Run{}}, line: &v}
			c.parse()
			t.Name = c.d.AE
		}
		if t.Name != "" && !strings.Contains(t.Name, "%") {
			if k := strings.Index(st.body, t.Name); k >= 0 {
				t.Offset += k
			}
			list = append(list, t)
		}
	}
	return list
}
