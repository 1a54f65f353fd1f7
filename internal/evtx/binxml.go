package evtx

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	"github.com/eljefe/eljefe/internal/fault"
)

// Layout of a template instance and of a template's definition.
const (
	instanceSize   = 10 // token, 1 unknown byte, id, offset of the definition
	instanceOffDef = 6
	definitionSize = 24 // offset of the next definition, GUID, size of the element tree
	definitionOff  = 20
	maxNesting     = 8    // binary XML in binary XML; Windows is seen to use 2
	maxValues      = 4096 // of one instance
)

// Limits on the work that the bytes of a chunk can cause, in units of about one
// item of a template or 16 bytes of text. Templates may be used many times and
// may nest, so that a forged record of some hundred bytes could unfold without
// end. The largest honest record, 64 KiB of small numbers, needs about 25,000.
const (
	recordBudget = 1 << 17
	chunkBudget  = 1 << 19
	bytesPerUnit = 16
)

const (
	maxInterned     = 8192 // constant texts kept between chunks
	maxInternedText = 1024 // bytes of the longest
)

var (
	errBudget = fault.Sayf("its records unfold to more than an honest log's can").Coded("evtx_unfolds")
	errCut    = fault.Sayf("the record ends in the middle").Coded("evtx_record_cut")
)

// A span is a part of decoder.text that is to become a text; from -1 means that
// the text is set already.
type span struct{ from, to int }

// A slot is one substitution of an instance: its type and its place in the chunk.
type slot struct {
	kind     byte
	from, to int32
}

// A decoder decodes the records of one chunk after the other. Templates are
// compiled when they are first used in a chunk; per record only the
// substitutions are decoded. The slices are kept to be used again.
type decoder struct {
	chunk     []byte
	templates map[uint32]template // by offset<<3 | place
	items     []item
	pieces    []piece
	interned  map[string]string

	slots []slot // stack: those of a nested instance lie above those of its parent
	rec   Record
	text  []byte              // all texts of the record, one behind the other
	spans []span              // parallel to rec.Data
	texts [systemTexts]span   // the System texts, by field
	fixed [systemTexts]string // those of them that are constant
	spare []byte

	stop int // where the record's content ended

	left, chunkLeft int // budgets
}

// reset prepares for the records of another chunk.
func (d *decoder) reset(chunk []byte) {
	if d.templates == nil {
		d.templates = make(map[uint32]template)
	}
	clear(d.templates)
	d.chunk = chunk
	d.items, d.pieces = d.items[:0], d.pieces[:0]
	d.chunkLeft = chunkBudget
}

// spend takes n units from the record's budget and tells whether it had them.
func (d *decoder) spend(n int) bool {
	d.left -= n
	return d.left >= 0
}

// intern returns UTF-16 text as a string, the same one for the same text.
func (d *decoder) intern(b []byte) string {
	d.spare = appendUTF16(d.spare[:0], b)
	if s, ok := d.interned[string(d.spare)]; ok {
		return s
	}
	s := string(d.spare)
	if len(s) <= maxInternedText {
		if d.interned == nil || len(d.interned) >= maxInterned {
			d.interned = make(map[string]string)
		}
		d.interned[s] = s
	}
	return s
}

// record decodes the record whose header is at pos and whose content ends at
// end. The result is valid until the next call.
func (d *decoder) record(pos, end int) (*Record, error) {
	d.left = min(recordBudget, d.chunkLeft)
	granted := d.left
	d.rec = Record{Data: d.rec.Data[:0]}
	d.text, d.spans, d.slots = d.text[:0], d.spans[:0], d.slots[:0]
	clear(d.texts[:])
	clear(d.fixed[:])
	err := d.fragment(pos+recordHeaderSize, end, placeRoot, 0)
	d.chunkLeft -= granted - max(d.left, 0)
	if err != nil {
		return nil, err
	}
	return d.finish()
}

