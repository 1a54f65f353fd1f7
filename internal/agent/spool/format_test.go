package spool

import (
	"bytes"
	"testing"
)

// FuzzSegment holds that no bytes make the reader of segments fail, that what it
// finds is in order and whole, and that frames put behind any damage are found.
func FuzzSegment(f *testing.F) {
	whole := appendHeader(nil, 5)
	for n := uint64(5); n < 9; n++ {
		whole = appendFrame(whole, kindRecord, n, int64(n), body(n))
	}
	whole = appendFrame(whole, kindHole, 20, 9)
	whole = appendFrame(whole, kindNotice, 21, 9, appendLoss(nil, damaged, loss{First: 9, Last: 20, Records: 12}), []byte("{}"))
	f.Add(whole)
	f.Add(whole[:len(whole)-3])
	f.Add(append(bytes.Clone(whole[:60]), whole[70:]...))
	f.Add([]byte(nil))
	f.Add([]byte(marker + marker))
	f.Fuzz(func(t *testing.T, data []byte) {
		const limit = 1 << 40
		check := func(data []byte) (sv survey, anew []byte) {
			at := uint64(4)
			anew = appendHeader(nil, 5)
			sv = examine(data, 5, limit, func(fr frame) {
				if fr.seq <= at || fr.seq >= limit {
					t.Fatalf("number %d behind %d", fr.seq, at)
				}
				at = fr.seq
				if fr.kind == kindNotice {
					parseLoss(fr.payload)
				}
				anew = appendFrame(anew, fr.kind, fr.seq, fr.time, fr.payload)
			})
			if sv.covered != at || sv.newest > sv.covered || sv.end > max(int64(len(data)), headerSize) {
				t.Fatalf("survey %+v of %d bytes, last number %d", sv, len(data), at)
			}
			return sv, anew
		}
		sv, anew := check(data)
		again, same := check(anew)
		if again.frames != sv.frames || again.damaged || again.torn || !bytes.Equal(anew, same) {
			t.Fatalf("what was found, written anew, is %+v, was %+v", again, sv)
		}
		if len(data) < headerSize {
			return
		}
		more := appendFrame(bytes.Clone(data), kindRecord, limit-1, 1, []byte(`{"last":true}`))
		if last, _ := check(more); last.covered != limit-1 || last.frames != sv.frames+1 {
			t.Fatalf("the frame behind is not found: %+v, before it %+v", last, sv)
		}
	})
}

// FuzzNotice holds that what is read of a notice is what was written, whatever
// the bytes.
func FuzzNotice(f *testing.F) {
	f.Add(appendLoss(nil, age, loss{First: 1, Last: 2, Records: 2, From: 3, To: 4}))
	f.Fuzz(func(t *testing.T, payload []byte) {
		reason, l, ok := parseLoss(payload)
		if ok && !bytes.Equal(appendLoss(nil, reason, l), payload[:lossSize]) {
			t.Fatalf("%x is read as %d, %+v", payload, reason, l)
		}
	})
}

// TestHostileText puts what looks like a frame into a record, and damages it.
func TestHostileText(t *testing.T) {
	inner := appendFrame(nil, kindRecord, 7, 1, []byte("forged"))
	text := bytes.ToValidUTF8(inner, []byte("?"))
	b := appendFrame(appendHeader(nil, 5), kindRecord, 5, 1, text)
	b = appendFrame(b, kindRecord, 6, 1, []byte("good"))
	b[headerSize+frameSize+len(text)-1] ^= 1
	var got []string
	sv := examine(b, 5, noLimit, func(f frame) { got = append(got, string(f.data())) })
	if len(got) != 1 || got[0] != "good" || !sv.damaged || len(sv.missing) != 1 {
		t.Errorf("found %q, %+v", got, sv)
	}
}
