package event

import (
	"encoding/binary"
	"hash/maphash"
	"math"
	"math/bits"
	"strconv"
	"unicode/utf8"
)

// A Decoder reads events, the lines of agents as well as those with named
// Statistics, with the very results of json.Unmarshal, in a fraction of its time.
// It reads the plain form, which is what agents write; at anything else (a member
// it does not know, a null, an exponent, half a surrogate, an error) it leaves the
// whole event to json.Unmarshal. So there is one opinion about what an event means,
// and here only a short cut to it.
//
// Texts that come again and again share their memory, also between batches. The
// zero value is ready; it serves one goroutine.
type Decoder struct {
	line    []byte
	at      int    // in line
	listed  bool   // the line has a list of Statistics
	scratch []byte // a text without its escapes

	seed  maphash.Seed
	texts []string // by the lower bits of their hash; a newer one takes the place

	privileges   map[string]PrivilegeSet // by their list in JSON
	capabilities map[string]CapabilitySet
}

// What a Decoder remembers: it must be little whatever a station sends.
const (
	keptTexts   = 1 << 12
	longestKept = 256 // bytes of a text
	keptSets    = 256
	longestList = 4096 // bytes of a list of privileges or capabilities in JSON

	longestScratch = MaxCommandLine
)

// Decode makes p what the JSON in line says, which it does not keep.
func (d *Decoder) Decode(line []byte, p *Process) error {
	if d.texts == nil {
		d.seed, d.texts = maphash.MakeSeed(), make([]string, keptTexts)
		d.privileges, d.capabilities = map[string]PrivilegeSet{}, map[string]CapabilitySet{}
	}
	*p = Process{}
	if d.decodePlain(line, p) {
		return nil
	}
	*p = Process{}
	return unmarshal(line, p)
}

// decodePlain tells whether it could read all of line. The methods that it is
// made of tell the same, each of its part.
func (d *Decoder) decodePlain(line []byte, p *Process) bool {
	d.line, d.at, d.listed = line, 0, false
	defer func() {
		if d.line = nil; cap(d.scratch) > longestScratch {
			d.scratch = nil
		}
	}()
	if !d.skip('{') {
		return false
	}
	if !d.skip('}') {
		for {
			name, ok := d.characters()
			if !ok || !d.skip(':') || !d.member(name, p) {
				return false
			}
			if d.skip('}') {
				break
			}
			if !d.skip(',') {
				return false
			}
		}
	}
	d.space()
	return d.at == len(d.line)
}

// space passes over white space and returns what comes then; 0 at the end.
func (d *Decoder) space() byte {
	for ; d.at < len(d.line); d.at++ {
		if c := d.line[d.at]; c != ' ' && c != '\t' && c != '\r' && c != '\n' {
			return c
		}
	}
	return 0
}

// skip passes over c, if it comes next.
func (d *Decoder) skip(c byte) bool {
	if d.space() != c {
		return false
	}
	d.at++
	return true
}

// characters reads a text. What it returns is good until the next text.
func (d *Decoder) characters() ([]byte, bool) {
	if !d.skip('"') {
		return nil, false
	}
	begin, ascii, escaped := d.at, true, false
	d.scratch = d.scratch[:0]
	for {
		d.at += ordinary(d.line[d.at:])
		if d.at == len(d.line) {
			return nil, false
		}
		switch c := d.line[d.at]; {
		case c == '"':
			text := d.line[begin:d.at]
			d.at++
			if escaped {
				d.scratch = append(d.scratch, text...)
				text = d.scratch
			}
			return text, ascii || utf8.Valid(text) // json.Unmarshal mends what is not valid
		case c == '\\':
			d.scratch = append(d.scratch, d.line[begin:d.at]...)
			if !d.escape() {
				return nil, false
			}
			begin, escaped = d.at, true
		case c >= utf8.RuneSelf:
			ascii = false
			d.at++
		default:
			return nil, false // a control character
		}
	}
}

