package dicom

import (
	"bytes"
	"compress/flate"
	"encoding/hex"
	"errors"
	"io"
	"strings"
	"testing"
)

var (
	implicitLE = TransferSyntax{UID: ImplicitLittleEndian, Implicit: true}
	explicitLE = TransferSyntax{UID: ExplicitLittleEndian}
	explicitBE = TransferSyntax{UID: ExplicitBigEndian, BigEndian: true}
	deflatedLE = TransferSyntax{UID: DeflatedExplicit, Deflated: true}
	jpegSyntax = TransferSyntax{UID: JPEGBaseline, Encapsulated: true}
)

// unhex reads hexadecimal digits; blanks and what follows "#" in a line are
// left out, 'text' stands for its bytes.
func unhex(t testing.TB, s string) []byte {
	t.Helper()
	var out []byte
	for line := range strings.SplitSeq(s, "\n") {
		line, _, _ = strings.Cut(line, "#")
		for i, part := range strings.Split(line, "'") {
			if i%2 == 1 {
				out = append(out, part...)
				continue
			}
			b, err := hex.DecodeString(strings.ReplaceAll(strings.TrimSpace(part), " ", ""))
			if err != nil {
				t.Fatalf("bad hex %q: %v", part, err)
			}
			out = append(out, b...)
		}
	}
	return out
}

// sketch writes a data set in one line.
func sketch(d *Dataset) string {
	var b strings.Builder
	for e := range d.All() {
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(e.Tag.String() + " " + e.VR.String())
		switch {
		case e.Items != nil:
			for _, it := range e.Items {
				b.WriteString("{" + sketch(it) + "}")
			}
		case e.Fragments != nil:
			b.WriteString("[" + hex.EncodeToString(e.Fragments.OffsetTable))
			for i := range e.Fragments.Len() {
				f, err := e.Fragments.Fragment(i)
				if err != nil {
					return err.Error()
				}
				b.WriteString("|" + hex.EncodeToString(f))
			}
			b.WriteByte(']')
		default:
			v, err := e.Bytes()
			if err != nil {
				return err.Error()
			}
			if e.VR.IsText() {
				b.WriteString("=" + strings.ReplaceAll(string(v), "\x00", "~"))
			} else {
				b.WriteString("=" + hex.EncodeToString(v))
			}
		}
	}
	return b.String()
}

