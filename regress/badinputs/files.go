package main

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// drop puts a file into the watched folder and tells what became of it.
func drop(name string, data func() []byte) func(*peer) string {
	return func(p *peer) string {
		b := data()
		p.sent += int64(len(b))
		incoming := filepath.Join(p.dir, "data", "incoming")
		path := filepath.Join(incoming, name)
		if err := os.WriteFile(path+".partial", b, 0o644); err != nil {
			return err.Error()
		}
		if err := os.Rename(path+".partial", path); err != nil {
			return err.Error()
		}
		for began := time.Now(); time.Since(began) < 2*patience; time.Sleep(50 * time.Millisecond) {
			if reason, err := os.ReadFile(filepath.Join(incoming, "rejected", name+".reason.txt")); err == nil {
				return "set aside: " + short(strings.ReplaceAll(string(reason), p.dir, ""))
			}
			if _, err := os.Stat(path); err != nil {
				return "taken in"
			}
		}
		return "still there"
	}
}

// short is the first and the last part of a reason.
func short(text string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	parts := strings.Split(line, ": ")
	if len(parts) > 2 {
		parts = parts[len(parts)-2:]
	}
	return strings.Join(parts, ": ")
}

// zeroZip is a zip of a file of n zeros.
func zeroZip(n int64) []byte {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	w, err := z.Create("zeros.dcm")
	if err == nil {
		err = fill(w, n)
	}
	if err != nil || z.Close() != nil {
		panic(err) // into memory
	}
	return b.Bytes()
}

func fill(w io.Writer, n int64) error {
	for ; n > 0; n -= mb {
		if _, err := w.Write(zeros[:min(n, mb)]); err != nil {
			return err
		}
	}
	return nil
}

func zeroGzip(n int64) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if err := fill(z, n); err != nil || z.Close() != nil {
		panic(err) // as above
	}
	return b.Bytes()
}

// nestedZip is a file in depth zips.
func nestedZip(depth int) []byte {
	data, name := []byte("x"), "x.dcm"
	for range depth {
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		w, err := z.Create(name)
		if err == nil {
			_, err = w.Write(data)
		}
		if err != nil || z.Close() != nil {
			panic(err) // as above
		}
		data, name = b.Bytes(), "x.zip"
	}
	return data
}

// manyNames is a zip of n empty files.
func manyNames(n int) []byte {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := range n {
		if _, err := z.Create(fmt.Sprintf("%d.dcm", i)); err != nil {
			panic(err) // as above
		}
	}
	if err := z.Close(); err != nil {
		panic(err) // as above
	}
	return b.Bytes()
}

// upload posts n bytes to the CGI program, in a form with a file.
func upload(n int64) func(*peer) string {
	return func(p *peer) string {
		head := "--B\r\nContent-Disposition: form-data; name=\"mode\"\r\n\r\naddlocalfile\r\n--B\r\nContent-Disposition: form-data; name=\"f\"; filename=\"a.dcm\"\r\n\r\n"
		tail := "\r\n--B--\r\n"
		total := int64(len(head)) + n + int64(len(tail))
		cmd := exec.Command(p.binary)
		cmd.Dir = p.dir
		cmd.Env = append(os.Environ(), "REQUEST_METHOD=POST", "GATEWAY_INTERFACE=CGI/1.1", "QUERY_STRING=mode=addlocalfile", fmt.Sprintf("CONTENT_LENGTH=%d", total))
		cmd.Stdin = io.MultiReader(strings.NewReader(head), io.LimitReader(endless{}, n), strings.NewReader(tail))
		out, err := cmd.Output()
		p.sent += total
		p.also(cmd.ProcessState)
		if err != nil {
			return err.Error()
		}
		left, _ := filepath.Glob(filepath.Join(p.dir, "data", "printer_files", "upload*"))
		status, _, _ := strings.Cut(string(out), "\n")
		return fmt.Sprintf("%s, %d files left", strings.TrimSpace(status), len(left))
	}
}

// endless gives zeros.
type endless struct{}

func (endless) Read(b []byte) (int, error) {
	clear(b)
	return len(b), nil
}
