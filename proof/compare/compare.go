// Package compare holds two sites against each other: every row of their indexes,
// and every stored object, element by element (dgate --compare). It only reads; the
// sites may be of this server or of the original, with any of its databases.
// [Open] opens a site, [Sites] compares two.
package compare

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"

	"conquest/db"
	"conquest/group"
	"conquest/proof/report"
)

// Options narrow a comparison.
type Options struct {
	// Patients are the only ones compared; nil: all.
	Patients []string
	// Objects tells which objects count, by the SOP instance UID of their row; nil: all.
	Objects func(sop string) bool
	// Known names the heading of docs/differences.md that covers a difference, ""
	// when none does; may be nil.
	Known func(report.Difference) string
	// IndexOnly leaves the files alone.
	IndexOnly bool
	// Files tells whose files are compared, by the SOP instance UID of their row in B;
	// nil: all.
	Files func(sop string) bool
	// Worklist compares the worklists though only some patients are compared.
	Worklist bool
}

// workers is how many objects are read at once.
const workers = 4

// maxAlone bounds the objects that only one site has and that are looked for
// under another patient of the other.
const maxAlone = 100_000

// comparison is one run.
type comparison struct {
	Options
	a, b *Site
	out  *report.Report

	tables [2][]table

	rows    int
	stamped int                  // names that differ in the time in them
	alone   [2]map[string]object // by SOP instance UID

	mu                       sync.Mutex // guards below
	objects, equal, repacked int
}

// object is an object of an index.
type object struct {
	patient, sop, device, file string
}

func (o object) String() string { return o.patient + " / " + o.sop }

// Sites compares two sites. The error is one of reading an index; files that can
// not be read are differences.
func Sites(ctx context.Context, a, b *Site, opt Options) (*report.Report, error) {
	c := &comparison{Options: opt, a: a, b: b}
	c.out = report.New("Comparison of two sites", name(a), name(b))
	c.alone = [2]map[string]object{{}, {}}
	if err := c.run(ctx); err != nil {
		return nil, err
	}
	return c.out, nil
}

func name(s *Site) string {
	return fmt.Sprintf("%s (%s, AE %s)", s.Config.BaseDir(), s.kind, s.Config.MyACRNema)
}

func (c *comparison) run(ctx context.Context) error {
	if c.a.kind == db.Null || c.b.kind == db.Null {
		if c.a.kind != c.b.kind {
			c.add(report.Difference{Kind: "index", What: "only one site has one", Example: report.Example{A: c.a.kind.String(), B: c.b.kind.String()}})
		}
		return c.folders(ctx)
	}
	c.tables = [2][]table{c.a.tables(), c.b.tables()}
	c.columns()
	if err := c.everyPatient(ctx); err != nil {
		return err
	}
	if c.Patients == nil || c.Worklist {
		if err := c.worklists(ctx); err != nil {
			return err
		}
	}
	c.strays()
	c.out.Fact("rows compared", "%d", c.rows)
	if c.stamped > 0 {
		c.out.Fact("file names that differ in the time in them only", "%d", c.stamped)
	}
	if !c.IndexOnly {
		c.out.Fact("objects compared", "%d, of which %d equal in every element", c.objects, c.equal)
		if c.repacked > 0 {
			c.out.Fact("compressed otherwise with the same samples", "%d", c.repacked)
		}
	}
	return ctx.Err()
}

// columns tells which columns only one index has.
func (c *comparison) columns() {
	for i := range c.tables[0] {
		x, y := &c.tables[0][i], &c.tables[1][i]
		for _, col := range x.columns {
			if at(y, col) < 0 {
				c.add(report.Difference{Kind: "index", What: "column of " + x.level, Example: report.Example{A: col, B: "not there"}})
			}
		}
		for _, col := range y.columns {
			if at(x, col) < 0 {
				c.add(report.Difference{Kind: "index", What: "column of " + x.level, Example: report.Example{A: "not there", B: col}})
			}
		}
	}
}

// at is the place of a column, letter case aside, -1 when it is not there.
func at(t *table, column string) int {
	return slices.IndexFunc(t.columns, func(c string) bool { return strings.EqualFold(c, column) })
}

func (c *comparison) everyPatient(ctx context.Context) error {
	ids := c.Patients
	if ids == nil {
		x, ok, err := c.a.patients(ctx)
		if err != nil {
			return err
		}
		y, ok2, err := c.b.patients(ctx)
		if err != nil {
			return err
		}
		if !ok || !ok2 {
			return c.patient(ctx, "", true)
		}
		ids = slices.Concat(x, y)
		slices.Sort(ids)
		ids = slices.Compact(ids)
	}
	for _, id := range ids {
		if err := c.patient(ctx, id, false); err != nil {
			return err
		}
	}
	c.out.Fact("patients", "%d", len(ids))
	return nil
}

// patient compares the rows and objects of one patient, or of all.
func (c *comparison) patient(ctx context.Context, id string, all bool) error {
	for i := range c.tables[0] {
		var found [2][][]string
		for side, s := range []*Site{c.a, c.b} {
			var err error
			if found[side], err = s.rows(ctx, &c.tables[side][i], id, all); err != nil {
				return err
			}
		}
		pairs := c.pair(i, found)
		if i == 3 && !c.IndexOnly {
			c.files(pairs)
		}
	}
	return ctx.Err()
}

