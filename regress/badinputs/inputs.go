package main

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"fmt"
	"io"
	"math/rand/v2"
	"time"

	"conquest/dicom"
	"conquest/dimse"
)

// input is something bad.
type input struct {
	name  string
	large bool // more than 50 MB are sent
	// send sends it and tells what the server made of it.
	send func(*peer) string
}

const mb = 1 << 20

// inputs are all, in the order in which they are sent.
func inputs() []input {
	return []input{
		{"C-FIND with an element of 1 GB", true, find(func(w io.Writer) error { return element(w, "OB", 1<<30) })},
		{"C-FIND with 1000 elements of 1 MB", true, find(times(1000, func(w io.Writer) error { return element(w, "OB", mb) }))},
		{"C-FIND with 80 MB of empty items", true, find(sequence(10 * mb))},
		{"C-FIND with 24 MB of empty items", false, find(sequence(3 * mb))},
		{"C-FIND with 24 MB of empty elements", false, find(times(3*mb, func(w io.Writer) error { return element(w, "LO", 0) }))},
		{"C-FIND nested 100,000 deep", false, find(nested(100_000))},
		{"C-STORE with an element of 1 GB", true, store(func(w io.Writer) error { return element(w, "OB", 1<<30) })},
		{"C-STORE with 1000 elements of 1 MB", true, store(times(1000, func(w io.Writer) error { return element(w, "OB", mb) }))},
		{"C-STORE with 80 MB of empty items", true, store(sequence(10 * mb))},
		{"C-STORE with 500,000 elements of 300 bytes", true, store(times(500_000, func(w io.Writer) error { return element(w, "LO", 300) }))},
		{"C-STORE, value longer than the data", false, store(func(w io.Writer) error { return header(w, "OB", 1<<31) })},
		{"C-STORE nested 100,000 deep", false, store(nested(100_000))},
		{"deflated C-STORE, 800 kB that become 825 MB", false, deflated(825 * mb)},
		{"deflated C-STORE, 250 MB of zeros", false, deflated(250 * mb)},
		{"JPEG 2000 of 30000 x 30000 pixels", false, storePicture(jpeg2000Context, dicom.JPEG2000Lossless, 30000, 1, func() []byte { return jpeg2000Bomb(30000) })},
		{"JPEG 2000 of 40 frames of 4096 x 4096", false, storePicture(jpeg2000Context, dicom.JPEG2000Lossless, 4096, 40, func() []byte { return jpeg2000Bomb(4096) })},
		{"RLE of 60000 x 60000 pixels", false, storePicture(rleContext, dicom.RLELossless, 60000, 1, func() []byte { return rleBomb(100) })},
		{"RLE of 50 MB in 800 kB", false, storePicture(rleContext, dicom.RLELossless, 5000, 1, func() []byte { return rleBomb(200_000) })},
		{"plain pixel data of 60000 x 60000, 10 bytes", false, storePicture(storeContext, dicom.ExplicitLittleEndian, 60000, 1, func() []byte { return make([]byte, 10) })},
		{"file: JPEG 2000 of 16000 x 16000 pixels", false, drop("bomb.dcm", func() []byte { return part10(picture(dicom.JPEG2000Lossless, 16000, 1, jpeg2000Bomb(16000))) })},
		{"file: JPEG 2000 of 9999 frames of 4096 x 4096", false, drop("frames.dcm", func() []byte { return part10(picture(dicom.JPEG2000Lossless, 4096, 9999, jpeg2000Bomb(4096))) })},
		{"zip of 2 MB that becomes 2 GB", false, drop("zeros.zip", func() []byte { return zeroZip(2 << 30) })},
		{"gzip of 1 MB that becomes 1 GB", false, drop("zeros.dcm.gz", func() []byte { return zeroGzip(1 << 30) })},
		{"30 zips within each other", false, drop("nested.zip", func() []byte { return nestedZip(30) })},
		{"zip of 20,000 empty files", false, drop("names.zip", func() []byte { return manyNames(20_000) })},
		{"zip of 150,000 empty files", true, drop("names.zip", func() []byte { return manyNames(150_000) })},
		{"HL7 file of 60 MB", true, drop("large.hl7", func() []byte { return bytes.Repeat([]byte("MSH|^~\\&|\rPID|1||X\r"), 3_000_000) })},
		{"upload of 300 MB to the CGI program", true, upload(300 * mb)},
		{"upload of 5 GB to the CGI program", true, upload(5 << 30)},
		{"command of 100 MB", true, command},
		{"PDU that tells 4 GB", false, hugePDU},
		{"random bytes on 200 connections", false, noise(200, false)},
		{"random bytes on 200 associations", false, noise(200, true)},
		{"1000 silent connections", false, silent(1000, false)},
		{"1000 silent associations", false, silent(1000, true)},
	}
}

// write writes a data set.
type write func(w io.Writer) error

// header writes the beginning of a private element.
func header(w io.Writer, vr string, n uint32) error {
	b := append([]byte{0x09, 0, 0x01, 0x10}, vr...)
	if vr == "LO" {
		b = binary.LittleEndian.AppendUint16(b, uint16(n))
	} else {
		b = binary.LittleEndian.AppendUint32(append(b, 0, 0), n)
	}
	_, err := w.Write(b)
	return err
}

var zeros [mb]byte