var vectors = []struct {
	name, in string
	ts       TransferSyntax
	want     string
	written  string // "" for the same as in
}{
	{
		name: "implicit", ts: implicitLE,
		in:   "1000 1000 04000000 'A^B ' 2800 1000 02000000 0002 e07f 1000 04000000 01020304",
		want: "0010,0010 PN=A^B  0028,0010 US=0002 7fe0,0010 OW=01020304",
	},
	{
		name: "explicit", ts: explicitLE,
		in:   "1000 1000 'PN' 0400 'A^B ' 2800 1000 'US' 0200 0002 e07f 1000 'OW' 0000 04000000 01020304",
		want: "0010,0010 PN=A^B  0028,0010 US=0002 7fe0,0010 OW=01020304",
	},
	{
		name: "big endian numbers of each size, tags, unknown bytes kept", ts: explicitBE,
		in: `0018 6020 'SL' 0004 fffffffb  0018 9087 'FD' 0008 3ff0000000000000
			0028 0009 'AT' 0004 0018 1063  0028 0010 'US' 0002 0200
			0099 0010 'UN' 0000 00000004 01020304  7fe0 0010 'OW' 0000 00000004 01020304`,
		want: "0018,6020 SL=fbffffff 0018,9087 FD=000000000000f03f 0028,0009 AT=18006310 0028,0010 US=0002 0099,0010 UN=01020304 7fe0,0010 OW=02010403",
	},
	{
		name: "items of defined length", ts: explicitLE,
		in: `0800 4011 'SQ' 0000 28000000 feff 00e0 0c000000 0800 5011 'UI' 0400 312e3200
			feff 00e0 0c000000 0800 5511 'UI' 0400 312e3300  1000 1000 'PN' 0000`,
		want: "0008,1140 SQ{0008,1150 UI=1.2~}{0008,1155 UI=1.3~} 0010,0010 PN=",
		written: `0800 4011 'SQ' 0000 ffffffff feff 00e0 ffffffff 0800 5011 'UI' 0400 312e3200 feff 0de0 00000000
			feff 00e0 ffffffff 0800 5511 'UI' 0400 312e3300 feff 0de0 00000000 feff dde0 00000000 1000 1000 'PN' 0000`,
	},
	{
		name: "nested items of undefined length, implicit", ts: implicitLE,
		in: `4000 7502 ffffffff feff 00e0 ffffffff  4000 0800 ffffffff feff 00e0 ffffffff 0800 0001 02000000 'C1'
			feff 0de0 00000000 feff dde0 00000000 feff 0de0 00000000 feff dde0 00000000`,
		want: "0040,0275 SQ{0040,0008 SQ{0008,0100 SH=C1}}",
	},
	{
		name: "empty sequence and empty item", ts: explicitLE,
		in:      "0800 4011 'SQ' 0000 00000000 4000 7502 'SQ' 0000 08000000 feff 00e0 00000000",
		want:    "0008,1140 SQ= 0040,0275 SQ{}",
		written: "0800 4011 'SQ' 0000 00000000 4000 7502 'SQ' 0000 ffffffff feff 00e0 ffffffff feff 0de0 00000000 feff dde0 00000000",
	},
	{
		name: "UN of undefined length is an implicit sequence", ts: explicitLE,
		in:      "0900 0110 'UN' 0000 ffffffff feff 00e0 0a000000 1000 1000 02000000 'AB' feff dde0 00000000",
		want:    "0009,1001 SQ{0010,0010 PN=AB}",
		written: "0900 0110 'SQ' 0000 ffffffff feff 00e0 ffffffff 1000 1000 'PN' 0200 'AB' feff 0de0 00000000 feff dde0 00000000",
	},
	{
		name: "the same in big endian", ts: explicitBE,
		in:      "0009 1001 'UN' 0000 ffffffff feff 00e0 0a000000 2800 1000 02000000 0002 feff dde0 00000000",
		want:    "0009,1001 SQ{0028,0010 US=0002}",
		written: "0009 1001 'SQ' 0000 ffffffff fffe e000 ffffffff 0028 0010 'US' 0002 0200 fffe e00d 00000000 fffe e0dd 00000000",
	},
	{
		name: "UN of undefined length with explicit items", ts: explicitLE,
		in:      "0900 0110 'UN' 0000 ffffffff feff 00e0 0a000000 1000 1000 'PN' 0200 'AB' feff dde0 00000000",
		want:    "0009,1001 SQ{0010,0010 PN=AB}",
		written: "0900 0110 'SQ' 0000 ffffffff feff 00e0 ffffffff 1000 1000 'PN' 0200 'AB' feff 0de0 00000000 feff dde0 00000000",
	},
	{
		name: "UN of defined length is kept, items or not", ts: explicitLE,
		in:   "0900 0110 'UN' 0000 12000000 feff 00e0 0a000000 1000 1000 02000000 'AB'",
		want: "0009,1001 UN=feff00e00a00000010001000020000004142",
	},
	{
		name: "unknown private tag in implicit", ts: implicitLE,
		in:   "0900 0110 04000000 01020304",
		want: "0009,1001 UN=01020304",
	},
	{
		name: "unknown VR", ts: explicitLE,
		in:   "0900 0110 'ZZ' 0000 04000000 01020304",
		want: "0009,1001 ZZ=01020304",
	},
	{
		name: "odd lengths", ts: explicitLE,
		in:      "0800 1600 'UI' 0300 '1.2' 1000 1000 'PN' 0300 'A^B' 4200 1100 'OB' 0000 03000000 010203",
		want:    "0008,0016 UI=1.2 0010,0010 PN=A^B 0042,0011 OB=010203",
		written: "0800 1600 'UI' 0400 '1.2'00 1000 1000 'PN' 0400 'A^B ' 4200 1100 'OB' 0000 04000000 01020300",
	},
	{
		name: "out of order and repeated: the last counts", ts: explicitLE,
		in:      "2800 1000 'US' 0200 0002 1000 1000 'PN' 0200 'AB' 2800 1000 'US' 0200 0004",
		want:    "0010,0010 PN=AB 0028,0010 US=0004",
		written: "1000 1000 'PN' 0200 'AB' 2800 1000 'US' 0200 0004",
	},
	{
		name: "repeated next to each other: the last counts", ts: explicitLE,
		in:      "0800 6000 'CS' 0200 'CT' 1000 1000 'PN' 0200 'AB' 1000 1000 'PN' 0200 'CD' 1000 1000 'PN' 0200 'EF' 2800 1000 'US' 0200 0004",
		want:    "0008,0060 CS=CT 0010,0010 PN=EF 0028,0010 US=0004",
		written: "0800 6000 'CS' 0200 'CT' 1000 1000 'PN' 0200 'EF' 2800 1000 'US' 0200 0004",
	},
	{
		name: "item of undefined length in a sequence of known length ends with it", ts: explicitLE,
		in: `0800 4011 'SQ' 0000 12000000 feff 00e0 ffffffff 0800 5011 'UI' 0200 '1 '
			1000 1000 'PN' 0200 'AB' 2800 1000 'US' 0200 0004 feff 0de0 00000000`,
		want:    "0008,1140 SQ{0008,1150 UI=1 } 0010,0010 PN=AB 0028,0010 US=0004",
		written: "0800 4011 'SQ' 0000 ffffffff feff 00e0 ffffffff 0800 5011 'UI' 0200 '1 ' feff 0de0 00000000 feff dde0 00000000 1000 1000 'PN' 0200 'AB' 2800 1000 'US' 0200 0004",
	},
	{
		name: "an element of such an item does not reach beyond", ts: explicitLE,
		in: `0800 4011 'SQ' 0000 12000000 feff 00e0 ffffffff 0800 5011 'UI' 1400 '1 '
			1000 1000 'PN' 0200 'AB' 2800 1000 'US' 0200 0004`,
		want:    "0008,1140 UN=feff00e0ffffffff08005011554914003120 0010,0010 PN=AB 0028,0010 US=0004",
		written: "0800 4011 'UN' 0000 12000000 feff 00e0 ffffffff 0800 5011 'UI' 1400 '1 ' 1000 1000 'PN' 0200 'AB' 2800 1000 'US' 0200 0004",
	},
	{
		name: "nor does a sequence of undefined length in an item of known length", ts: implicitLE,
		in: `0800 4011 22000000 feff 00e0 1a000000 0800 9911 ffffffff feff 00e0 0a000000 0800 5011 02000000 '1 '
			1000 1000 02000000 'AB' feff dde0 00000000 1000 2000 02000000 'CD'`,
		want:    "0008,1140 SQ{0008,1199 SQ{0008,1150 UI=1 }} 0010,0010 PN=AB 0010,0020 LO=CD",
		written: "0800 4011 ffffffff feff 00e0 ffffffff 0800 9911 ffffffff feff 00e0 ffffffff 0800 5011 02000000 '1 ' feff 0de0 00000000 feff dde0 00000000 feff 0de0 00000000 feff dde0 00000000 1000 1000 02000000 'AB' 1000 2000 02000000 'CD'",
	},
	{
		name: "sequence delimiter in a sequence of known length", ts: explicitLE,
		in: `0800 4011 'SQ' 0000 2c000000 feff 00e0 ffffffff 0800 5011 'UI' 0200 '1 ' feff dde0 00000000
			feff 00e0 ffffffff 0800 5011 'UI' 0200 '2 ' 1000 1000 'PN' 0200 'AB'`,
		want:    "0008,1140 SQ{0008,1150 UI=1 }{0008,1150 UI=2 } 0010,0010 PN=AB",
		written: "0800 4011 'SQ' 0000 ffffffff feff 00e0 ffffffff 0800 5011 'UI' 0200 '1 ' feff 0de0 00000000 feff 00e0 ffffffff 0800 5011 'UI' 0200 '2 ' feff 0de0 00000000 feff dde0 00000000 1000 1000 'PN' 0200 'AB'",
	},
	{
		name: "element in implicit form among explicit ones", ts: explicitLE,
		in:      "0800 6000 'CS' 0200 'CT' 1000 1000 04000000 'A^B ' 2800 1000 'US' 0200 0002",
		want:    "0008,0060 CS=CT 0010,0010 PN=A^B  0028,0010 US=0002",
		written: "0800 6000 'CS' 0200 'CT' 1000 1000 'PN' 0400 'A^B ' 2800 1000 'US' 0200 0002",
	},
	{
		name: "placeholder instead of a VR", ts: explicitLE,
		in:      "0800 6000 'CS' 0200 'CT' 0900 0110 '??' 0200 'AB'",
		want:    "0008,0060 CS=CT 0009,1001 UN=4142",
		written: "0800 6000 'CS' 0200 'CT' 0900 0110 'UN' 0000 02000000 'AB'",
	},
	{
		name: "explicit data told to be implicit", ts: implicitLE,
		in:      "0800 6000 'CS' 0200 'CT' 2800 1000 'US' 0200 0002",
		want:    "0008,0060 CS=CT 0028,0010 US=0002",
		written: "0800 6000 02000000 'CT' 2800 1000 02000000 0002",
	},
	{
		name: "implicit data told to be explicit", ts: explicitLE,
		in:      "0800 6000 02000000 'CT' 2800 1000 02000000 0002",
		want:    "0008,0060 CS=CT 0028,0010 US=0002",
		written: "0800 6000 'CS' 0200 'CT' 2800 1000 'US' 0200 0002",
	},
	{
		name: "little endian data told to be big endian", ts: explicitBE,
		in:      "0800 6000 'CS' 0200 'CT' 2800 1000 'US' 0200 0002",
		want:    "0008,0060 CS=CT 0028,0010 US=0002",
		written: "0008 0060 'CS' 0002 'CT' 0028 0010 'US' 0002 0200",
	},
	{
		name: "big endian data that begin with group 2000", ts: explicitBE,
		in:   "2000 0010 'IS' 0002 '1 ' 2000 0020 'CS' 0004 'HIGH'",
		want: "2000,0010 IS=1  2000,0020 CS=HIGH",
	},
	{
		name: "stray delimiters and trailing zeros", ts: explicitLE,
		in:      "0800 6000 'CS' 0200 'CT' feff 0de0 00000000 feff dde0 00000000 2800 1000 'US' 0200 0002 00000000 00000000 0000",
		want:    "0008,0060 CS=CT 0028,0010 US=0002",
		written: "0800 6000 'CS' 0200 'CT' 2800 1000 'US' 0200 0002",
	},
	{
		name: "missing item delimiter", ts: explicitLE,
		in:      "0800 4011 'SQ' 0000 ffffffff feff 00e0 ffffffff 0800 5011 'UI' 0200 '1 ' feff dde0 00000000 1000 1000 'PN' 0000",
		want:    "0008,1140 SQ{0008,1150 UI=1 } 0010,0010 PN=",
		written: "0800 4011 'SQ' 0000 ffffffff feff 00e0 ffffffff 0800 5011 'UI' 0200 '1 ' feff 0de0 00000000 feff dde0 00000000 1000 1000 'PN' 0000",
	},
	{
		name: "missing item delimiter before the next item", ts: explicitLE,
		in: `0800 4011 'SQ' 0000 ffffffff feff 00e0 ffffffff 0800 5011 'UI' 0200 '1 ' feff 00e0 ffffffff 0800 5011 'UI' 0200 '2 '
			feff 0de0 00000000 feff dde0 00000000`,
		want: "0008,1140 SQ{0008,1150 UI=1 }{0008,1150 UI=2 }",
		written: `0800 4011 'SQ' 0000 ffffffff feff 00e0 ffffffff 0800 5011 'UI' 0200 '1 ' feff 0de0 00000000 feff 00e0 ffffffff 0800 5011 'UI' 0200 '2 '
			feff 0de0 00000000 feff dde0 00000000`,
	},
	{
		name: "item header at the top", ts: explicitLE,
		in:      "0800 6000 'CS' 0200 'CT' feff 00e0 0a000000 2800 1000 'US' 0200 0002",
		want:    "0008,0060 CS=CT 0028,0010 US=0002",
		written: "0800 6000 'CS' 0200 'CT' 2800 1000 'US' 0200 0002",
	},
	{
		name: "trailing zeros in implicit data and in an item", ts: implicitLE,
		in:      "0800 4011 1a000000 feff 00e0 12000000 0800 5011 02000000 '1 ' 0000000000000000 1000 1000 02000000 'AB' 0000000000000000 000000",
		want:    "0008,1140 SQ{0008,1150 UI=1 } 0010,0010 PN=AB",
		written: "0800 4011 ffffffff feff 00e0 ffffffff 0800 5011 02000000 '1 ' feff 0de0 00000000 feff dde0 00000000 1000 1000 02000000 'AB'",
	},
	{
		name: "long VR with the short form of length", ts: explicitLE,
		in:      "0800 6000 'CS' 0200 'CT' 4200 1100 'OB' 0200 0102 4200 1000 'ST' 0200 'AB'",
		want:    "0008,0060 CS=CT 0042,0010 ST=AB 0042,0011 OB=0102",
		written: "0800 6000 'CS' 0200 'CT' 4200 1000 'ST' 0200 'AB' 4200 1100 'OB' 0000 02000000 0102",
	},
	{
		name: "fragments with and without offset table entries", ts: jpegSyntax,
		in:   "e07f 1000 'OB' 0000 ffffffff feff 00e0 04000000 00000000 feff 00e0 02000000 ffd8 feff 00e0 02000000 ffd9 feff dde0 00000000",
		want: "7fe0,0010 OB[00000000|ffd8|ffd9]",
	},
	{
		name: "fragments without delimiter", ts: jpegSyntax,
		in:      "e07f 1000 'OB' 0000 ffffffff feff 00e0 00000000 feff 00e0 02000000 ffd8",
		want:    "7fe0,0010 OB[|ffd8]",
		written: "e07f 1000 'OB' 0000 ffffffff feff 00e0 00000000 feff 00e0 02000000 ffd8 feff dde0 00000000",
	},
	{
		name: "fragments with a cut delimiter", ts: jpegSyntax,
		in:      "e07f 1000 'OB' 0000 ffffffff feff 00e0 00000000 feff 00e0 02000000 ffd8 feff dde0 00",
		want:    "7fe0,0010 OB[|ffd8]",
		written: "e07f 1000 'OB' 0000 ffffffff feff 00e0 00000000 feff 00e0 02000000 ffd8 feff dde0 00000000",
	},
	{
		name: "group lengths are left out", ts: explicitLE,
		in:      "0800 0000 'UL' 0400 ffffffff 0800 6000 'CS' 0200 'CT' 0800 4011 'SQ' 0000 00000000",
		want:    "0008,0000 UL=ffffffff 0008,0060 CS=CT 0008,1140 SQ=",
		written: "0800 6000 'CS' 0200 'CT' 0800 4011 'SQ' 0000 00000000",
	},
	{
		name: "sequence whose value is no items", ts: explicitLE,
		in:      "0800 4011 'SQ' 0000 04000000 01020304",
		want:    "0008,1140 UN=01020304",
		written: "0800 4011 'UN' 0000 04000000 01020304",
	},
	{
		name: "sequence of known length with unsound items", ts: implicitLE,
		in:   "0800 4011 10000000 feff 00e0 ff000000 0800 0001 02000000 1000 1000 02000000 'AB'",
		want: "0008,1140 UN=feff00e0ff0000000800000102000000 0010,0010 PN=AB",
	},
	{
		name: "command set", ts: implicitLE,
		in:      "0000 0000 04000000 00000000 0000 0001 02000000 3000 0000 1001 02000000 0100",
		want:    "0000,0000 UL=00000000 0000,0100 US=3000 0000,0110 US=0100",
		written: "0000 0000 04000000 14000000 0000 0001 02000000 3000 0000 1001 02000000 0100",
	},
	{name: "nothing", ts: explicitLE},
}