// pair compares the rows of one table that belong together, and returns the
// objects that both sites have.
func (c *comparison) pair(level int, found [2][][]string) [][2]object {
	x, y := &c.tables[0][level], &c.tables[1][level]
	other := map[string][][]string{}
	for _, r := range found[1] {
		k := c.b.same(r[y.key])
		other[k] = append(other[k], r)
	}
	var pairs [][2]object
	for _, r := range found[0] {
		k := c.a.same(r[x.key])
		if level == 3 && c.Objects != nil && !c.Objects(trim(r[x.key])) {
			delete(other, k)
			continue
		}
		list := other[k]
		if len(list) == 0 {
			c.lone(0, level, r)
			continue
		}
		match := list[0]
		if other[k] = list[1:]; len(other[k]) == 0 {
			delete(other, k)
		}
		c.row(level, r, match)
		if level == 3 {
			pairs = append(pairs, [2]object{objectOf(x, r), objectOf(y, match)})
		}
	}
	for _, r := range found[1] {
		k := c.b.same(r[y.key])
		if len(other[k]) == 0 || level == 3 && c.Objects != nil && !c.Objects(trim(r[y.key])) {
			continue
		}
		other[k] = other[k][1:]
		c.lone(1, level, r)
	}
	return pairs
}

func objectOf(t *table, r []string) object {
	o := object{sop: trim(r[t.key]), file: trim(r[len(r)-2]), device: trim(r[len(r)-1])}
	if t.patient >= 0 {
		o.patient = trim(r[t.patient])
	}
	return o
}

// lone is a row that only one site has.
func (c *comparison) lone(side, level int, r []string) {
	t := &c.tables[side][level]
	if level == 3 && len(c.alone[side]) < maxAlone {
		o := objectOf(t, r)
		c.alone[side][[]*Site{c.a, c.b}[side].same(o.sop)] = o
		return
	}
	c.missing(side, t.level, whose(t, r))
}

func whose(t *table, r []string) string {
	if t.patient >= 0 && t.patient != t.key {
		return trim(r[t.patient]) + " / " + trim(r[t.key])
	}
	return trim(r[t.key])
}

// missing is a difference of rows or objects that one site lacks.
func (c *comparison) missing(side int, level, what string) {
	e := report.Example{Object: what, A: "there", B: "missing"}
	where := "only in A"
	if side == 1 {
		e.A, e.B, where = e.B, e.A, "only in B"
	}
	c.add(report.Difference{Kind: level, What: where, Example: e})
}

// strays are the objects that one site has under another patient than the other,
// or alone.
func (c *comparison) strays() {
	var pairs [][2]object
	for sop, a := range c.alone[0] {
		if b, ok := c.alone[1][sop]; ok {
			c.add(report.Difference{Kind: "image", What: "patient of the object", Example: report.Example{Object: a.sop, A: a.patient, B: b.patient}})
			pairs = append(pairs, [2]object{a, b})
			delete(c.alone[1], sop)
			continue
		}
		c.missing(0, "image", a.String())
	}
	for _, b := range c.alone[1] {
		c.missing(1, "image", b.String())
	}
	if !c.IndexOnly {
		c.files(pairs)
	}
}

// row compares two rows of the same thing, column by column.
func (c *comparison) row(level int, r, match []string) {
	x, y := &c.tables[0][level], &c.tables[1][level]
	c.rows++
	for i, col := range x.columns {
		k := at(y, col)
		if k < 0 || c.a.same(r[i]) == c.b.same(match[k]) {
			continue
		}
		kind, a, b := "row of "+x.level, trim(r[i]), trim(match[k])
		if col == "ObjectFile" {
			if a, b = slashes(a), slashes(b); a == b {
				continue
			}
			if timeless(a) == timeless(b) {
				c.stamped++
				continue
			}
			kind = "file name"
		}
		c.add(report.Difference{Kind: kind, What: col, Example: report.Example{Object: whose(x, r), A: a, B: b}})
	}
}

// stamp is the time of arrival and the counter that most kinds of FileNameSyntax
// put in names (docs/original/storage.md 3).
var stamp = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`1[0-9]{9}[0-9a-f]{4}`) })

// timeless is a file name without the time in it.
func timeless(file string) string { return stamp().ReplaceAllString(file, "TIME") }

// slashes is a file name with the separators of one system.
func slashes(file string) string { return strings.ReplaceAll(file, `\`, "/") }

// worklists compares the worklists, row by row, whatever their order.
func (c *comparison) worklists(ctx context.Context) error {
	x, y := c.a.worklist(), c.b.worklist()
	if len(x.columns) == 0 || !slices.EqualFunc(x.columns, y.columns, strings.EqualFold) {
		return nil // told with the columns, or none is kept
	}
	left := map[string]int{}
	for side, s := range []*Site{c.a, c.b} {
		t := []*table{&x, &y}[side]
		rows, err := s.rows(ctx, t, "", true)
		if err != nil {
			return err
		}
		for _, r := range rows {
			for i := range r {
				r[i] = s.same(r[i])
			}
			left[strings.Join(r, "|")] += 1 - 2*side
		}
		c.out.Fact([]string{"worklist of A", "worklist of B"}[side], "%d rows", len(rows))
	}
	for row, n := range left {
		for ; n > 0; n-- {
			c.missing(0, "worklist", row)
		}
		for ; n < 0; n++ {
			c.missing(1, "worklist", row)
		}
	}
	return nil
}

// files compares the stored objects of pairs.
func (c *comparison) files(pairs [][2]object) {
	err := group.Each("compare", len(pairs), workers, func(i int) error {
		c.object(pairs[i][0], pairs[i][1])
		return nil
	})
	if err != nil { // a panic in a comparison
		c.add(report.Difference{Kind: "file", What: "comparison failed", Example: report.Example{A: err.Error()}})
	}
}

func (c *comparison) add(d report.Difference) {
	if c.Known != nil && d.Documented == "" {
		d.Documented = c.Known(d)
	}
	c.out.Add(d)
}
