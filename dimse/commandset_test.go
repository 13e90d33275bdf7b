package dimse

import (
	"bytes"
	"encoding/hex"
	"errors"
	"reflect"
	"testing"

	"conquest/dicom"
)

func TestCommandVectors(t *testing.T) {
	for name, c := range map[string]struct {
		command Command
		hex     string
	}{
		"C-ECHO-RQ": {
			Command{Field: CEchoRQ, AffectedSOPClassUID: Verification, MessageID: 5},
			`0000 0000 04000000 38000000
			 0000 0200 12000000 312e322e3834302e31303030382e312e3100
			 0000 0001 02000000 3000  0000 1001 02000000 0500  0000 0008 02000000 0101`,
		},
		"C-ECHO-RSP": {
			Command{Field: CEchoRSP, AffectedSOPClassUID: Verification, MessageIDRespondedTo: 5},
			`0000 0000 04000000 42000000
			 0000 0200 12000000 312e322e3834302e31303030382e312e3100
			 0000 0001 02000000 3080  0000 2001 02000000 0500  0000 0008 02000000 0101  0000 0009 02000000 0000`,
		},
		"C-STORE-RQ": {
			Command{
				Field: CStoreRQ, AffectedSOPClassUID: "1.2", AffectedSOPInstanceUID: "1.2.3.4", MessageID: 7, HasData: true,
				MoveOriginator: "AE1", MoveOriginatorMessageID: 9,
			},
			`0000 0000 04000000 5a000000
			 0000 0200 04000000 312e3200
			 0000 0001 02000000 0100  0000 1001 02000000 0700  0000 0007 02000000 0000  0000 0008 02000000 0201
			 0000 0010 08000000 312e322e332e3400
			 0000 3010 04000000 41453120  0000 3110 02000000 0900`,
		},
		"C-MOVE-RSP": {
			Command{Field: CMoveRSP, MessageIDRespondedTo: 1, Status: Pending, Progress: &Progress{3, 2, 1, 0}},
			`0000 0000 04000000 50000000
			 0000 0001 02000000 2180  0000 2001 02000000 0100  0000 0008 02000000 0101  0000 0009 02000000 00ff
			 0000 2010 02000000 0300  0000 2110 02000000 0200  0000 2210 02000000 0100  0000 2310 02000000 0000`,
		},
		"C-CANCEL-RQ": {
			Command{Field: CCancelRQ, MessageIDRespondedTo: 4},
			`0000 0000 04000000 1e000000
			 0000 0001 02000000 ff0f  0000 2001 02000000 0400  0000 0008 02000000 0101`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			want := unhex(t, c.hex)
			got, err := c.command.Append(nil)
			if err != nil || !bytes.Equal(got, want) {
				t.Fatalf("%v\ngot  %x\nwant %x", err, got, want)
			}
			back, err := ParseCommand(got)
			if err != nil {
				t.Fatal(err)
			}
			back.raw = nil
			if !reflect.DeepEqual(*back, c.command) {
				t.Errorf("read back %+v", back)
			}
		})
	}
}

func TestCommandRoundTrip(t *testing.T) {
	c := Command{
		Field: NActionRQ, MessageID: 3, RequestedSOPClassUID: StorageCommitmentPush,
		RequestedSOPInstanceUID: StorageCommitmentPushInstance, ActionTypeID: 1, HasData: true,
		OffendingElement: []dicom.Tag{dicom.PatientID}, ErrorComment: "some text", ErrorID: 4,
		AttributeIdentifierList: []dicom.Tag{dicom.PatientName, dicom.StudyDate}, EventTypeID: 2,
		Initiator: "WS1", Receiver: "ARCHIVE",
	}
	b, err := c.Append(nil)
	if err != nil {
		t.Fatal(err)
	}
	back, err := ParseCommand(b)
	if err != nil {
		t.Fatal(err)
	}
	back.raw = nil
	if !reflect.DeepEqual(*back, c) {
		t.Errorf("%+v", back)
	}
}