func TestVectors(t *testing.T) {
	for _, v := range vectors {
		t.Run(v.name, func(t *testing.T) {
			in := unhex(t, v.in)
			want := in
			if v.written != "" {
				want = unhex(t, v.written)
			}
			d, err := Parse(in, v.ts, ParseOptions{})
			if err != nil {
				t.Fatal(err)
			}
			if got := sketch(d); got != v.want {
				t.Errorf("parse:\n got %s\nwant %s", got, v.want)
			}
			checkWriters(t, d, v.ts, want)
			for _, threshold := range []int64{0, 1, 3} {
				padded := append([]byte("before"), in...)
				d, err := ParseReaderAt(bytes.NewReader(append(padded, "behind"...)), 6, int64(len(in)), v.ts, ParseOptions{BulkThreshold: threshold})
				if err != nil {
					t.Fatal(err)
				}
				if got := sketch(d); threshold == 0 && got != v.want {
					t.Errorf("parse from reader:\n got %s\nwant %s", got, v.want)
				}
				checkWriters(t, d, v.ts, want)
			}
		})
	}
}

// TestWarn tells of a missing delimiter, and of nothing else.
func TestWarn(t *testing.T) {
	for in, want := range map[string]bool{
		"e07f 1000 'OB' 0000 ffffffff feff 00e0 00000000 feff 00e0 02000000 ffd8":                    true,
		"e07f 1000 'OB' 0000 ffffffff feff 00e0 00000000 feff 00e0 02000000 ffd8 feff":               true,
		"e07f 1000 'OB' 0000 ffffffff feff 00e0 00000000 feff 00e0 02000000 ffd8 feff dde0 00000000": false,
	} {
		var told []error
		_, err := Parse(unhex(t, in), jpegSyntax, ParseOptions{Warn: func(e *ParseError) { told = append(told, e) }})
		if err != nil || (len(told) == 1 && errors.Is(told[0], ErrNoDelimiter)) != want {
			t.Errorf("%s: %v, told %v", in, err, told)
		}
	}
	for _, cut := range []string{"feff 00e0 02000000 ff", "feff 00e0 0200", "feff 00", "01"} {
		in := "e07f 1000 'OB' 0000 ffffffff feff 00e0 00000000 feff 00e0 02000000 ffd8" + cut
		if _, err := Parse(unhex(t, in), jpegSyntax, ParseOptions{}); err == nil {
			t.Errorf("a cut fragment was taken: %s", cut)
		}
	}
}

