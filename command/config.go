package command

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"conquest/cformat"
	"conquest/dicom"
	"conquest/dicomini"
	"conquest/oplog"
	"conquest/storage"
)

// configCommands read and change the configuration (docs/original/commands.md 3.1).
var configCommands = map[string]row{
	"get_param":     {runGetParam, "NAME[,FORMAT]", "value of a key of dicom.ini"},
	"get_ini_param": {runGetParam, "NAME[,FORMAT]", "value of a key of dicom.ini, as get_param"},
	"get_ini_num":   {runGetININum, "N[,FORMAT]", "line N of dicom.ini, from 0"},
	"get_ini":       {runGetINI, "[FORMAT]", "all lines of dicom.ini"},
	"put_param":     {runPutParam, "NAME,VALUE", "change a key of dicom.ini"},
	"delete_param":  {runDeleteParam, "NAME", "remove a key of dicom.ini"},
	"read_ini":      {runReadINI, "", "take the changed dicom.ini over"},

	"get_amap":    {runGetAMap, "N[,FORMAT]", "entry N of the AE map: AE, host, port, compression"},
	"get_amaps":   {runGetAMaps, "[FORMAT]", "all entries of the AE map without wildcards"},
	"put_amap":    {runPutAMap, "N,AE,HOST,PORT[,COMPRESSION]", "change or append an entry of the AE map in memory"},
	"delete_amap": {runDeleteAMap, "N", "remove an entry of the AE map in memory"},
	"write_amap":  {runWriteAMap, "", "write the AE map to acrnema.map"},
	"read_amap":   {runReadAMap, "", "read acrnema.map again"},

	"get_sop":            sopGetter(dicomini.AbstractSyntax, "SOP class"),
	"get_transfer":       sopGetter(dicomini.TransferSyntax, "transfer syntax"),
	"get_application":    sopGetter(dicomini.Application, "application context"),
	"get_localae":        sopGetter(dicomini.LocalAE, "allowed called AE"),
	"get_remoteae":       sopGetter(dicomini.RemoteAE, "allowed calling AE"),
	"put_sop":            sopPutter(dicomini.AbstractSyntax, "UID"),
	"put_transfer":       sopPutter(dicomini.TransferSyntax, "UID"),
	"put_application":    sopPutter(dicomini.Application, "UID"),
	"put_localae":        sopPutter(dicomini.LocalAE, "AE"),
	"put_remoteae":       sopPutter(dicomini.RemoteAE, "AE"),
	"delete_sop":         sopDeleter(dicomini.AbstractSyntax),
	"delete_transfer":    sopDeleter(dicomini.TransferSyntax),
	"delete_application": sopDeleter(dicomini.Application),
	"delete_localae":     sopDeleter(dicomini.LocalAE),
	"delete_remoteae":    sopDeleter(dicomini.RemoteAE),

	"get_dic":       {runGetDictionary, "N[,FORMAT]", "entry N of the dictionary: group, element, two letters of the VR, name"},
	"mk_binary_dic": {runBinaryDictionary, "FILE", "write the dictionary in binary form"},
	"get_sqldef":    {runGetSQLDefinition, "LEVEL,N[,FORMAT]", "column N of a database table (patient, study, series, image, worklist)"},
	"get_freestore": {runGetFreeStore, "DEVICE[,FORMAT]", "free MB on a device"},
}

// formatted is what is asked for, and the format behind it or the default.
func (c *call) formatted(format string) (what, layout string) {
	if c.has(1) {
		format = c.field(1)
	}
	return c.field(0), format
}

// notEmpty turns an empty answer into none.
func notEmpty(s string) []byte {
	if s == "" {
		return nil
	}
	return []byte(s)
}

// maxParameter is the length to which values are cut.
const maxParameter = 511

func runGetParam(_ context.Context, c *call) ([]byte, error) {
	name, format := c.formatted("%s")
	v, _ := c.s.Live.Current().MainGet(name)
	if v == "" {
		return nil, nil
	}
	return notEmpty(cformat.Sprintf(format, v[:min(len(v), maxParameter)])), nil
}

func runGetININum(_ context.Context, c *call) ([]byte, error) {
	what, format := c.formatted("%s")
	n, lines := dicomini.Atoi(what), c.s.Live.Current().File().Lines()
	if n < 0 || n >= len(lines) {
		return nil, nil
	}
	return notEmpty(cformat.Sprintf(format, lines[n])), nil
}

