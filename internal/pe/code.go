package pe

import "math"

// entryCode is how much of the code at the entry point is looked at.
const entryCode = 4096

// EntryCode returns the first bytes of code at the entry point: 4,096, or what the
// section has. It is empty for a file that has none, as a library without one, or
// that runs in .NET.
func (f *File) EntryCode() ([]byte, error) {
	if f.EntryPoint == 0 || f.Managed() {
		return nil, f.pages.err
	}
	p := f.place(f.EntryPoint)
	n := p.used
	if n == 0 {
		n = p.n // in what fills up the section's last page
	}
	code := make([]byte, min(entryCode, n))
	return code[:f.pages.read(code, p.off)], f.pages.err
}

// Entropy returns the Shannon entropy of b in bits per byte, from 0 for equal bytes
// to 8 for random ones. Code of compilers has about 6.
func Entropy(b []byte) float64 {
	var counts [256]int
	for _, c := range b {
		counts[c]++
	}
	sum := 0.0
	for _, n := range counts {
		if n > 0 {
			share := float64(n) / float64(len(b))
			sum -= share * math.Log2(share)
		}
	}
	return max(0, sum) // no -0
}
