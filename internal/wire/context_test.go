package wire

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"math/rand/v2"
	"testing"
)

// However lines come, a context is the end of all of them, and named by it.
func TestContextIsTheEndOfAllLines(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	var c, cut Context
	var all []byte
	if c.Name() != NewContext || !c.Empty() {
		t.Errorf("a context without content is named %q", c.Name())
	}
	for _, size := range []int{1, 0, 100, 40_000, 31, ContextBytes, ContextBytes - 1, 5, 12_000, 12_000, 12_000, ContextBytes + 1, 3} {
		lines := make([]byte, size)
		for i := range lines {
			lines[i] = byte(random.Uint32())
		}
		all = append(all, lines...)
		c.Append(lines)
		cut.Append(ContextTail(lines))
		want := all[max(0, len(all)-ContextBytes):]
		if !bytes.Equal(c.Content(), want) || !bytes.Equal(cut.Content(), want) {
			t.Fatalf("after %d bytes the context is not the end of all %d", size, len(all))
		}
		digest := sha256.Sum256(want)
		if name := hex.EncodeToString(digest[:8]); c.Name() != name || cut.Name() != name {
			t.Errorf("after %d bytes the context is named %s and %s; want %s", size, c.Name(), cut.Name(), name)
		}
		if cap(c.content) > ContextBytes {
			t.Fatalf("a context takes %d bytes of memory", cap(c.content))
		}
	}
	c.Forget()
	if c.Append(nil); !c.Empty() || c.Name() != NewContext {
		t.Errorf("a context that was forgotten is %q with %d bytes", c.Name(), len(c.Content()))
	}
}
