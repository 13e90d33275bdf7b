package dicomweb

import (
	"bufio"
	"compress/flate"
	"encoding/binary"
	"errors"
	"hash"
	"hash/crc32"
	"io"
	"strings"
)

// packed is compressed text that can be put between other such texts: raw
// deflate data without an end, with length and CRC of the plain text. In a file
// it has a head before it.
type packed struct {
	tag    string // of what it was made of
	length int64
	crc    uint32
	data   io.Reader
}

// Layout of a packed file: mark, tag of 32 bytes, length, CRC, data.
const (
	packedMark = "dgate packed 1\n\x00"
	packedTag  = 32
	packedHead = len(packedMark) + packedTag + 8 + 4
)

var errPacked = errors.New("not a packed text")

// readPacked reads the head of a packed file.
func readPacked(r io.Reader) (*packed, error) {
	head := make([]byte, packedHead)
	if _, err := io.ReadFull(r, head); err != nil {
		return nil, err
	}
	if string(head[:len(packedMark)]) != packedMark {
		return nil, errPacked
	}
	rest := head[len(packedMark):]
	return &packed{
		tag:    string(rest[:packedTag]),
		length: int64(binary.LittleEndian.Uint64(rest[packedTag:])),
		crc:    binary.LittleEndian.Uint32(rest[packedTag+8:]),
		data:   r,
	}, nil
}

// head is what stands before the data in a file.
func (p *packed) head() []byte {
	b := make([]byte, 0, packedHead)
	b = append(b, packedMark...)
	b = append(b, (p.tag + strings.Repeat(" ", packedTag))[:packedTag]...)
	b = binary.LittleEndian.AppendUint64(b, uint64(p.length))
	return binary.LittleEndian.AppendUint32(b, p.crc)
}

// packer compresses text into a packed form.
type packer struct {
	z      *flate.Writer
	crc    hash.Hash32
	length int64
}

func newPacker(w io.Writer) *packer {
	z, _ := flate.NewWriter(w, flate.BestSpeed) // the level is a valid one
	return &packer{z: z, crc: crc32.NewIEEE()}
}

func (p *packer) Write(b []byte) (int, error) {
	p.crc.Write(b)
	p.length += int64(len(b))
	return p.z.Write(b)
}

// end writes what is held back, up to a byte's border.
func (p *packer) end() error { return p.z.Flush() }

// plain reads the plain text.
func (p *packed) plain() io.Reader {
	return io.LimitReader(flate.NewReader(p.data), p.length)
}

// joiner writes packed texts and short plain ones behind each other.
type joiner interface {
	text(s string) error // less than 64 kB
	packed(p *packed) error
	end() error
}

// plainJoiner writes them unpacked.
type plainJoiner struct{ w io.Writer }

func (j *plainJoiner) text(s string) error {
	_, err := io.WriteString(j.w, s)
	return err
}

func (j *plainJoiner) packed(p *packed) error {
	_, err := io.Copy(j.w, p.plain())
	return err
}

func (j *plainJoiner) end() error { return nil }

// gzipJoiner writes them as one gzip stream (RFC 1952), without packing anew.
type gzipJoiner struct {
	w      *bufio.Writer
	crc    uint32
	length int64
}

func newGzipJoiner(w io.Writer) *gzipJoiner {
	out := bufio.NewWriterSize(w, modelPiece)
	out.Write([]byte{0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 4, 0xff}) // errors of out stay until Flush
	return &gzipJoiner{w: out}
}

// text adds a stored block.
func (j *gzipJoiner) text(s string) error {
	n := uint16(len(s))
	block := []byte{0, byte(n), byte(n >> 8), byte(^n), byte(^n >> 8)}
	j.add(crc32.ChecksumIEEE([]byte(s)), int64(len(s)))
	_, err := j.w.Write(append(block, s...))
	return err
}

func (j *gzipJoiner) packed(p *packed) error {
	j.add(p.crc, p.length)
	_, err := io.Copy(j.w, p.data)
	return err
}

func (j *gzipJoiner) add(crc uint32, length int64) {
	j.crc = joinCRC(j.crc, crc, length)
	j.length += length
}

func (j *gzipJoiner) end() error {
	b := []byte{1, 0, 0, 0xff, 0xff} // the last block, empty
	b = binary.LittleEndian.AppendUint32(b, j.crc)
	b = binary.LittleEndian.AppendUint32(b, uint32(j.length))
	j.w.Write(b) // errors stay until Flush
	return j.w.Flush()
}

// joinCRC is the CRC of two texts behind each other, the second of which has n
// bytes: the first one is shifted by n zero bytes, by powers of the shift by one
// bit as a matrix over GF(2).
func joinCRC(a, b uint32, n int64) uint32 {
	var odd, even [32]uint32
	odd[0] = crc32.IEEE
	for i := 1; i < 32; i++ {
		odd[i] = 1 << (i - 1)
	}
	square(&even, &odd) // two bits
	square(&odd, &even) // four bits
	for n > 0 {
		square(&even, &odd)
		if n&1 != 0 {
			a = times(&even, a)
		}
		if n >>= 1; n == 0 {
			break
		}
		square(&odd, &even)
		if n&1 != 0 {
			a = times(&odd, a)
		}
		n >>= 1
	}
	return a ^ b
}

func times(m *[32]uint32, v uint32) uint32 {
	sum := uint32(0)
	for i := 0; v != 0; i, v = i+1, v>>1 {
		if v&1 != 0 {
			sum ^= m[i]
		}
	}
	return sum
}

func square(out, m *[32]uint32) {
	for i := range out {
		out[i] = times(m, m[i])
	}
}
