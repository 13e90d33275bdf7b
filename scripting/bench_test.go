package scripting

import (
	"testing"
)

var tenLines = []string{
	`ifequal "%m","MR"; set 0010,4000 to "mr"`,
	`set 0008,0080 to "Hospital of %u"`,
	`ifnotempty "%V0008,1030"; { nop x; nop y; }`,
	`set PatientComments to "%VPatientName[0,2]^ %i"`,
	`ifmatch "%s", "STAT*"; set 0008,1010 to "STATION"`,
	`set 0010,1001 if "%V0010,1000"`,
	`setifempty 0010,0040 to "O"`,
	`ifnumgreater "%V0028,0010", "512"; { compression j2; }`,
	`set 0008,1110.0/0008,1155 to "%V/0008,1110/0008,1155"`,
	`ifequal "%c","ARCHIVE"; { forward to BACKUP; destroy; }`,
}

type silent struct{ *DryRun }

func (silent) Debugging() bool { return false }
func (silent) Operator(string) {}

// The lines of a typical site on one object.
func BenchmarkTenLines(b *testing.B) {
	d := testObject()
	r := Run{Env: silent{&DryRun{Lookup: testWorld()}}, Object: d, Cache: NewCache(0), Calling: "SRC", Called: "DEST",
		Vars: &Vars{}, Received: &Received{Modality: "CT", StationName: "STAT1"}}
	b.ReportAllocs()
	for b.Loop() {
		for i, line := range tenLines {
			r.N = i
			r.Import(b.Context(), line)
		}
	}
}