func checkWriters(t *testing.T, d *Dataset, ts TransferSyntax, want []byte) {
	t.Helper()
	got, err := Append([]byte("x"), d, ts)
	if err != nil || !bytes.Equal(got[1:], want) {
		t.Errorf("append: %v\n got %x\nwant %x", err, got[1:], want)
	}
	if n := EncodedSize(d, ts); n != int64(len(want)) {
		t.Errorf("encoded size %d, want %d", n, len(want))
	}
	var w bytes.Buffer
	if err := Encode(&w, d, ts); err != nil || !bytes.Equal(w.Bytes(), want) {
		t.Errorf("encode: %v\n got %x\nwant %x", err, w.Bytes(), want)
	}
}

func TestParseErrors(t *testing.T) {
	deep := strings.Repeat("0800 4011 'SQ' 0000 ffffffff feff 00e0 ffffffff", 65)
	for _, test := range []struct {
		name, in string
		ts       TransferSyntax
		err      error
		tag      Tag
		offset   int64
		want     string
	}{
		{"value too long", "0800 6000 'CS' 0200 'CT' e07f 1000 'OW' 0000 00ffff7f 0102", explicitLE, ErrTooShort, PixelData, 10, "0008,0060 CS=CT"},
		{"header cut", "0800 6000 'CS' 0200 'CT' e07f 10", explicitLE, ErrTruncated, 0, 10, "0008,0060 CS=CT"},
		{"item too long", "0800 4011 ffffffff feff 00e0 ff000000 0800 0001 02000000 'C1'", implicitLE, ErrTooShort, itemTag, 8, "0008,1140 SQ{0008,0100 SH=C1}"},
		{"no delimiter", "0800 4011 ffffffff feff 00e0 ffffffff 0800 0001 02000000 'C1'", implicitLE, ErrTooShort, 0x00081140, 0, "0008,1140 SQ{0008,0100 SH=C1}"},
		{"fragment too long", "e07f 1000 'OB' 0000 ffffffff feff 00e0 00000000 feff 00e0 ffffff00 01", jpegSyntax, ErrTooShort, itemTag, 20, "7fe0,0010 OB[]"},
		{"no item", "0800 4011 ffffffff 0800 0001 02000000 'C1'", implicitLE, ErrNoItem, 0x00080100, 8, ""},
		{"too deep", deep, explicitLE, ErrTooDeep, 0x00081140, 64 * 20, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			in := unhex(t, test.in)
			for _, fromFile := range []bool{false, true} {
				d, err := Parse(in, test.ts, ParseOptions{})
				if fromFile {
					d, err = ParseReaderAt(bytes.NewReader(in), 0, int64(len(in)), test.ts, ParseOptions{})
				}
				var pe *ParseError
				if !errors.As(err, &pe) || !errors.Is(err, test.err) || pe.Tag != test.tag || pe.Offset != test.offset {
					t.Errorf("%v", err)
				}
				if got := sketch(d); test.want != "" && got != test.want {
					t.Errorf("left over: %s, want %s", got, test.want)
				}
			}
		})
	}
}

