package dimse

import (
	"errors"
	"strings"
	"testing"
)

// expectedTable is PS3.8 table 9-10, a line for each event, a column for each
// state: the action and, behind a colon, the next state. "." is an empty cell.
const expectedTable = `
AE1:4 . . . . . . . . . . . .
. . . AE2:5 . . . . . . . . .
. AA1:13 AA8:13 . AE3:6 AA8:13 AA8:13 AA8:13 AA8:13 AA8:13 AA8:13 AA8:13 AA6:13
. AA1:13 AA8:13 . AE4:1 AA8:13 AA8:13 AA8:13 AA8:13 AA8:13 AA8:13 AA8:13 AA6:13
AE5:2 . . . . . . . . . . . .
. AE6:3 AA8:13 . AA8:13 AA8:13 AA8:13 AA8:13 AA8:13 AA8:13 AA8:13 AA8:13 AA7:13
. . AE7:6 . . . . . . . . . .
. . AE8:13 . . . . . . . . . .
. . . . . DT1:6 . AR7:8 . . . . .
. AA1:13 AA8:13 . AA8:13 DT2:6 AR6:7 AA8:13 AA8:13 AA8:13 AA8:13 AA8:13 AA6:13
. . . . . AR1:7 . . . . . . .
. AA1:13 AA8:13 . AA8:13 AR2:8 AR8:9 AA8:13 AA8:13 AA8:13 AA8:13 AA8:13 AA6:13
. AA1:13 AA8:13 . AA8:13 AA8:13 AR3:1 AA8:13 AA8:13 AR10:12 AR3:1 AA8:13 AA6:13
. . . . . . . AR4:13 AR9:11 . . AR4:13 .
. . AA1:13 AA2:1 AA1:13 AA1:13 AA1:13 AA1:13 AA1:13 AA1:13 AA1:13 AA1:13 .
. AA2:1 AA3:1 . AA3:1 AA3:1 AA3:1 AA3:1 AA3:1 AA3:1 AA3:1 AA3:1 AA2:1
. AA5:1 AA4:1 AA4:1 AA4:1 AA4:1 AA4:1 AA4:1 AA4:1 AA4:1 AA4:1 AA4:1 AR5:1
. AA2:1 . . . . . . . . . . AA2:1
. AA1:13 AA8:13 . AA8:13 AA8:13 AA8:13 AA8:13 AA8:13 AA8:13 AA8:13 AA8:13 AA7:13
`

var actionNames = map[action]string{
	ae1: "AE1", ae2: "AE2", ae3: "AE3", ae4: "AE4", ae5: "AE5", ae6: "AE6", ae7: "AE7", ae8: "AE8", dt1: "DT1", dt2: "DT2",
	ar1: "AR1", ar2: "AR2", ar3: "AR3", ar4: "AR4", ar5: "AR5", ar6: "AR6", ar7: "AR7", ar8: "AR8", ar9: "AR9", ar10: "AR10",
	aa1: "AA1", aa2: "AA2", aa3: "AA3", aa4: "AA4", aa5: "AA5", aa6: "AA6", aa7: "AA7", aa8: "AA8",
}

func TestStateTable(t *testing.T) {
	for i, line := range strings.Split(strings.TrimSpace(expectedTable), "\n") {
		e := event(i + 1)
		for k, want := range strings.Fields(line) {
			m := machine{state: state(k + 1), requestor: true}
			act, err := m.step(e)
			if want == "." {
				if !errors.Is(err, ErrState) || m.state != state(k+1) {
					t.Errorf("event %d in state %d: action %s, %v", e, k+1, actionNames[act], err)
				}
				continue
			}
			name, next, _ := strings.Cut(want, ":")
			if err != nil || actionNames[act] != name || itoa(int(m.state)) != next {
				t.Errorf("event %d in state %d: %s:%d %v, want %s", e, k+1, actionNames[act], m.state, err, want)
			}
		}
	}
	m := machine{state: sta7}
	if act, err := m.step(evReleaseRQ); act != ar8 || err != nil || m.state != sta10 {
		t.Errorf("collision at the acceptor: %s, state %d, %v", actionNames[act], m.state, err)
	}
}

func itoa(n int) string {
	if n >= 10 {
		return string(rune('0'+n/10)) + string(rune('0'+n%10))
	}
	return string(rune('0' + n))
}