// ordinary returns how many bytes text begins with that stand for themselves in
// JSON and are ASCII. It looks at eight at once: a byte's highest bit comes up in
// special if it is set already, or if the byte is smaller than what is taken from
// it. A bit may come up wrongly only above one that is right.
func ordinary(text []byte) int {
	const each, highest = 0x0101010101010101, 0x8080808080808080
	i := 0
	for ; i+8 <= len(text); i += 8 {
		eight := binary.LittleEndian.Uint64(text[i:])
		special := (eight | (eight - each*' ') | ((eight ^ each*'"') - each) | ((eight ^ each*'\\') - each)) & highest
		if special != 0 {
			return i + bits.TrailingZeros64(special)/8
		}
	}
	for ; i < len(text); i++ {
		if c := text[i]; c < ' ' || c == '"' || c == '\\' || c >= utf8.RuneSelf {
			break
		}
	}
	return i
}

// escape reads an escape and appends to scratch what it stands for.
func (d *Decoder) escape() bool {
	rest := d.line[d.at:]
	if len(rest) < 2 {
		return false
	}
	c := rest[1]
	switch c {
	case '"', '\\', '/':
	case 'b':
		c = '\b'
	case 'f':
		c = '\f'
	case 'n':
		c = '\n'
	case 'r':
		c = '\r'
	case 't':
		c = '\t'
	case 'u':
		r, ok := fourDigits(rest[2:])
		if !ok || 0xD800 <= r && r < 0xE000 { // a surrogate: two escapes make a character, or none
			return false
		}
		d.scratch = utf8.AppendRune(d.scratch, r)
		d.at += 6
		return true
	default:
		return false
	}
	d.scratch = append(d.scratch, c)
	d.at += 2
	return true
}

func fourDigits(hexadecimal []byte) (r rune, ok bool) {
	if len(hexadecimal) < 4 {
		return 0, false
	}
	for _, c := range hexadecimal[:4] {
		v, ok := digitOf(c)
		if !ok {
			return 0, false
		}
		r = r<<4 | rune(v)
	}
	return r, true
}

// readText reads a text that may well come again.
func readText[T ~string](d *Decoder, to *T) bool {
	text, ok := d.characters()
	if !ok {
		return false
	}
	if len(text) > longestKept {
		*to = T(text)
		return true
	}
	kept := &d.texts[maphash.Bytes(d.seed, text)%keptTexts]
	if *kept != string(text) {
		*kept = string(text)
	}
	*to = T(*kept)
	return true
}

// readOwn reads a text that hardly any other event has.
func (d *Decoder) readOwn(to *string) bool {
	text, ok := d.characters()
	if ok {
		*to = string(text)
	}
	return ok
}

func (d *Decoder) readNumber(to *uint64) bool {
	d.space()
	var n uint64
	begin := d.at
	for ; d.at < len(d.line); d.at++ {
		digit := uint64(d.line[d.at] - '0')
		if digit > 9 {
			break
		}
		if n > (math.MaxUint64-9)/10 {
			return false
		}
		n = n*10 + digit
	}
	*to = n
	return d.at > begin && (d.line[begin] != '0' || d.at == begin+1)
}

// readFractionOrNil reads a number that may have a few decimals.
func (d *Decoder) readFractionOrNil(to **float64) bool {
	d.space()
	begin := d.at
	var whole uint64
	if !d.readNumber(&whole) {
		return false
	}
	if d.at < len(d.line) && d.line[d.at] == '.' {
		point := d.at
		for d.at++; d.at < len(d.line) && d.line[d.at]-'0' <= 9; d.at++ {
		}
		if d.at == point+1 {
			return false
		}
	}
	v, err := strconv.ParseFloat(string(d.line[begin:d.at]), 64)
	*to = &v
	return err == nil
}

func (d *Decoder) readShort(to *uint32) bool {
	var n uint64
	ok := d.readNumber(&n)
	*to = uint32(n)
	return ok && n <= math.MaxUint32
}

func (d *Decoder) readShortOrNil(to **uint32) bool {
	*to = new(uint32)
	return d.readShort(*to)
}

func (d *Decoder) readBool(to *bool) bool {
	word := "false"
	if *to = d.space() == 't'; *to {
		word = "true"
	}
	end := d.at + len(word)
	if end > len(d.line) || string(d.line[d.at:end]) != word {
		return false
	}
	d.at = end
	return true
}

func (d *Decoder) readBoolOrNil(to **bool) bool {
	*to = new(bool)
	return d.readBool(*to)
}