func runGetINI(_ context.Context, c *call) ([]byte, error) {
	var b bytes.Buffer
	for _, line := range c.s.Live.Current().File().Lines() {
		if c.arg == "" {
			b.WriteString(line)
			continue
		}
		b.WriteString(cformat.Sprintf(c.arg, line))
	}
	return b.Bytes(), nil
}

func runPutParam(_ context.Context, c *call) ([]byte, error) {
	if !c.has(1) {
		return nil, fmt.Errorf("put_param:%s needs a value", c.arg)
	}
	return nil, c.s.Live.PutParam(c.field(0), c.field(1))
}

func runDeleteParam(_ context.Context, c *call) ([]byte, error) {
	return nil, c.s.Live.DeleteParam(c.arg)
}

func runReadINI(_ context.Context, c *call) ([]byte, error) {
	_, err := c.s.Live.Reload()
	return nil, err
}

// AmapFormat is the layout of an entry of the AE map.
const AmapFormat = "%-17s %-30s %-10s %-16s"

func runGetAMap(_ context.Context, c *call) ([]byte, error) {
	what, format := c.formatted(AmapFormat)
	e, ok := c.s.AEs.Entry(dicomini.Atoi(what))
	if !ok {
		return nil, nil
	}
	return notEmpty(cformat.Sprintf(format, cformat.Repeated(e.Name, e.Host, e.Port, e.Compression)...)), nil
}

func runGetAMaps(_ context.Context, c *call) ([]byte, error) {
	format := c.arg
	if format == "" {
		format = AmapFormat + "\n"
	}
	var b strings.Builder
	for _, e := range c.s.AEs.Entries() {
		if !strings.Contains(e.Name, "*") {
			b.WriteString(cformat.Sprintf(format, cformat.Repeated(e.Name, e.Host, e.Port, e.Compression)...))
		}
	}
	return notEmpty(b.String()), nil
}

func runPutAMap(_ context.Context, c *call) ([]byte, error) {
	c.s.AEs.Put(dicomini.Atoi(c.field(0)), c.fields[1:]...)
	return nil, nil
}

func runDeleteAMap(_ context.Context, c *call) ([]byte, error) {
	c.s.AEs.Delete(dicomini.Atoi(c.arg))
	return nil, nil
}

func runWriteAMap(_ context.Context, c *call) ([]byte, error) {
	return nil, c.s.AEs.Write(c.s.Live.Current().ACRNemaMap, time.Now())
}

func runReadAMap(_ context.Context, c *call) ([]byte, error) {
	file := c.s.Live.Current().ACRNemaMap
	if err := c.s.AEs.Reload(file); err != nil {
		oplog.MapNotLoaded(c.s.Console, file)
		return nil, err
	}
	return nil, c.s.Webs.Reload(c.s.Live.Current().WebMapFile())
}

func sopGetter(kind dicomini.SOPKind, what string) row {
	run := func(_ context.Context, c *call) ([]byte, error) {
		n, format := c.formatted("%s %s")
		e, ok := c.s.SOPs.Current().Entry(kind, dicomini.Atoi(n))
		if !ok {
			return nil, nil
		}
		return notEmpty(cformat.Sprintf(format, e.Value, e.Name)), nil
	}
	return row{run, "N[,FORMAT]", what + " N of dgatesop.lst and its name"}
}

func sopPutter(kind dicomini.SOPKind, value string) row {
	run := func(_ context.Context, c *call) ([]byte, error) {
		if !c.has(2) {
			return nil, fmt.Errorf("%s needs number, %s and name", c.name, value)
		}
		return nil, c.s.SOPs.Put(kind, dicomini.Atoi(c.field(0)), c.field(1), c.field(2), time.Now())
	}
	return row{run, "N," + value + ",NAME", "replace entry N, or append it, and rewrite dgatesop.lst"}
}

func sopDeleter(kind dicomini.SOPKind) row {
	run := func(_ context.Context, c *call) ([]byte, error) {
		return nil, c.s.SOPs.Delete(kind, dicomini.Atoi(c.arg), time.Now())
	}
	return row{run, "N", "remove entry N and rewrite dgatesop.lst"}
}