func TestParseReaderShorterThanTold(t *testing.T) {
	in := unhex(t, "0800 6000 'CS' 0200 'CT' e07f 1000 'OW' 0000 00000040 0102")
	d, err := ParseReaderAt(bytes.NewReader(in), 0, 1<<31, explicitLE, ParseOptions{})
	if !errors.Is(err, io.ErrUnexpectedEOF) || d.Len() != 1 {
		t.Errorf("%d elements, %v", d.Len(), err)
	}
}

func TestStopBefore(t *testing.T) {
	in := unhex(t, "0800 6000 'CS' 0200 'CT' 2800 1000 'US' 0200 0002 e07f 1000 'OW' 0000 00ffffff")
	d, err := Parse(in, explicitLE, ParseOptions{StopBefore: PixelData})
	if got := sketch(d); err != nil || got != "0008,0060 CS=CT 0028,0010 US=0002" {
		t.Errorf("%s, %v", got, err)
	}
}

func TestDeflated(t *testing.T) {
	d := NewDataset(2)
	d.SetString(PatientName, "Deflated^Name")
	d.Put(Element{Tag: PixelData, VR: OW, Value: make([]byte, 1<<20)})
	b, err := Append(nil, d, deflatedLE)
	if err != nil || len(b) > 5000 || len(b)%2 != 0 {
		t.Fatal(len(b), err)
	}
	got, err := Parse(b, deflatedLE, ParseOptions{})
	if err != nil || !Equal(got, d) {
		t.Errorf("%v: %v", err, Diff(got, d))
	}
	if got, err = ParseReaderAt(bytes.NewReader(b), 0, int64(len(b)), deflatedLE, ParseOptions{}); err != nil || !Equal(got, d) {
		t.Error(err)
	}
	if _, err = Parse(b, deflatedLE, ParseOptions{MaxInflated: 1 << 20}); !errors.Is(err, ErrInflate) {
		t.Errorf("bomb: %v", err)
	}
	var bad bytes.Buffer
	zw, _ := flate.NewWriter(&bad, 1)
	_, _ = zw.Write(b)
	_ = zw.Flush()
	if _, err = Parse(bad.Bytes()[:10], deflatedLE, ParseOptions{}); err == nil {
		t.Error("cut stream: no error")
	}
}

