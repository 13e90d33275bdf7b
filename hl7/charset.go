package hl7

import (
	"encoding/hex"
	"strings"

	"golang.org/x/text/encoding/traditionalchinese"

	"conquest/dicom"
)

// terms are the DICOM names of the character sets of HL7 table 0211.
var terms = map[string]string{
	"ASCII": "", "8859/1": "ISO_IR 100", "8859/2": "ISO_IR 101", "8859/3": "ISO_IR 109", "8859/4": "ISO_IR 110", "8859/5": "ISO_IR 144",
	"8859/6": "ISO_IR 127", "8859/7": "ISO_IR 126", "8859/8": "ISO_IR 138", "8859/9": "ISO_IR 148", "8859/15": "ISO_IR 203",
	"UNICODE": "ISO_IR 192", "UNICODE UTF-8": "ISO_IR 192", "UTF-8": "ISO_IR 192", "GB 18030-2000": "GB18030", "GB 18030": "GB18030",
	"ISO IR14": "ISO_IR 13", "ISO IR87": "ISO 2022 IR 87", "ISO IR159": "ISO 2022 IR 159", "KS X 1001": "ISO 2022 IR 149", "KS X1001": "ISO 2022 IR 149",
}

const big5 = "BIG-5"

// UTF8 decodes the messages of text, each by the character sets of its MSH-18: the
// first is that of the message, the others are those its escapes switch to. A message
// that names none, or one that is not known, stays as it is.
func UTF8(text string) string {
	var out strings.Builder
	message := 0 // where the present one begins
	flush := func(end int) {
		out.WriteString(decoded(text[message:end]))
		message = end
	}
	for at := 0; at < len(text); {
		_, rest, _ := cutLine(text[at:])
		at = len(text) - len(rest)
		if strings.HasPrefix(strings.TrimLeft(rest, "\x0b\x1c"), "MSH") {
			flush(at)
		}
	}
	flush(len(text))
	return out.String()
}

func decoded(message string) string {
	h := header(message)
	repeats := "~"
	if len(h.encoding) > 1 {
		repeats = h.encoding[1:2]
	}
	named := strings.Split(strings.ToUpper(h.get(17)), repeats)
	if strings.TrimSpace(named[0]) == big5 {
		if s, err := traditionalchinese.Big5.NewDecoder().String(message); err == nil {
			return s
		}
		return message
	}
	var sets []string
	for _, n := range named {
		term, known := terms[strings.TrimSpace(n)]
		if known {
			sets = append(sets, term)
		}
	}
	switch {
	case len(sets) == 0 || len(sets) == 1 && sets[0] == "":
		return message
	case len(sets) == 1 && strings.HasPrefix(sets[0], "ISO 2022"):
		sets = []string{"", sets[0]}
	}
	if len(sets) > 1 && len(h.encoding) > 2 {
		message = switches(message, h.encoding[2])
	}
	c := dicom.ParseCharset(sets...)
	var out strings.Builder
	for message != "" { // escapes count until the line ends
		line, rest, _ := cutLine(message)
		out.WriteString(c.Decode([]byte(line)))
		out.WriteString(message[len(line) : len(message)-len(rest)])
		message = rest
	}
	return out.String()
}

// switches turns the escapes of HL7 that change the character set, \Cxxyy\ and
// \Mxxyyzz\, into those of ISO 2022 (HL7 v2.5, 2.7.2).
func switches(text string, escape byte) string {
	var out strings.Builder
	for {
		before, after, found := strings.Cut(text, string(escape))
		out.WriteString(before)
		if !found {
			return out.String()
		}
		code, rest, closed := strings.Cut(after, string(escape))
		if b, err := hex.DecodeString(code[min(1, len(code)):]); closed && err == nil && len(b) >= 2 && (code[0] == 'C' || code[0] == 'M') {
			out.WriteByte(0x1b)
			out.Write([]byte(strings.TrimRight(string(b), "\x00")))
			text = rest
			continue
		}
		out.WriteByte(escape)
		text = after
	}
}
