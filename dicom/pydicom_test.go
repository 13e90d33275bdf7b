package dicom

import (
	"encoding/hex"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"conquest/regress/rig"
)

const pydicomList = `
from pydicom.datadict import DicomDictionary, RepeatersDictionary
for tag, e in DicomDictionary.items(): print("%08x|%s|%s|%s" % (tag, e[0], e[1], e[4]))
for tag, e in RepeatersDictionary.items(): print("%s|%s|%s|%s" % (tag, e[0], e[1], e[4]))
`

// pydicom runs a script in Python with pydicom.
func pydicom(t *testing.T, script string) []string {
	t.Helper()
	out, err := exec.Command("/usr/bin/python3", "-W", "ignore", "-c", script).Output()
	if err != nil {
		rig.Missing(t, "python3-pydicom: ", err)
	}
	return strings.Split(strings.TrimSpace(string(out)), "\n")
}

const pydicomTexts = `
from pydicom.charset import encode_string, decode_bytes, convert_encodings
samples = {
 'ISO_IR 100': 'J\xe9r\xf4me', 'ISO_IR 101': 'W\u0142od', 'ISO_IR 144': '\u041b\u044e\u043a', 'ISO_IR 126': '\u0394\u03b9', 'ISO_IR 127': '\u0642\u0628',
 'ISO_IR 138': '\u05e9\u05e8', 'ISO_IR 148': '\xc7\u0131', 'ISO_IR 166': '\u0e2a\u0e21', 'ISO_IR 13': '\uff94\uff8f',
 'ISO_IR 192': '\u5c71 \U0001f600', 'GB18030': '\u738b\U00020000\xe9', 'GBK': '\u738b\u4e57',
 'ISO 2022 IR 6|ISO 2022 IR 87': 'Yamada \u5c71\u7530 \u3084', 'ISO 2022 IR 13|ISO 2022 IR 87': '\uff94\u5c71\u7530',
 'ISO 2022 IR 6|ISO 2022 IR 149': 'Hong \u6d2a\ud64d', 'ISO 2022 IR 6|ISO 2022 IR 58': 'Zhang \u5f20\u5c0f',
 'ISO 2022 IR 6|ISO 2022 IR 159': '\u4e02\xe1', 'ISO 2022 IR 6|ISO 2022 IR 87|ISO 2022 IR 159': '\u5c71\u4e02',
 'ISO 2022 IR 6|ISO 2022 IR 100|ISO 2022 IR 144': 'J\xe9 \u041b',
 'ISO 2022 IR 6|ISO 2022 IR 149|ISO 2022 IR 87': '\ud64d \u3084\u307e'}
for terms, text in samples.items():
    e = convert_encodings(terms.split('|'))
    b = encode_string(text, e)
    if decode_bytes(b, e, set()) != text: continue  # not all sets are complete there
    print('%s %s %s' % (terms.replace(' ', '_'), text.encode().hex(), b.hex()))
`

// TestCharsetLikePydicom decodes what pydicom encoded, and lets it decode what was
// encoded here.
func TestCharsetLikePydicom(t *testing.T) {
	back := "from pydicom.charset import decode_bytes, convert_encodings\n"
	lines := pydicom(t, pydicomTexts)
	for _, line := range lines {
		f := strings.Split(line, " ")
		terms := strings.Split(strings.NewReplacer("ISO_2022_", "ISO 2022 ", "IR_", "IR ").Replace(f[0]), "|")
		text, coded := string(unhex(t, f[1])), unhex(t, f[2])
		c := ParseCharset(terms...)
		if got := c.Decode(coded); got != text {
			t.Errorf("%q: %q decodes to %q, want %q", terms, coded, got, text)
		}
		b, err := c.Encode(text)
		if err != nil {
			t.Errorf("%q: %v", terms, err)
		}
		back += "print(decode_bytes(bytes.fromhex('" + hex.EncodeToString(b) + "'), convert_encodings('" + strings.Join(terms, "|") + "'.split('|')), set()).encode().hex() == '" + f[1] + "')\n"
	}
	for i, line := range pydicom(t, back) {
		if line != "True" {
			t.Errorf("pydicom can not read what was encoded for %s", lines[i])
		}
	}
}

// TestDictionaryLikePydicom compares the built-in table with that of pydicom,
// entry by entry.
func TestDictionaryLikePydicom(t *testing.T) {
	lines := pydicom(t, pydicomList)
	for _, line := range lines {
		f := strings.Split(line, "|")
		n, err := strconv.ParseUint(strings.NewReplacer("xxx", "012", "x", "2").Replace(f[0]), 16, 32)
		if err != nil {
			t.Fatal(line)
		}
		tag := Tag(n)
		if tag>>16 == 0 || tag>>16 == 0xfffe {
			continue
		}
		e, ok := StandardDictionary().Lookup(tag)
		if !ok || !strings.Contains(f[1], e.VR.String()) || e.Or != 0 && !strings.Contains(f[1], e.Or.String()) {
			t.Errorf("(%v) %v %v %q: pydicom has %s", tag, e.VR, e.Or, e.Keyword, line)
		}
		if f[3] != e.Keyword && f[3] != "" {
			t.Errorf("(%v) %q: pydicom has %q", tag, e.Keyword, f[3])
		}
	}
	if len(lines) < 4900 {
		t.Errorf("pydicom lists %d", len(lines))
	}
}