func TestLongValues(t *testing.T) {
	d := NewDataset(4)
	d.Put(Element{Tag: 0x00281201, VR: US, Value: make([]byte, 65536)})
	d.Put(Element{Tag: 0x00104000, VR: LT, Value: bytes.Repeat([]byte("x"), 65534)})
	d.Put(Element{Tag: 0x00204000, VR: LT, Value: bytes.Repeat([]byte("x"), 65535)})
	b, err := Append(nil, d, explicitLE)
	if err != nil {
		t.Fatal(err)
	}
	got, err := Parse(b, explicitLE, ParseOptions{})
	if err != nil || got.Get(0x00281201).VR != UN || got.Get(0x00104000).VR != LT || got.Get(0x00204000).VR != UN {
		t.Errorf("%v", err)
	}
	if n := len(got.Value(0x00204000)); n != 65536 {
		t.Errorf("padded length %d", n)
	}
}

// A value larger than the pieces it is copied in, in either byte order.
func TestBulkPieces(t *testing.T) {
	v := make([]byte, 700<<10)
	for i := range v {
		v[i] = byte(i * 7 >> 3)
	}
	d := NewDataset(3)
	d.Put(Element{Tag: PixelData, VR: OW, Value: v})
	d.Put(Element{Tag: 0x00081140, VR: SQ, Items: []*Dataset{{elems: []Element{{Tag: 0x00660016, VR: OF, Value: v}}}}})
	for _, ts := range []TransferSyntax{implicitLE, explicitLE, explicitBE} {
		want, err := Append(nil, d, ts)
		if err != nil {
			t.Fatal(err)
		}
		checkWriters(t, d, ts, want)
		big, err := ParseReaderAt(bytes.NewReader(want), 0, int64(len(want)), ts, ParseOptions{BulkThreshold: 1 << 10})
		if err != nil {
			t.Fatal(err)
		}
		if big.Get(PixelData).Bulk == nil || !Equal(big, d) {
			t.Errorf("%v: not file-backed, or other value", ts.UID)
		}
		for _, to := range []TransferSyntax{implicitLE, explicitLE, explicitBE} {
			want, _ := Append(nil, d, to)
			checkWriters(t, big, to, want)
		}
	}
}

