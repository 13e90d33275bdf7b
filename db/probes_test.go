package db

import (
	"bufio"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"conquest/dicom"
)

// probe is a recorded C-FIND of the original.
type probe struct {
	Name    string
	Ordered bool
	Before  []string
	Request struct {
		Model    string
		SOPClass string `json:"sop_class"`
		Keys     map[string]any
	}
	Response struct {
		Status   string
		Datasets []map[string]any
	}
}

func probes(t *testing.T) []probe {
	f, err := os.Open("testdata/network/find.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var list []probe
	for s := bufio.NewScanner(f); s.Scan(); {
		var p probe
		if err := json.Unmarshal(s.Bytes(), &p); err != nil {
			t.Fatal(err)
		}
		list = append(list, p)
	}
	return list
}

var probeModels = map[string]Model{
	"1.2.840.10008.5.1.4.1.2.1.1": PatientRoot,
	"1.2.840.10008.5.1.4.1.2.2.1": StudyRoot,
	"1.2.840.10008.5.1.4.1.2.3.1": PatientStudyOnly,
	"1.2.840.10008.5.1.4.31":      ModalityWorklist,
}

// keysOf makes the identifier of a record: raw values, numbers as US.
func keysOf(t *testing.T, keys map[string]any) *dicom.Dataset {
	ds := dicom.NewDataset(len(keys))
	for k, v := range keys {
		tag, ok := dicom.ParseTag(k)
		if !ok {
			t.Fatalf("tag %q", k)
		}
		vr := dicom.CurrentDictionary().VR(tag)
		switch v := v.(type) {
		case string:
			e := dicom.NewText(tag, vr, bytesOf(v))
			if vr == dicom.UI && len(v)%2 == 1 {
				e.Value[len(v)] = 0
			}
			ds.Put(e)
		case float64:
			ds.SetUint16(tag, uint16(v))
		case []any:
			items := make([]*dicom.Dataset, len(v))
			for i := range v {
				items[i] = keysOf(t, v[i].(map[string]any))
			}
			ds.SetItems(tag, items...)
		}
	}
	return ds
}

// bytesOf turns text of a record, one rune for each byte, into the bytes.
func bytesOf(s string) string {
	b := make([]byte, 0, len(s))
	for _, r := range s {
		b = append(b, byte(r))
	}
	return string(b)
}

// wanted renders a recorded data set as renderRecord does ours.
func wanted(m map[string]any) string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b string) int { return strings.Compare(strings.ToLower(a), strings.ToLower(b)) })
	var b strings.Builder
	for _, k := range keys {
		switch v := m[k].(type) {
		case []any:
			fmt.Fprintf(&b, "%s={", strings.ToLower(k))
			for _, it := range v {
				b.WriteString(wanted(it.(map[string]any)))
			}
			b.WriteString("} ")
		case float64:
			fmt.Fprintf(&b, "%s=%v ", strings.ToLower(k), v)
		case string:
			fmt.Fprintf(&b, "%s=%q ", strings.ToLower(k), bytesOf(v))
		}
	}
	return b.String()
}

func renderRecord(ds *dicom.Dataset) string {
	var b strings.Builder
	for e := range ds.All() {
		switch {
		case len(e.Items) > 0:
			fmt.Fprintf(&b, "%s={", e.Tag)
			for _, it := range e.Items {
				b.WriteString(renderRecord(it))
			}
			b.WriteString("} ")
		case e.VR == dicom.US && len(e.Value) == 2:
			fmt.Fprintf(&b, "%s=%v ", e.Tag, binary.LittleEndian.Uint16(e.Value))
		default:
			fmt.Fprintf(&b, "%s=%q ", e.Tag, e.Value)
		}
	}
	return b.String()
}

