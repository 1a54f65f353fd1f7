package evtx

import (
	"encoding/binary"
	"unicode/utf16"
)

// A builder writes the content of one chunk, for records that no recording has.
type builder struct{ b []byte }

func newBuilder() *builder {
	w := &builder{b: make([]byte, chunkHeaderSize)}
	copy(w.b, chunkSignature)
	return w
}

func (w *builder) u8(x ...byte)  { w.b = append(w.b, x...) }
func (w *builder) u16(x uint16)  { w.b = binary.LittleEndian.AppendUint16(w.b, x) }
func (w *builder) u32(x uint32)  { w.b = binary.LittleEndian.AppendUint32(w.b, x) }
func (w *builder) u64(x uint64)  { w.b = binary.LittleEndian.AppendUint64(w.b, x) }
func (w *builder) text(s string) { w.b = append(w.b, utf16Bytes(utf16.Encode([]rune(s))...)...) }

func utf16Bytes(units ...uint16) []byte {
	var b []byte
	for _, u := range units {
		b = binary.LittleEndian.AppendUint16(b, u)
	}
	return b
}

// name writes a name where it is used.
func (w *builder) name(s string) {
	w.u32(uint32(len(w.b) + 4))
	w.u32(0) // next name
	w.u16(0) // hash
	w.u16(uint16(len(s)))
	w.text(s)
	w.u16(0)
}

// element writes an element with what content writes in it. It has a dependency
// id if it stands in a template definition.
func (w *builder) element(definition bool, name string, content func()) {
	w.u8(tokenElement)
	if definition {
		w.u16(0xffff)
	}
	w.u32(0)
	w.name(name)
	w.u8(tokenCloseStart)
	content()
	w.u8(tokenEndElement)
}

// constant writes a text into an element.
func (w *builder) constant(s string) {
	w.u8(tokenText, typeString)
	w.u16(uint16(len(s)))
	w.text(s)
}

// substitution writes a reference to substitution n.
func (w *builder) substitution(n uint16, kind byte) {
	w.u8(tokenSubstitution)
	w.u16(n)
	w.u8(kind)
}

// definition writes a template instance up to its values, with the definition.
func (w *builder) definition(tree func()) {
	w.u8(tokenInstance, 1)
	w.u32(1)
	w.u32(uint32(len(w.b) + 4))
	w.u32(0)
	w.b = append(w.b, make([]byte, 16)...)
	size := len(w.b)
	w.u32(0)
	w.fragment()
	tree()
	w.u8(tokenEnd)
	binary.LittleEndian.PutUint32(w.b[size:], uint32(len(w.b)-size-4))
}

func (w *builder) fragment() { w.u8(tokenFragment, 1, 1, 0) }

// values writes the values of an instance.
func (w *builder) values(values ...value) {
	w.u32(uint32(len(values)))
	for _, v := range values {
		w.u16(uint16(len(v.data)))
		w.u8(v.kind, 0)
	}
	for _, v := range values {
		w.b = append(w.b, v.data...)
	}
}

// record writes a record with what content writes in it.
func (w *builder) record(number uint64, content func()) {
	start := len(w.b)
	w.b = append(w.b, recordSignature...)
	w.u32(0)
	w.u64(number)
	w.u64(0) // written
	w.fragment()
	content()
	w.u8(tokenEnd)
	size := uint32(len(w.b) + recordSizeCopy - start)
	w.u32(size)
	binary.LittleEndian.PutUint32(w.b[start+recordOffSize:], size)
}

// log returns a log with the chunk.
func (w *builder) log() []byte {
	header := make([]byte, fileHeaderSize, fileHeaderSize+chunkSize)
	copy(header, fileSignature)
	binary.LittleEndian.PutUint16(header[fileOffBlock:], fileHeaderSize)
	binary.LittleEndian.PutUint32(w.b[chunkOffFree:], uint32(len(w.b)))
	return append(append(header, w.b...), make([]byte, chunkSize-len(w.b))...)
}