// Elements, items and values that lie across the windows a file is read in.
func TestParseAcrossWindows(t *testing.T) {
	d := new(Dataset)
	var items []*Dataset
	for i := range 3000 {
		it := NewDataset(2)
		it.SetString(0x00080100, strings.Repeat("c", i%17))
		it.Put(Element{Tag: 0x00091001, VR: OB, Value: bytes.Repeat([]byte{byte(i)}, i%211&^1)})
		items = append(items, it)
	}
	d.SetItems(0x00081140, items...)
	d.Put(Element{Tag: 0x00091002, VR: OB, Value: bytes.Repeat([]byte("12"), 40000)})
	d.Put(Element{Tag: 0x00091003, VR: OW, Value: bytes.Repeat([]byte("ab"), 9000)})
	d.SetString(PatientName, "A^B")
	for _, ts := range []TransferSyntax{implicitLE, explicitLE, explicitBE} {
		b, err := Append(nil, d, ts)
		if err != nil {
			t.Fatal(err)
		}
		want, err := Parse(b, ts, ParseOptions{})
		if err != nil {
			t.Fatal(err)
		}
		for _, threshold := range []int64{0, 100, 1 << 20} {
			got, err := ParseReaderAt(bytes.NewReader(b), 0, int64(len(b)), ts, ParseOptions{BulkThreshold: threshold})
			if err != nil || !Equal(got, want) {
				t.Errorf("%s, threshold %d: %v", ts.UID, threshold, err)
			}
		}
		got, err := ParseReaderAt(bytes.NewReader(b), 0, int64(len(b)), ts, ParseOptions{StopBefore: PatientName})
		if err != nil || got.Len() != 3 {
			t.Errorf("%s: %d elements, %v", ts.UID, got.Len(), err)
		}
	}
}