// TestFindRecords runs the recorded C-FIND requests on the same objects.
func TestFindRecords(t *testing.T) {
	for _, b := range backends(t) {
		t.Run(b.name, func(t *testing.T) {
			d := b.open(t, defaultSettings(), nil)
			for _, f := range files(t, "network/mr*.dcm") {
				mustAdd(t, d, readObject(t, f), "0009703828/"+f)
			}
			for _, n := range strings.Fields("a11 a12 a13 a21 a22 b1 b10 b11 b12 b2 b3 b4 b5 b6 b7 b8 b9 c1 d1 e1") {
				ds := readObject(t, "testdata/network/"+n+".dcm")
				mustAdd(t, d, ds, ds.String(dicom.PatientID)+"/"+n+".dcm")
			}
			fillWorklist(t, d)
			for _, p := range probes(t) {
				if why := differs[b.name][p.Name]; why != "" {
					continue
				}
				t.Run(p.Name, func(t *testing.T) { runProbe(t, d, b.name, &p) })
			}
		})
	}
}

// differs names the records that a driver answers in another way, and why.
var differs = map[string]map[string]string{
	"postgres": {
		"patient-name-wild-case":      "LIKE of PostgreSQL regards case",
		"patient-name-wild-exactcase": "LIKE of PostgreSQL regards case",
		"study-accession-case-wild":   "LIKE of PostgreSQL regards case",
		"study-patientkeys":           "LIKE of PostgreSQL regards case",
		"mwl-name-wild":               "LIKE of PostgreSQL regards case",
	},
	"mariadb": {
		"patient-name-exact-case": "the default collation of MariaDB disregards case",
		"study-accession-case":    "the default collation of MariaDB disregards case",
	},
	"dbase": {
		"patient-name-exact-case": "the dBASE driver always compares without case",
		"study-accession-case":    "the dBASE driver always compares without case",
	},
}

func fillWorklist(t *testing.T, d *DB) {
	rows := [][]string{
		{"W1", "P1", "Smith^John", "CT", "CTROOM", "20240101", "0900"},
		{"W2", "P2", "SMITH^JANE", "MR", "MRROOM", "20240102", "1000"},
		{"W3", "P9", "Zed^Z", "CT", "CTROOM", "20240103", "1100"},
	}
	for i, r := range rows {
		err := d.AddWorklist(context.Background(), []Field{
			{"AccessionN", r[0]}, {"PatientID", r[1]}, {"PatientNam", r[2]}, {"PatientBir", "19500102"}, {"PatientSex", "F"},
			{"StudyInsta", fmt.Sprintf("1.2.3.W.%d", i)}, {"ReqProcDes", fmt.Sprintf("Proc %d", i)}, {"Modality", r[3]},
			{"ScheduledA", r[4]}, {"StartDate", r[5]}, {"StartTime", r[6]}, {"SchedPSDes", fmt.Sprintf("Step %d", i)},
			{"SchedPSID", fmt.Sprintf("SP%d", i)}, {"ReqProcID", fmt.Sprintf("RP%d", i)},
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

func runProbe(t *testing.T, d *DB, driver string, p *probe) {
	status, answers := "0000", []string{}
	seq, err := d.Find(context.Background(), probeModels[p.Request.SOPClass], keysOf(t, p.Request.Keys), FindOptions{})
	var se *StatusError
	if errors.As(err, &se) {
		status = fmt.Sprintf("%04X", se.Status)
	} else if err != nil {
		t.Fatal(err)
	} else {
		for a, err := range seq {
			if err != nil {
				t.Fatal(err)
			}
			answers = append(answers, renderRecord(a))
		}
	}
	var want []string
	for _, m := range p.Response.Datasets {
		want = append(want, wanted(m))
	}
	if !p.Ordered || driver != "sqlite" {
		slices.Sort(answers)
		slices.Sort(want)
	}
	if status != p.Response.Status || !slices.Equal(answers, want) && len(answers)+len(want) > 0 {
		t.Errorf("keys %v\nstatus %s, want %s\n got %s\nwant %s", p.Request.Keys, status, p.Response.Status,
			strings.Join(answers, "\n     "), strings.Join(want, "\n     "))
	}
}