// finish makes the collected text one string and cuts the texts from it.
func (d *decoder) finish() (*Record, error) {
	all := string(d.text)
	system := func(f field) string {
		if at := d.texts[f]; at.from < at.to {
			return all[at.from:at.to]
		}
		return d.fixed[f]
	}
	r := &d.rec
	r.Provider, r.Channel = system(fieldProvider), system(fieldChannel)
	r.Computer, r.UserSID = system(fieldComputer), system(fieldUserSID)
	for i, at := range d.spans {
		if at.from >= 0 {
			r.Data[i].Text = all[at.from:at.to]
		}
	}
	if r.Provider == "" && r.EventID == 0 {
		return nil, fault.Sayf("the record holds no event").Coded("evtx_no_event")
	}
	return r, nil
}

// fragment decodes the binary XML between pos and end: a record's content, or a
// value of a template whose elements stand at place at.
func (d *decoder) fragment(pos, end int, at place, depth int) error {
	if depth > maxNesting {
		return fmt.Errorf("binary XML is nested deeper than %d", maxNesting)
	}
	if end-pos >= fragmentHeaderSize && d.chunk[pos] == tokenFragment {
		pos += fragmentHeaderSize
	}
	if pos >= end {
		return nil
	}
	switch token := d.chunk[pos]; token {
	case tokenEnd:
		return nil
	case tokenInstance:
		return d.instance(pos, end, at, depth)
	case tokenElement, tokenElement | tokenMore:
		// Elements without a template: one that is used once.
		t, stop := d.compile(pos, end, at, false)
		if t.err != nil {
			return t.err
		}
		if depth == 0 {
			d.stop = stop
		}
		return d.run(t, 0, 0, depth)
	default:
		return fmt.Errorf("token %#02x where a record's content should begin", token)
	}
}

// instance decodes a template instance: which template, then the number, the
// sizes and types, and the bytes of its substitutions.
func (d *decoder) instance(pos, end int, at place, depth int) error {
	if end-pos < instanceSize {
		return errCut
	}
	le := binary.LittleEndian
	definition := int64(le.Uint32(d.chunk[pos+instanceOffDef:]))
	pos += instanceSize
	if definition > int64(len(d.chunk)-definitionSize) {
		return errors.New("a template lies outside of the chunk")
	}
	size := int64(le.Uint32(d.chunk[definition+definitionOff:]))
	if definition+definitionSize+size > int64(len(d.chunk)) {
		return errors.New("a template reaches beyond the chunk")
	}
	start := int(definition) + definitionSize
	stop := start + int(size)
	if int(definition) == pos { // the first use: the definition stands here
		pos = stop
	}
	key := uint32(definition)<<3 | uint32(at)
	t, ok := d.templates[key]
	if !ok {
		t, _ = d.compile(start, stop, at, true)
		if !errors.Is(t.err, errBudget) { // which is this record's fault, not the template's
			d.templates[key] = t
		}
	}
	if t.err != nil {
		return t.err
	}

	if end-pos < 4 {
		return errCut
	}
	n := int64(le.Uint32(d.chunk[pos:]))
	pos += 4
	if n > maxValues || 4*n > int64(end-pos) {
		return fmt.Errorf("a template has %d values", n)
	}
	base := len(d.slots)
	data := pos + 4*int(n)
	for i := range int(n) {
		desc := d.chunk[pos+4*i:]
		length := int(le.Uint16(desc))
		if length > end-data {
			return fmt.Errorf("value %d of %d: %w", i, n, errCut)
		}
		d.slots = append(d.slots, slot{desc[2], int32(data), int32(data + length)})
		data += length
	}
	if !d.spend(int(n) / 4) {
		return errBudget
	}
	if depth == 0 {
		d.stop = data
	}
	err := d.run(t, base, int(n), depth)
	d.slots = d.slots[:base]
	return err
}

// run carries out a template's items with the n substitutions from base on.
func (d *decoder) run(t template, base, n, depth int) error {
	for i := t.from; i < t.to; i++ {
		it := &d.items[i]
		before := len(d.text)
		switch {
		case it.field == fieldNested:
			s := d.slot(d.pieces[it.text.from].sub, base, n)
			switch {
			case s.from == s.to:
			case s.kind == typeBinXML:
				if err := d.fragment(int(s.from), int(s.to), it.place, depth+1); err != nil {
					return err
				}
			case it.place == placeData: // a plain value where an element could stand
				d.data(it, base, n)
			}
		case it.field == fieldData:
			d.data(it, base, n)
		case int(it.field) < systemTexts:
			d.fixed[it.field], d.texts[it.field] = d.join(it.text, base, n)
		default:
			d.number(it, base, n)
		}
		if !d.spend(1 + max(len(d.text)-before, 0)/bytesPerUnit) {
			return errBudget
		}
	}
	return nil
}