// A small input must not make much larger memory.
func TestHostileLengths(t *testing.T) {
	for _, in := range []string{
		"e07f 1000 'OW' 0000 feffffff 00",
		"0800 4011 'SQ' 0000 ffffff7f feff 00e0 ffffff7f 00",
		"e07f 1000 'OB' 0000 ffffffff feff 00e0 00000000 feff 00e0 feffffff",
		strings.Repeat("0800 4011 'SQ' 0000 ffffff7f feff 00e0 ffffff7f", 60),
	} {
		data := unhex(t, in)
		allocated := testing.AllocsPerRun(10, func() {
			if _, err := Parse(data, explicitLE, ParseOptions{}); err == nil {
				t.Error("no error")
			}
		})
		if allocated > 1000 {
			t.Errorf("%f allocations", allocated)
		}
	}
}

func TestManyTrailingZeros(t *testing.T) {
	in := append(unhex(t, "0800 6000 02000000 'CT'"), make([]byte, 200<<10)...)
	d, err := ParseReaderAt(bytes.NewReader(in), 0, int64(len(in)), implicitLE, ParseOptions{})
	if err != nil || d.Len() != 1 {
		t.Errorf("%d elements, %v", d.Len(), err)
	}
	in[len(in)-1] = 1
	if _, err = ParseReaderAt(bytes.NewReader(in), 0, int64(len(in)), implicitLE, ParseOptions{}); err == nil {
		t.Error("data behind zeros: no error")
	}
}

var errBroken = errors.New("broken")

type brokenReader struct {
	*bytes.Reader
	from int64
}

func (b brokenReader) ReadAt(p []byte, off int64) (int, error) {
	if off+int64(len(p)) > b.from {
		return 0, errBroken
	}
	return b.Reader.ReadAt(p, off)
}

func TestReadErrors(t *testing.T) {
	d := new(Dataset)
	d.SetString(PatientName, "A^B")
	d.Put(Element{Tag: PixelData, VR: OW, Value: make([]byte, 100<<10)})
	b, err := Append(nil, d, explicitLE)
	if err != nil {
		t.Fatal(err)
	}
	size := int64(len(b))
	for _, from := range []int64{0, 20 << 10} {
		r := brokenReader{bytes.NewReader(b), from}
		var pe *ParseError
		if _, err := ParseReaderAt(r, 0, size, explicitLE, ParseOptions{}); !errors.Is(err, errBroken) || !errors.As(err, &pe) || pe.Error() == "" {
			t.Errorf("from %d: %v", from, err)
		}
	}
	got, err := ParseReaderAt(brokenReader{bytes.NewReader(b), 20 << 10}, 0, size, explicitLE, ParseOptions{BulkThreshold: 1000})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Append(nil, got, explicitLE); !errors.Is(err, errBroken) {
		t.Error(err)
	}
	if err := Encode(io.Discard, got, explicitLE); !errors.Is(err, errBroken) {
		t.Error(err)
	}
	if _, err := got.Get(PixelData).Bytes(); !errors.Is(err, errBroken) {
		t.Error(err)
	}
	if _, err := AppendJSON(nil, got, JSONOptions{}); !errors.Is(err, errBroken) {
		t.Error(err)
	}
}

func TestDictionaryOfParsing(t *testing.T) {
	dict, err := ParseDictionary(strings.NewReader(`(0009,1001) VR="US" Keyword="Mine"`))
	if err != nil {
		t.Fatal(err)
	}
	in := unhex(t, "0900 0110 02000000 0100")
	d, err := Parse(in, implicitLE, ParseOptions{Dictionary: dict})
	if n, ok := d.Int(0x00091001); err != nil || !ok || n != 1 || d.At(0).VR != US {
		t.Errorf("%v %v", sketch(d), err)
	}
}

func TestBulkReader(t *testing.T) {
	in := []byte("xx0123456789abcdef")
	for _, test := range []struct {
		bulk Bulk
		want string
	}{
		{Bulk{Offset: 2, Length: 16, WordSize: 2}, "0123456789abcdef"},
		{Bulk{Offset: 2, Length: 16, WordSize: 2, BigEndian: true}, "1032547698badcfe"},
		{Bulk{Offset: 2, Length: 15, WordSize: 4, BigEndian: true}, "32107654ba98cde"},
	} {
		test.bulk.Source = bytes.NewReader(in)
		got, err := io.ReadAll(test.bulk.Reader())
		if err != nil || string(got) != test.want {
			t.Errorf("%+v: %q, %v", test.bulk, got, err)
		}
		if b, err := test.bulk.Bytes(); err != nil || string(b) != test.want {
			t.Errorf("%q, %v", b, err)
		}
	}
}