func element(w io.Writer, vr string, n int64) error {
	if err := header(w, vr, uint32(n)); err != nil {
		return err
	}
	for n > 0 {
		k := min(n, mb)
		if _, err := w.Write(zeros[:k]); err != nil {
			return err
		}
		n -= k
	}
	return nil
}

// times writes a part n times, in pieces that are not too small.
func times(n int, part write) write {
	return func(w io.Writer) error {
		var b bytes.Buffer
		for range n {
			if err := part(&b); err != nil {
				return err
			}
			if b.Len() > 100<<10 {
				if _, err := b.WriteTo(w); err != nil {
					return err
				}
			}
		}
		_, err := b.WriteTo(w)
		return err
	}
}

// sequence writes a sequence of n empty items.
func sequence(n int) write {
	return func(w io.Writer) error {
		if _, err := w.Write([]byte("\x08\x00\x40\x11SQ\x00\x00\xff\xff\xff\xff")); err != nil {
			return err
		}
		err := times(n, func(w io.Writer) error {
			_, err := w.Write([]byte{0xfe, 0xff, 0, 0xe0, 0, 0, 0, 0})
			return err
		})(w)
		if err == nil {
			_, err = w.Write([]byte{0xfe, 0xff, 0xdd, 0xe0, 0, 0, 0, 0})
		}
		return err
	}
}

// nested writes sequences within each other.
func nested(n int) write {
	return times(n, func(w io.Writer) error {
		_, err := w.Write([]byte("\x08\x00\x40\x11SQ\x00\x00\xff\xff\xff\xff\xfe\xff\x00\xe0\xff\xff\xff\xff"))
		return err
	})
}

func find(data write) func(*peer) string {
	return request(findContext, dimse.CFindRQ, dimse.StudyRootFind, data)
}

func store(data write) func(*peer) string {
	return request(storeContext, dimse.CStoreRQ, dicom.SecondaryCaptureImageStorage, func(w io.Writer) error {
		if _, err := w.Write(identity()); err != nil {
			return err
		}
		return data(w)
	})
}

// identity is the beginning of an object.
func identity() []byte {
	d := new(dicom.Dataset)
	d.SetString(dicom.SOPClassUID, dicom.SecondaryCaptureImageStorage)
	d.SetString(dicom.SOPInstanceUID, "1.2.3.4.5")
	b, err := dicom.Append(nil, d, dicom.TransferSyntax{})
	if err != nil {
		panic(err) // two short elements
	}
	return b
}

func request(context byte, field dimse.CommandField, class string, data write) func(*peer) string {
	return func(p *peer) string {
		err := p.associate()
		if err == nil {
			err = p.command(context, field, class)
		}
		if err != nil {
			return err.Error()
		}
		w := p.stream(context, false)
		if err := data(w); err != nil {
			return p.answer()
		}
		w.Close()
		return p.answer()
	}
}

// deflated sends an object that grows to n bytes.
func deflated(n int64) func(*peer) string {
	var b bytes.Buffer
	zw, err := flate.NewWriter(&b, flate.BestCompression)
	if err == nil {
		_, err = zw.Write(identity())
	}
	if err == nil {
		err = element(zw, "OB", n)
	}
	if err != nil {
		return func(*peer) string { return err.Error() }
	}
	zw.Close()
	return request(deflatedContext, dimse.CStoreRQ, dicom.SecondaryCaptureImageStorage, func(w io.Writer) error {
		_, err := w.Write(b.Bytes())
		return err
	})
}

func command(p *peer) string {
	if err := p.associate(); err != nil {
		return err.Error()
	}
	err := p.command(echoContext, dimse.CEchoRQ, dimse.Verification, dicom.Element{Tag: 0x99990402, VR: dicom.OB, Value: make([]byte, 100*mb)})
	if err != nil {
		return p.answer()
	}
	if err := p.pdvs(echoContext, false, nil); err != nil {
		return p.answer()
	}
	return p.answer()
}

func hugePDU(p *peer) string {
	if err := p.connect(); err != nil {
		return err.Error()
	}
	p.Write([]byte{1, 0, 0xff, 0xff, 0xff, 0xff})
	p.Write(zeros[:])
	return p.answer()
}

// noise sends random bytes on n connections.
func noise(n int, associated bool) func(*peer) string {
	return func(p *peer) string {
		random := rand.New(rand.NewPCG(1, 2))
		for range n {
			err := p.connect
			if associated {
				err = p.associate
			}
			if err() != nil {
				continue
			}
			b := make([]byte, 10<<10)
			for i := range b {
				b[i] = byte(random.Uint32())
			}
			if associated {
				b[0], b[1] = byte(random.IntN(8)), 0
			}
			p.Write(b)
		}
		return p.answer()
	}
}

// silent opens n connections and says nothing more.
func silent(n int, associated bool) func(*peer) string {
	return func(p *peer) string {
		open := 0
		for range n {
			connect := p.connect
			if associated {
				connect = p.associate
			}
			if connect() == nil {
				open++
			}
		}
		friend := &peer{addr: p.addr}
		defer friend.close()
		for try := range 10 {
			if friend.associate() == nil {
				return fmt.Sprintf("%d open, another caller is served after %d s", open, try)
			}
			time.Sleep(time.Second)
		}
		return fmt.Sprintf("%d open, nobody else is served", open)
	}
}
