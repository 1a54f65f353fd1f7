package detect

import "hash/maphash"

// What a run remembers of values: a fleet runs the same programs with the same
// words all day. Longer texts, and those that meet many tests, are not remembered.
const (
	rememberedValues = 1 << 12
	longestValue     = 1 << 10 // bytes
	mostHits         = 64
)

// A memory knows which tests hold for the values seen last. Which they are depends
// on the value alone.
type memory struct {
	seed  maphash.Seed
	about [rememberedValues]remembered
	ids   []int32 // mostHits for each value
}

type remembered struct {
	text string
	slot int32
	hits int32
}

func newMemory() *memory {
	return &memory{seed: maphash.MakeSeed(), ids: make([]int32, rememberedValues*mostHits)}
}

// recall returns the place of a value, and the tests that hold for it, if it is
// remembered.
func (m *memory) recall(slot int, text string) (place int, ids []int32, ok bool) {
	place = int((maphash.String(m.seed, text) + uint64(slot)*0x9e3779b97f4a7c15) % rememberedValues)
	about := &m.about[place]
	if int(about.slot) != slot || about.text != text {
		return place, nil, false
	}
	return place, m.ids[place*mostHits : place*mostHits+int(about.hits)], true
}

// keep remembers a value in its place. The text is that of an event, which is kept
// in memory by it; not for long, and it is short.
func (m *memory) keep(place, slot int, text string, ids []int32) {
	if len(text) > longestValue || len(ids) > mostHits {
		return
	}
	copy(m.ids[place*mostHits:], ids)
	m.about[place] = remembered{text: text, slot: int32(slot), hits: int32(len(ids))}
}