// Extra elements stand between those of the fields, private ones behind them,
// and may replace them; the group length counts group 0000 alone.
func TestCommandWithExtraElements(t *testing.T) {
	extra := dicom.NewDataset(4)
	extra.Put(dicom.Element{Tag: 0x99990400, VR: dicom.UN, Value: []byte("lua:return 1\x00")})
	extra.Put(dicom.Element{Tag: TagAffectedSOPInstanceUID, VR: dicom.UI})
	extra.SetUint16(0x00000200, 7)
	extra.SetUint16(TagStatus, 0x0110)
	c := Command{Field: CEchoRSP, AffectedSOPClassUID: "1.2", MessageIDRespondedTo: 5, Extra: extra}
	b, err := c.Append(nil)
	if err != nil {
		t.Fatal(err)
	}
	want := unhex(t, `0000 0000 04000000 46000000
		0000 0200 04000000 312e3200  0000 0001 02000000 3080  0000 2001 02000000 0500  0000 0002 02000000 0700
		0000 0008 02000000 0101  0000 0009 02000000 1001  0000 0010 00000000
		9999 0004 0e000000 6c75613a72657475726e20310000`)
	if !bytes.Equal(b, want) {
		t.Fatalf("got  %s\nwant %s", hex.EncodeToString(b), hex.EncodeToString(want))
	}
	back, err := ParseCommand(b)
	if err != nil {
		t.Fatal(err)
	}
	if v, ok := back.Value(0x99990400); !ok || string(v) != "lua:return 1\x00\x00" {
		t.Errorf("private element %q %v", v, ok)
	}
	set, err := back.Set()
	if err != nil || !set.Has(0x99990400) || !set.Has(TagAffectedSOPInstanceUID) || set.Has(TagMessageID) {
		t.Errorf("set %v %v", set, err)
	}
}

func TestCommandWithSequence(t *testing.T) {
	item := dicom.NewDataset(1)
	item.Put(dicom.NewText(dicom.PatientName, dicom.PN, "A^B"))
	extra := dicom.NewDataset(1)
	extra.SetItems(0x00083001, item)
	c := Command{Field: CEchoRSP, MessageIDRespondedTo: 5, Extra: extra}
	b, err := c.Append(nil)
	if err != nil {
		t.Fatal(err)
	}
	back, err := ParseCommand(b)
	if err != nil {
		t.Fatal(err)
	}
	set, err := back.Set()
	if err != nil {
		t.Fatal(err)
	}
	if items := set.Items(0x00083001); len(items) != 1 || items[0].String(dicom.PatientName) != "A^B" {
		t.Errorf("items %v", items)
	}
}

func TestMalformedCommands(t *testing.T) {
	for name, s := range map[string]string{
		"empty":           "",
		"header cut":      "0000 0001 02",
		"value cut":       "0000 0001 02000000 30",
		"2 GB element":    "0000 0001 ffffff7f 3000",
		"no field":        "0000 1001 02000000 0500",
		"data set":        "0800 1800 04000000 312e3200",
		"text, not bytes": "47455420 2f204854 54502f31 2e31",
	} {
		if _, err := ParseCommand(unhex(t, s)); !errors.Is(err, errCommandSet) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Numbers shorter than 16 bits do not disturb what follows.
func TestCommandWithOddElements(t *testing.T) {
	b := unhex(t, `0000 0001 02000000 3000  0000 1001 01000000 05  0000 0008 02000000 0101  9999 0004 03000000 616263`)
	c, err := ParseCommand(b)
	if err != nil {
		t.Fatal(err)
	}
	if v, ok := c.Value(0x99990400); c.HasData || c.Field != CEchoRQ || !ok || string(v) != "abc" {
		t.Errorf("%+v %q", c, v)
	}
}

func FuzzCommand(f *testing.F) {
	c := Command{Field: CStoreRQ, AffectedSOPClassUID: "1.2", MoveOriginator: "A", MessageID: 7}
	b, _ := c.Append(nil)
	f.Add(b)
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := ParseCommand(b)
		if err != nil {
			return
		}
		c.Set()
		c.Value(0x99990400)
		again, err := c.Append(nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := ParseCommand(again); err != nil {
			t.Fatalf("own command is not readable: %v", err)
		}
	})
}
