package dicom

import (
	"fmt"
	"strconv"
	"strings"
)

// BulkName is the path as it stands at the end of an address of bulk data:
// "7FE00010", "00880200/1/7FE00010"; items count from 1, as in the Native DICOM
// Model.
func (p Path) BulkName() string {
	var b []byte
	for i, s := range p {
		if i > 0 {
			b = append(b, '/')
		}
		b = appendHex(b, uint32(s.Tag))
		if i < len(p)-1 {
			b = append(b, '/')
			b = strconv.AppendInt(b, int64(max(s.Item, 0))+1, 10)
		}
	}
	return string(b)
}

// ParseBulkName reads what [Path.BulkName] writes.
func ParseBulkName(s string) (Path, error) {
	parts := strings.Split(s, "/")
	if len(parts)%2 == 0 || len(parts) > 2*MaxDepth+1 {
		return nil, fmt.Errorf("bulk data %.80q: %w", s, ErrPath)
	}
	p := make(Path, 0, len(parts)/2+1)
	for i := 0; i < len(parts); i += 2 {
		t, ok := ParseTagNumber(parts[i])
		if !ok || len(parts[i]) != 8 {
			return nil, fmt.Errorf("bulk data %.80q: %w", s, ErrPath)
		}
		step := Step{Tag: t, Item: NoItem}
		if i+1 < len(parts) {
			n, err := strconv.ParseUint(parts[i+1], 10, 31)
			if err != nil || n == 0 {
				return nil, fmt.Errorf("bulk data %.80q: %w", s, ErrPath)
			}
			step.Item = int(n) - 1
		}
		p = append(p, step)
	}
	return p, nil
}
