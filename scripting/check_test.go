package scripting

import (
	"strings"
	"testing"
)

func TestCheck(t *testing.T) {
	for _, c := range []struct {
		text string
		d    Dialect
		at   int
		want string // part of a message; "" for no problem
	}{
		{`ifmatch "%i", "*EDU*"; { forward to DEST; destroy; }`, ImportDialect, 0, ""},
		{`ifmatch "%i", "*EDU*"; forward to DEST; destroy; stop`, ImportDialect, 40, "destroy is not guarded by the ifmatch"},
		{`ifmatch "%i", "**EDU**"; nop`, ImportDialect, 0, "** is not the same"},
		{`forward study to DEST; destroy`, ImportDialect, 23, "until forward study is done"},
		{`ifmatch "%i", "a*"; { forward study to DEST; }; ifmatch "%i", "b*"; { destroy; }`, ImportDialect, 70, "until forward study is done"},
		{`ifequal "%V0008,0016","1.2"; {save to D/%o.dcm; system S %o; }; destroy`, ImportDialect, 61, "behind the block runs for every object"},
		{`ifequal "%V0008,0016","=BasicTextSRStorage"; {destroy;}`, ImportDialect, 0, "compared as it is"},
		{`dofile("x.lua")`, ImportDialect, 0, "this is Lua"},
		{`destory`, ImportDialect, 0, "no command"},
		{`ifequal "a" ,"b"; nop`, ImportDialect, 0, "the condition is ignored"},
		{`ifequal a,b; nop`, ImportDialect, 0, "not understood"},
		{`ifequal "a","b"; ifequal "c","d"; nop`, ImportDialect, 0, "no AND"},
		{`ifequal "a","b"`, ImportDialect, 0, "no statement after it"},
		{`ifequal "a","b"; { nop a; nop b }`, ImportDialect, 32, "only at the beginning of a statement"},
		{`ifequal "a","b"; { nop a`, ImportDialect, 17, "never closed"},
		{`nop a; }`, ImportDialect, 7, "closes nothing"},
		{`ifequal "a","b"; {{ nop a; } }`, ImportDialect, 18, "only one brace"},
		{`nop a; else; nop b`, ImportDialect, 7, "no else"},
		{`set 0010,4000  to "x"`, ImportDialect, 0, "must be followed by"},
		{`set Nonsense to "x"`, ImportDialect, 0, "no such element"},
		{`set 0010,4000 to x`, ImportDialect, 0, "must be followed by"},
		{`set x format "%%03d" to "%V0020,0011"`, ImportDialect, 0, ""},
		{`set 0010,4000 to "%VNonsense"`, ImportDialect, 18, "no element is named"},
		{`ifequal "%V/0040,0275/0032,1064/0008,0100","CT"; {forward to A; destroy; }`, ImportDialect, 0, ""},
		{`append "vs=%V/0008,1110.0/0008,1155 vw=%V*0008,1155 %V(/0008,1110/0008,1155)PatientName%n" to p.txt`, ImportDialect, 0, ""},
		{`nop %V/0008,1110/Nonsense`, ImportDialect, 4, "no element is named"},
		{`set 0010,4000 to "100% of it"`, ImportDialect, 21, "is no variable"},
		{`setifempty PatientName to "x"`, ImportDialect, 0, "gggg,eeee"},
		{`delete study`, ImportDialect, 0, "does nothing"},
		{`delete study`, ExportDialect, 0, ""},
		{`destroy`, ExportDialect, 0, "does not exist in export converters"},
		{`set 0010,0010 to "x"`, ExportDialect, 0, "does not exist in export converters"},
		{`forward study to A after 0`, ExportDialect, 25, "ForwardCollectDelay"},
		{`forward study to A org ME`, ExportDialect, 19, "unknown word org"},
		{`forward study to host:104 after 1`, ExportDialect, 17, "not to host:port"},
		{`forward series to A after 10.`, ExportDialect, 0, ""},
		{`forward compressed j2 to A`, ExportDialect, 0, "no readable destination"},
		{`nop %x`, ExportDialect, 4, "empty in export"},
		{`isisDirectPrint.cmd "%VPatientName" %VStudyDate %f %b %p`, ExportDialect, 0, ""},
		{`save jpg to a.jpg size 16`, ImportDialect, 8, "is the file name"},
		{`nop ` + strings.Repeat("x", 520), ImportDialect, 511, "cut off"},
		{`nop x lua:here; nop y`, ImportDialect, 6, "whole rest of the line"},
		{`forward to A script "set 0010,0010 to x"`, ImportDialect, 12, "quotes around the script"},
		{`process study after 10 by /usr/bin/perl /full/x.pl %p`, ImportDialect, 0, ""},
		{`openrem_import_rdsr.lua(D/%o.dcm::%V0018,1000)`, ImportDialect, 0, "no command"},
	} {
		problems := Check(c.text, c.d)
		if c.want == "" {
			if len(problems) > 0 {
				t.Errorf("%s: %+v", c.text, problems)
			}
			continue
		}
		found := false
		for _, p := range problems {
			found = found || strings.Contains(p.Message, c.want) && p.Offset == c.at
		}
		if !found {
			t.Errorf("%s: no %q at %d in %+v", c.text, c.want, c.at, problems)
		}
	}
}

func TestCheckNames(t *testing.T) {
	p := Check("nop; destory", ImportDialect)
	if len(p) != 1 || p[0].Unknown != "destory" || p[0].Fix != "did you mean destroy?" {
		t.Errorf("%+v", p)
	}
}

func TestTargets(t *testing.T) {
	got := Targets(`forward to A org B; forward study compressed as j2 to C after 1; get patient from D; preretrieve E; forward to %u; process study by F`, ImportDialect)
	names := ""
	for _, g := range got {
		names += g.Name
	}
	if names != "ACDE" || got[0].Offset != 11 || got[0].Delayed || !got[1].Delayed {
		t.Errorf("%+v", got)
	}
}
