package anatomy

import (
	"encoding/binary"
	"math"
	"slices"
)

// Along a file its entropy is measured at so many points, each of them of at least so
// many bytes: of fewer the measure says little.
const (
	mostPoints = 256
	leastStep  = 256
)

// A counter counts the bytes of each value, from the file's begin to each of its cuts.
// Between any two cuts there are as many as the difference, modulo 2^32, which is
// more than a part may have; so parts may overlap as their headers like.
type counter struct {
	step  int64
	cuts  []int64 // ascending
	marks [][256]uint32
	at    int64
	now   [4][256]uint32 // four, so that equal bytes do not wait for one another
}

// newCounter makes one for a file of that size, with cuts where the parts have theirs.
func newCounter(size int64, parts []part) *counter {
	c := &counter{step: max(leastStep, (size+mostPoints-1)/mostPoints)}
	for at := int64(0); at < size; at += c.step {
		c.cuts = append(c.cuts, at)
	}
	c.cuts = append(c.cuts, size)
	for _, p := range parts {
		c.cuts = append(c.cuts, p.from, p.to)
	}
	slices.Sort(c.cuts)
	c.cuts = slices.Compact(c.cuts)
	c.marks = make([][256]uint32, 1, len(c.cuts)) // the first cut is at 0
	return c
}

func (c *counter) write(b []byte) {
	for len(b) > 0 {
		n := min(int64(len(b)), c.cuts[len(c.marks)]-c.at)
		c.count(b[:n])
		b = b[n:]
		if c.at += n; c.at == c.cuts[len(c.marks)] {
			c.mark()
		}
	}
}

func (c *counter) count(b []byte) {
	for ; len(b) >= 8; b = b[8:] {
		v := binary.LittleEndian.Uint64(b)
		c.now[0][byte(v)]++
		c.now[1][byte(v>>8)]++
		c.now[2][byte(v>>16)]++
		c.now[3][byte(v>>24)]++
		c.now[0][byte(v>>32)]++
		c.now[1][byte(v>>40)]++
		c.now[2][byte(v>>48)]++
		c.now[3][byte(v>>56)]++
	}
	for _, v := range b {
		c.now[0][v]++
	}
}

func (c *counter) mark() {
	var m [256]uint32
	for i := range m {
		m[i] = c.now[0][i] + c.now[1][i] + c.now[2][i] + c.now[3][i]
	}
	c.marks = append(c.marks, m)
}

// between returns the counts from one cut to another.
func (c *counter) between(from, to int64) (counts [256]uint64) {
	i, _ := slices.BinarySearch(c.cuts, from)
	j, _ := slices.BinarySearch(c.cuts, to)
	for v := range counts {
		counts[v] = uint64(c.marks[j][v] - c.marks[i][v])
	}
	return counts
}

// entropies returns the entropy of the file, when all of it was written, and fills in
// that of its parts.
func (c *counter) entropies(parts []part) Entropy {
	size := c.cuts[len(c.cuts)-1]
	e, logs := Entropy{Step: c.step, Points: []float64{}}, newLogTable()
	var whole [256]uint64
	for at := int64(0); at < size; at += c.step {
		counts := c.between(at, min(at+c.step, size))
		for v, n := range counts {
			whole[v] += n
		}
		e.Points = append(e.Points, rounded(logs.entropy(&counts)))
	}
	e.Whole = rounded(logs.entropy(&whole))
	for _, p := range parts {
		counts := c.between(p.from, p.to)
		*p.entropy = rounded(logs.entropy(&counts))
	}
	return e
}

// logTable has n times the binary logarithm of n, of numbers that are frequent.
type logTable [2048]float64

func newLogTable() *logTable {
	t := &logTable{}
	for n := 1; n < len(t); n++ {
		t[n] = float64(n) * math.Log2(float64(n))
	}
	return t
}

// entropy returns that of bytes of which there are so many of each value. It is
// pe.Entropy, in a form that is quick for many pieces of a file.
func (t *logTable) entropy(counts *[256]uint64) float64 {
	all, sum := uint64(0), 0.0
	for _, n := range counts {
		all += n
		if n < uint64(len(t)) {
			sum += t[n]
		} else {
			sum += float64(n) * math.Log2(float64(n))
		}
	}
	if all == 0 {
		return 0
	}
	return max(0, math.Log2(float64(all))-sum/float64(all)) // no -0
}

// rounded keeps of an entropy what means something.
func rounded(bits float64) float64 { return math.Round(bits*100) / 100 }

// A summer computes the checksum of an image, as its header has it.
type summer struct{ sum uint64 }

// write adds a piece, which has a multiple of four bytes unless it is the last.
func (s *summer) write(b []byte) {
	var low, high uint64 // of words of 64 bits the halves; neither overflows below 16 GB
	for ; len(b) >= 32; b = b[32:] {
		v, w, x, y := binary.LittleEndian.Uint64(b), binary.LittleEndian.Uint64(b[8:]), binary.LittleEndian.Uint64(b[16:]), binary.LittleEndian.Uint64(b[24:])
		low += v&half + w&half + x&half + y&half
		high += v>>32 + w>>32 + x>>32 + y>>32
	}
	for ; len(b) >= 4; b = b[4:] {
		low += uint64(binary.LittleEndian.Uint32(b))
	}
	for i, v := range b {
		low += uint64(v) << (8 * i)
	}
	s.sum += low + high
}

const half = 1<<32 - 1

// checksum returns it, without the header's own at that place.
func (s *summer) checksum(at int64, claimed uint32, size int64) uint32 {
	// It was added as it lies within its words of 32 bits.
	low, high := uint64(claimed)<<(8*uint(at&3))&half, uint64(claimed)>>(32-8*uint(at&3))
	sum := s.sum - low - high
	for sum > 0xffff {
		sum = sum>>16 + sum&0xffff
	}
	return uint32(sum) + uint32(size)
}
