package wire

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"testing"
)

// However lines come, a context is the end of all of them, and that is cut where
// docs/protocol.md says.
func TestContextIsTheEndOfAllLines(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	var c, cut Context
	var all, want []byte
	if c.Name() != NewContext || !c.Empty() {
		t.Errorf("a context without content is named %q", c.Name())
	}
	for i, size := range []int{1, 0, 100, 80_000, 31, ContextBytes, ContextBytes - 1, 5, 24_000, 24_000, 24_000, ContextBytes + 1, 3, ContextBytes/2 - 3, ContextBytes / 2, 1, ContextBytes / 2, ContextBytes/2 + 1, 20_000, 40_000, 2 * ContextBytes, 1, 2, 3, 4, ContextBytes + 1, 4, 5, 6, 7, 8, 9, ContextBytes, 1} {
		lines := make([]byte, size)
		for i := range lines {
			lines[i] = byte(random.Uint32())
		}
		if i%7 == 6 {
			want = nil
			c.Forget()
			cut.Forget()
		}
		all = append(all, lines...)
		if want = append(want, lines...); len(want) > ContextBytes {
			want = want[len(want)-ContextBytes/2:]
		}
		name := fmt.Sprint("batch ", i)
		if size == 0 {
			name = c.Name()
		}
		c.Append(name, lines)
		cut.Append(name, ContextTail(lines))
		if !bytes.HasSuffix(all, want) || !bytes.Equal(c.Content(), want) || !bytes.Equal(cut.Content(), want) {
			t.Fatalf("after %d bytes the context has %d and %d, not the end of all %d", size, len(c.Content()), len(cut.Content()), len(all))
		}
		if c.Name() != name || cut.Name() != name {
			t.Errorf("after %d bytes the context is named %s and %s; want %s", size, c.Name(), cut.Name(), name)
		}
		if cap(c.content) > ContextBytes {
			t.Fatalf("a context takes %d bytes of memory", cap(c.content))
		}
	}
	c.Forget()
	if c.Append("x", nil); !c.Empty() || c.Name() != NewContext {
		t.Errorf("a context that was forgotten is %q with %d bytes", c.Name(), len(c.Content()))
	}
}

// The name tells all batches and their order. It is what docs/protocol.md says.
func TestContextNames(t *testing.T) {
	name := func(bodies ...string) string {
		var c Context
		c.Append("something else", []byte("before\n"))
		c.Forget()
		for _, b := range bodies {
			c.Append(c.After([]byte(b)), []byte("a line\n"))
		}
		return c.Name()
	}
	seen := map[string]int{}
	for i, bodies := range [][]string{{}, {"a"}, {"b"}, {"a", "b"}, {"b", "a"}, {"ab"}, {"a", "a"}, {"a", "a", "a"}, {"b", "a", "b"}} {
		if other, ok := seen[name(bodies...)]; ok {
			t.Errorf("case %d has the name of case %d", i, other)
		}
		seen[name(bodies...)] = i
	}
	first := sha256.Sum256([]byte("newa"))
	second := sha256.Sum256([]byte(hex.EncodeToString(first[:8]) + "b"))
	if got, want := name("a", "b"), hex.EncodeToString(second[:8]); got != want {
		t.Errorf("after two batches the context is named %s; want %s", got, want)
	}
}