// slot returns substitution number sub, an empty one if there is none.
func (d *decoder) slot(sub int32, base, n int) slot {
	if int(sub) >= n {
		return slot{}
	}
	return d.slots[base+int(sub)]
}

func (d *decoder) value(s slot) value {
	return value{s.kind, d.chunk[s.from:s.to]}
}

// join puts a text together: a constant as it is, or a span of the record's text.
func (d *decoder) join(p pieces, base, n int) (string, span) {
	parts := d.pieces[p.from:p.to]
	switch {
	case len(parts) == 0:
		return "", span{-1, -1}
	case len(parts) == 1 && parts[0].sub < 0:
		return parts[0].text, span{-1, -1}
	}
	from := len(d.text)
	for _, part := range parts {
		if part.sub < 0 {
			d.text = append(d.text, part.text...)
		} else {
			d.text = appendValue(d.text, d.value(d.slot(part.sub, base, n)))
		}
	}
	return "", span{from, len(d.text)}
}

// data adds a named value. For an array of texts the element is repeated.
func (d *decoder) data(it *item, base, n int) {
	name := it.name
	if it.naming.from < it.naming.to {
		constant, at := d.join(it.naming, base, n)
		if name = constant; at.from >= 0 {
			name = string(d.text[at.from:at.to])
		}
	}
	if name == "" {
		name = "Data"
	}
	if parts := d.pieces[it.text.from:it.text.to]; len(parts) == 1 && parts[0].sub >= 0 {
		if s := d.slot(parts[0].sub, base, n); s.kind == typeString|typeArray {
			for text := range stringArray(d.chunk[s.from:s.to]) {
				if !d.spend(1) {
					return // run reports it
				}
				from := len(d.text)
				d.text = appendUTF16(d.text, text)
				d.add(name, "", span{from, len(d.text)})
			}
			return
		}
	}
	constant, at := d.join(it.text, base, n)
	d.add(name, constant, at)
}

func (d *decoder) add(name, text string, at span) {
	d.rec.Data = append(d.rec.Data, Value{name, text})
	d.spans = append(d.spans, at)
}

// number sets a System field that is a number or a time. What is none, or does
// not fit, leaves the field zero.
func (d *decoder) number(it *item, base, n int) {
	r := &d.rec
	parts := d.pieces[it.text.from:it.text.to]
	if len(parts) != 1 {
		return
	}
	var x uint64
	if parts[0].sub < 0 {
		if it.field == fieldTime {
			r.Time = parseTime(parts[0].text)
			return
		}
		x, _ = parseNumber(parts[0].text)
	} else {
		v := d.value(d.slot(parts[0].sub, base, n))
		if it.field == fieldTime {
			r.Time = moment(v)
			return
		}
		x, _ = number(v)
	}
	switch it.field {
	case fieldEventID:
		r.EventID = fit[uint16](x, math.MaxUint16)
	case fieldVersion:
		r.Version = fit[uint8](x, math.MaxUint8)
	case fieldLevel:
		r.Level = fit[uint8](x, math.MaxUint8)
	case fieldTask:
		r.Task = fit[uint16](x, math.MaxUint16)
	case fieldOpcode:
		r.Opcode = fit[uint8](x, math.MaxUint8)
	case fieldKeywords:
		r.Keywords = x
	case fieldPID:
		r.PID = fit[uint32](x, math.MaxUint32)
	case fieldTID:
		r.TID = fit[uint32](x, math.MaxUint32)
	case fieldRecordID:
		r.RecordID = x
	}
}

// fit returns x in a smaller type, or 0 if it does not fit.
func fit[T uint8 | uint16 | uint32](x, limit uint64) T {
	if x > limit {
		return 0
	}
	return T(x)
}