func runGetDictionary(_ context.Context, c *call) ([]byte, error) {
	what, format := c.formatted("%04x %04x %c%c %s")
	n, tags := dicomini.Atoi(what), dicom.CurrentDictionary().Own()
	if n < 0 || n >= len(tags) {
		return nil, nil
	}
	t := tags[n]
	e := dicom.CurrentDictionary().OwnEntry(t)
	return notEmpty(cformat.Sprintf(format, int(t.Group()), int(t.Element()), int(e.VR>>8), int(e.VR&0xff), e.Keyword)), nil
}

// Parts of a binary dictionary.
const (
	binaryDictionaryMark = "#!BinRTC\r\n\x00\x00"
	binaryDictionaryHead = len(binaryDictionaryMark) + 7*4
	binaryRecord         = 12
)

// runBinaryDictionary writes the dictionary in the form that both servers read:
// a head with number of entries and places of the parts, keys, records of group,
// element and VR, names ended by NUL.
func runBinaryDictionary(_ context.Context, c *call) ([]byte, error) {
	count := 0
	var keys, records, names []byte
	for t, e := range dicom.CurrentDictionary().All() {
		count++
		keys = binary.LittleEndian.AppendUint32(keys, uint32(t))
		for _, v := range [binaryRecord / 2]uint16{t.Group(), t.Element(), uint16(e.VR)} {
			records = binary.LittleEndian.AppendUint16(records, v)
		}
		names = append(append(names, e.Keyword...), 0)
	}
	b := []byte(binaryDictionaryMark)
	at := binaryDictionaryHead
	b = binary.LittleEndian.AppendUint32(b, uint32(count))
	for _, part := range [][]byte{keys, records, names} {
		b = binary.LittleEndian.AppendUint32(b, uint32(at))
		b = binary.LittleEndian.AppendUint32(b, uint32(len(part)))
		at += len(part)
	}
	return nil, os.WriteFile(c.arg, slices.Concat(b, keys, records, names), 0o644)
}

// Names of the types in get_sqldef.
var dicomTypeNames = map[dicomini.DTType]string{
	dicomini.DTStr: "DT_STR", dicomini.DTMStr: "DT_MSTR", dicomini.DTUI: "DT_UI (UI)", dicomini.DTDate: "DT_DATE (DA)", dicomini.DTTime: "DT_DATE (DA)",
	dicomini.DTUInt16: "DT_UINT16 (US)", dicomini.DTUInt32: "DT_UINT32 (UL)", dicomini.DTFL: "DT_FL (FL)", dicomini.DTFD: "DT_FD (FD)",
	dicomini.DTStartSequence: "Start sequence", dicomini.DTEndSequence: "End sequence",
}

func TypeName(t dicomini.DTType) string {
	if n, ok := dicomTypeNames[t]; ok {
		return n
	}
	return t.String()
}

func runGetSQLDefinition(_ context.Context, c *call) ([]byte, error) {
	format, n := "0x%4.4x, 0x%4.4x %20s %4d %10s %12s", dicomini.Atoi(c.field(1))
	if c.has(2) {
		format = c.field(2)
	}
	for _, t := range c.s.Schema.Tables() {
		if !strings.EqualFold(t.Name, c.field(0)) || n < 0 || n >= len(t.Columns) {
			continue
		}
		col := t.Columns[n]
		return notEmpty(cformat.Sprintf(format, int(col.Group), int(col.Element), col.Name, col.Length, col.SQLType.String(), TypeName(col.DTType))), nil
	}
	return nil, nil
}

func runGetFreeStore(_ context.Context, c *call) ([]byte, error) {
	what, format := c.formatted("%d")
	cfg := c.s.Live.Current()
	dev := storage.NewDevices(cfg.Storage)
	free := -1
	for _, kind := range []string{"MAG", "CACHE", "MIRROR"} {
		if len(what) < len(kind) || !strings.EqualFold(what[:len(kind)], kind) {
			continue
		}
		free = 0
		device := kind + strconv.Itoa(dicomini.Atoi(what[len(kind):]))
		if dir := dev.Path(device); dir != "" {
			free = dev.Free(device)
			c.s.SayFree(cfg, free, dir)
		}
	}
	return notEmpty(cformat.Sprintf(format, free)), nil
}
