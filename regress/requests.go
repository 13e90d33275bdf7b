package main

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
)

// callingAE is the calling AE title of requests that name none.
const callingAE = "REGRESS"

// A request is what the commands for DICOM services have in common.
type request struct {
	calling, called string
	dest            string
	model           string
	unsorted        bool
	options         []string // further options of the tool
	args            []string
}

// parseRequest reads the options of a request: -aet X, -aec Y, -dest Z, -W, -P,
// -S, -O, -u; other options go to the tool.
func (s *stage) parseRequest(args []string, model string) (*request, *server, error) {
	v, err := s.need()
	if err != nil {
		return nil, nil, err
	}
	q := &request{calling: callingAE, called: v.ae, model: model}
	for i := 0; i < len(args); i++ {
		target := map[string]*string{"-aet": &q.calling, "-aec": &q.called, "-dest": &q.dest}[args[i]]
		switch {
		case target != nil:
			if i++; i == len(args) {
				return nil, nil, fmt.Errorf("%s needs a value", args[i-1])
			}
			*target = args[i]
		case slices.Contains([]string{"-W", "-P", "-S", "-O"}, args[i]):
			q.model = args[i]
		case args[i] == "-u":
			q.unsorted = true
		case strings.HasPrefix(args[i], "-") || strings.HasPrefix(args[i], "+"):
			q.options = append(q.options, args[i])
		default:
			q.args = append(q.args, args[i])
		}
	}
	return q, v, nil
}

// run runs a dcmtk client against the server.
func (q *request) run(s *stage, v *server, tool string, options []string, tail ...string) output {
	argv := append([]string{tool}, options...)
	argv = append(argv, q.options...)
	argv = append(argv, "-aet", q.calling, "-aec", q.called, "127.0.0.1", fmt.Sprint(v.port))
	return runTool(s.ctx, s.work, append(argv, tail...)...)
}

// keys turns KEY[=VALUE] arguments into -k options.
func (q *request) keys() []string {
	var opts []string
	for _, k := range q.args {
		opts = append(opts, "-k", k)
	}
	return opts
}

// cmdStore: store [-aet X] [-aec Y] [-xi ..] FILES
func (s *stage) cmdStore(args []string) (string, error) {
	q, v, err := s.parseRequest(args, "")
	if err != nil {
		return "", err
	}
	if len(q.args) == 0 {
		return "", errors.New("usage: store [options] FILES")
	}
	o := q.run(s, v, "storescu", []string{"-v", "-nh"}, q.args...)
	return storeReport(o)
}

var storeResponse = regexp.MustCompile(`Received Store Response \((.*)\)$`)

// storeReport makes a line per file of storescu's messages.
func storeReport(o output) (string, error) {
	var b strings.Builder
	var failures []string
	file, ok := "", true
	for line := range strings.SplitSeq(o.both(), "\n") {
		if text, is := messageText(line, "I"); is {
			if f, found := strings.CutPrefix(text, "Sending file: "); found {
				file = f
			} else if m := storeResponse.FindStringSubmatch(text); m != nil {
				fmt.Fprintf(&b, "%s %s\n", file, m[1])
				ok = ok && m[1] == "Success"
				file = ""
			}
		} else if text, is := messageText(line, "FE"); is && text != "" {
			failures = append(failures, text)
		}
	}
	switch {
	case len(failures) > 0:
		text := strings.Join(failures, " ")
		if file != "" {
			fmt.Fprintf(&b, "%s ", file)
		}
		fmt.Fprintf(&b, "error: %s\n", text)
		return b.String(), errors.New(text)
	case !ok:
		return b.String(), errors.New("not all files were stored")
	case o.err != nil:
		return b.String(), fmt.Errorf("storescu: %w", o.err)
	}
	return b.String(), nil
}

// cmdFind: find [-W|-P|-S|-O] [-u] [-aet X] KEY[=VALUE]..
func (s *stage) cmdFind(args []string) (string, error) {
	q, v, err := s.parseRequest(args, "-S")
	if err != nil {
		return "", err
	}
	dir, err := os.MkdirTemp(s.r.root, "find")
	if err != nil {
		return "", fmt.Errorf("make folder for responses: %w", err)
	}
	defer os.RemoveAll(dir)
	o := q.run(s, v, "findscu", append([]string{"-v", q.model, "-X", "-od", dir}, q.keys()...))
	if o.err != nil || !strings.Contains(o.both(), "Final Find Response (Success)") {
		return "", findError(o)
	}
	var blocks []string
	for _, f := range listFiles(dir) {
		elements, err := dumpFile(s.ctx, filepath.Join(dir, f))
		if err != nil {
			return "", err
		}
		var lines []string
		for _, e := range elements {
			if !e.meta() {
				lines = append(lines, e.line()+"\n")
			}
		}
		slices.Sort(lines)
		blocks = append(blocks, strings.Join(lines, ""))
	}
	if !q.unsorted {
		slices.Sort(blocks)
	}
	return strings.Join(blocks, "\n"), nil
}

