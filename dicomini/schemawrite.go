package dicomini

import (
	"fmt"
	"strings"
)

// Text is the schema in the syntax of dicom.sql.
func (s *Schema) Text() []byte {
	var b strings.Builder
	b.WriteString("/* Database layout, one row per column:\n")
	b.WriteString("   { group, element, \"column\", length, SQL type, DICOM type }, in *WorkList* also an HL7 field.\n")
	b.WriteString("   The first row of a section is its key, the last its link to the section above. */\n")
	for _, t := range s.Tables() {
		fmt.Fprintf(&b, "\n*%s*\n{\n", t.Name)
		for i, c := range t.Columns {
			fmt.Fprintf(&b, "\t{ 0x%04x, 0x%04x, %-28s %3d, %s, %s", c.Group, c.Element, `"`+c.Name+`",`, c.Length, c.SQLType, c.DTType)
			if t.Name == "WorkList" {
				fmt.Fprintf(&b, ", %q", c.HL7)
			}
			b.WriteString(" }")
			if i < len(t.Columns)-1 {
				b.WriteByte(',')
			}
			b.WriteByte('\n')
		}
		b.WriteString("}\n")
	}
	return []byte(b.String())
}
