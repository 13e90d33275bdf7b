package jpeg

import (
	"errors"
	"fmt"
)

const lutBits = 9

// huffmanSpec is a table as a DHT segment holds it: the number of codes of
// each length and the symbols in code order.
type huffmanSpec struct {
	counts  [16]byte
	symbols []byte
}

// huffmanDecoder finds symbols. Codes of up to lutBits bits are looked up,
// longer ones compared with the largest code of each length.
type huffmanDecoder struct {
	lut     [1 << lutBits]uint16 // length<<8 | symbol; 0: longer code
	maxCode [17]int32            // largest code of a length, -1 when none
	offset  [17]int32            // symbol index minus code
	symbols []byte
}

var errHuffman = errors.New("invalid Huffman table")

func newHuffmanDecoder(spec huffmanSpec) (*huffmanDecoder, error) {
	h := &huffmanDecoder{symbols: spec.symbols}
	code, index := int32(0), int32(0)
	for length := 1; length <= 16; length++ {
		count := int32(spec.counts[length-1])
		h.maxCode[length] = -1
		if count > 0 {
			if code+count > 1<<uint(length) {
				return nil, errHuffman
			}
			h.offset[length] = index - code
			for i := range count {
				if length <= lutBits {
					entry := uint16(length)<<8 | uint16(spec.symbols[index+i])
					first := (code + i) << uint(lutBits-length)
					for j := range int32(1) << uint(lutBits-length) {
						h.lut[first+j] = entry
					}
				}
			}
			index += count
			code += count
			h.maxCode[length] = code - 1
		}
		code <<= 1
	}
	return h, nil
}

// slow finds the symbol of a code longer than lutBits at the top of the 16
// bits v.
func (h *huffmanDecoder) slow(v uint32) (symbol, length int) {
	for l := lutBits + 1; l <= 16; l++ {
		code := int32(v >> uint(16-l))
		if code <= h.maxCode[l] {
			return int(h.symbols[h.offset[l]+code]), l
		}
	}
	return -1, 16
}

// huffmanEncoder gives code and length of each symbol.
type huffmanEncoder struct {
	code   [256]uint16
	length [256]uint8
}

func newHuffmanEncoder(spec huffmanSpec) *huffmanEncoder {
	h := &huffmanEncoder{}
	code, index := uint16(0), 0
	for length := 1; length <= 16; length++ {
		for range spec.counts[length-1] {
			sym := spec.symbols[index]
			h.code[sym], h.length[sym] = code, uint8(length)
			code++
			index++
		}
		code <<= 1
	}
	return h
}

// optimalHuffman builds the table for the given symbol frequencies (ISO/IEC
// 10918-1 annex K.2): no code longer than 16 bits, none of all ones.
func optimalHuffman(freq *[256]int) huffmanSpec {
	var weight [257]int
	copy(weight[:], freq[:])
	weight[256] = 1 // keeps the code of all ones free
	lengths := mergeFrequencies(&weight)

	var counts [258]int
	for _, l := range lengths {
		if l > 0 {
			counts[l]++
		}
	}
	for l := len(counts) - 1; l > 16; l-- {
		for counts[l] > 0 {
			shorter := l - 2
			for counts[shorter] == 0 {
				shorter--
			}
			counts[l] -= 2
			counts[l-1]++
			counts[shorter+1] += 2
			counts[shorter]--
		}
	}
	longest := 16
	for counts[longest] == 0 {
		longest--
	}
	counts[longest]--

	var spec huffmanSpec
	for l := 1; l <= 16; l++ {
		spec.counts[l-1] = byte(counts[l])
	}
	for l := 1; l < len(counts); l++ {
		for sym, sl := range lengths[:256] {
			if sl == l {
				spec.symbols = append(spec.symbols, byte(sym))
			}
		}
	}
	return spec
}

// mergeFrequencies returns the Huffman code length of each weighted symbol.
func mergeFrequencies(weight *[257]int) (lengths [257]int) {
	var next [257]int
	for i := range next {
		next[i] = -1
	}
	for {
		low, second := -1, -1
		for i, w := range weight {
			switch {
			case w == 0:
			case low < 0 || w <= weight[low]:
				low, second = i, low
			case second < 0 || w <= weight[second]:
				second = i
			}
		}
		if second < 0 {
			return lengths
		}
		weight[low] += weight[second]
		weight[second] = 0
		last := low
		for i := low; i >= 0; i = next[i] {
			lengths[i]++
			last = i
		}
		next[last] = second
		for i := second; i >= 0; i = next[i] {
			lengths[i]++
		}
	}
}

// parseDHT reads the tables of a DHT segment into the decoder.
func (d *decoder) parseDHT(seg []byte) error {
	for len(seg) > 0 {
		if len(seg) < 17 {
			return fmt.Errorf("DHT segment: %w", ErrTruncated)
		}
		class, id := seg[0]>>4, seg[0]&15
		if class > 1 || id > 3 {
			return fmt.Errorf("DHT segment: table class %d, number %d", class, id)
		}
		var spec huffmanSpec
		copy(spec.counts[:], seg[1:17])
		total := 0
		for _, c := range spec.counts {
			total += int(c)
		}
		seg = seg[17:]
		if total > 256 || total > len(seg) {
			return fmt.Errorf("DHT segment: %d symbols in %d bytes", total, len(seg))
		}
		spec.symbols = seg[:total]
		seg = seg[total:]
		table, err := newHuffmanDecoder(spec)
		if err != nil {
			return fmt.Errorf("DHT segment: %w", err)
		}
		d.huffman[class][id] = table
	}
	return nil
}