func findError(o output) error {
	if err := toolError(o); err != nil {
		return err
	}
	for line := range strings.SplitSeq(o.both(), "\n") {
		if strings.Contains(line, "Final Find Response") {
			return errors.New(line)
		}
	}
	return errors.New("no final response")
}

// cmdMove: move [-P|-S] -dest AE KEY=VALUE..
func (s *stage) cmdMove(args []string) (string, error) {
	q, v, err := s.parseRequest(args, "-S")
	if err != nil {
		return "", err
	}
	o := q.run(s, v, "movescu", append([]string{"-d", q.model, "-aem", q.dest}, q.keys()...))
	return retrieveReport(o, "C-MOVE RSP")
}

// cmdGet: get [-P|-S] OUTDIR KEY=VALUE..
func (s *stage) cmdGet(args []string) (string, error) {
	q, v, err := s.parseRequest(args, "-S")
	if err != nil {
		return "", err
	}
	if len(q.args) < 2 {
		return "", errors.New("usage: get [-P|-S] OUTDIR KEYS")
	}
	dir := s.ts.MkAbs(q.args[0])
	q.args = q.args[1:]
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return "", fmt.Errorf("make folder: %w", err)
	}
	o := q.run(s, v, "getscu", append([]string{"-d", q.model, "-od", dir}, q.keys()...))
	out, err := retrieveReport(o, "C-GET RSP")
	for _, f := range listFiles(dir) {
		out += f + "\n"
	}
	return out, err
}

// retrieveReport makes a report of the last response of a C-MOVE or C-GET in a
// tool's debug output.
func retrieveReport(o output, message string) (string, error) {
	fields := map[string]string{}
	inside := false
	for line := range strings.SplitSeq(o.both(), "\n") {
		text, ok := messageText(line, "DI")
		if !ok {
			continue
		}
		name, value, _ := strings.Cut(text, ":")
		name, value = strings.TrimSpace(name), strings.TrimSpace(value)
		switch {
		case name == "Message Type":
			inside = value == message
			if inside {
				clear(fields)
			}
		case inside:
			fields[name] = value
		}
	}
	status, _, _ := strings.Cut(fields["DIMSE Status"], ":")
	if status == "" {
		if err := toolError(o); err != nil {
			return fmt.Sprintf("error: %v\n", err), err
		}
		return "", errors.New("no response")
	}
	var b strings.Builder
	fmt.Fprintf(&b, "status %s\n", status)
	for _, n := range []string{"Completed", "Failed", "Warning"} {
		count := fields[n+" Suboperations"]
		if count == "" || count == "none" {
			count = "0"
		}
		fmt.Fprintf(&b, "%s %s\n", strings.ToLower(n), count)
	}
	if status != "0x0000" {
		return b.String(), fmt.Errorf("status %s", fields["DIMSE Status"])
	}
	return b.String(), nil
}

// cmdEcho: echo [-aet X] [-aec Y]
func (s *stage) cmdEcho(args []string) (string, error) {
	q, v, err := s.parseRequest(args, "")
	if err != nil {
		return "", err
	}
	if o := q.run(s, v, "echoscu", []string{"-v"}); o.err != nil {
		return "", toolError(o)
	}
	return "", nil
}

// cmdSend: send FILE|hex:BYTES [S]
func (s *stage) cmdSend(args []string) (string, error) {
	v, err := s.need()
	if err != nil || len(args) == 0 {
		return "", errors.Join(err, errors.New("usage: send FILE|hex:BYTES [S]"))
	}
	limit, err := seconds(args, 1, 2*time.Second)
	if err != nil {
		return "", err
	}
	var data []byte
	if text, ok := strings.CutPrefix(args[0], "hex:"); ok {
		data, err = hex.DecodeString(strings.ReplaceAll(text, " ", ""))
	} else {
		data, err = os.ReadFile(s.ts.MkAbs(args[0]))
	}
	if err != nil {
		return "", fmt.Errorf("read bytes to send: %w", err)
	}
	conn, err := net.DialTimeout("tcp", fmt.Sprintf("127.0.0.1:%d", v.port), 5*time.Second)
	if err != nil {
		return "", fmt.Errorf("connect: %w", err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(limit))
	// A server may close before it has read everything: what counts is its answer.
	_, _ = conn.Write(data)
	return readPDUs(conn), nil
}

// readPDUs lists the PDUs that come until the connection ends or times out.
func readPDUs(conn io.Reader) string {
	var b strings.Builder
	for {
		var head [6]byte
		_, err := io.ReadFull(conn, head[:])
		length := int64(head[2])<<24 | int64(head[3])<<16 | int64(head[4])<<8 | int64(head[5])
		if err == nil {
			fmt.Fprintf(&b, "PDU type %02x, %d bytes\n", head[0], length)
			_, err = io.CopyN(io.Discard, conn, length)
		}
		var timeout net.Error
		switch {
		case err == nil:
		case errors.As(err, &timeout) && timeout.Timeout():
			return b.String() + "open\n"
		default:
			return b.String() + "closed\n"
		}
	}
}
