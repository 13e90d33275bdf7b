package pixel

// resized brings a picture to another size: smaller by the mean of what a pixel
// covers, larger by straight lines between pixels.
func (p plane) resized(width, height int) plane {
	if width == p.width && height == p.height {
		return p
	}
	across := weightsFor(p.width, width)
	down := weightsFor(p.height, height)
	// First along the rows, to 16 bits of which 8 are a fraction.
	mid := make([]uint16, width*p.height*p.channels)
	for y := range p.height {
		row := p.pix[y*p.width*p.channels:]
		out := mid[y*width*p.channels:]
		for x, w := range across {
			for c := range p.channels {
				sum := uint32(0)
				for k, f := range w.factors {
					sum += f * uint32(row[(w.first+k)*p.channels+c])
				}
				out[x*p.channels+c] = uint16(sum >> (weightBits - 8))
			}
		}
	}
	q := plane{width, height, p.channels, make([]byte, width*height*p.channels)}
	stride := width * p.channels
	for y, w := range down {
		out := q.pix[y*stride : (y+1)*stride]
		for i := range out {
			sum := uint64(0)
			for k, f := range w.factors {
				sum += uint64(f) * uint64(mid[(w.first+k)*stride+i])
			}
			out[i] = byte(min((sum+1<<(weightBits+7))>>(weightBits+8), 255))
		}
	}
	return q
}

const weightBits = 16

// weights are the shares of pixels, from the first one on, that a new pixel is
// made of; they add up to 1 << weightBits.
type weights struct {
	first   int
	factors []uint32
}

func weightsFor(from, to int) []weights {
	list := make([]weights, to)
	scale := float64(from) / float64(to)
	for i := range list {
		if scale >= 1 {
			list[i] = covered(float64(i)*scale, float64(i+1)*scale, from)
			continue
		}
		at := min(max((float64(i)+0.5)*scale-0.5, 0), float64(from-1))
		first := min(int(at), max(from-2, 0))
		share := uint32((at - float64(first)) * (1 << weightBits))
		list[i] = weights{first, []uint32{1<<weightBits - share, share}}
		if from == 1 {
			list[i] = weights{0, []uint32{1 << weightBits}}
		}
	}
	return list
}

// covered weighs the pixels between two places by how much of them is covered.
func covered(start, end float64, n int) weights {
	first := int(start)
	w := weights{first: first}
	left := uint32(1 << weightBits)
	for i := first; i < n && float64(i) < end; i++ {
		part := min(end, float64(i+1)) - max(start, float64(i))
		f := min(uint32(part/(end-start)*(1<<weightBits)+0.5), left)
		w.factors = append(w.factors, f)
		left -= f
	}
	w.factors[len(w.factors)-1] += left
	return w
}
