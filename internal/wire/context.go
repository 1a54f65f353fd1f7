package wire

import (
	"crypto/sha256"
	"encoding/hex"
)

// ContextHeader is the header of a batch that builds on those before it. Its
// value is the name of the Context that the batch is packed on, or NewContext
// where it is packed on nothing and the next one is to build on it. Without the
// header a batch stands alone, and the server remembers nothing of it.
const (
	ContextHeader = "Eljefe-Context"
	NewContext    = "new"
)

// ContextBytes is how much a Context holds at most.
const ContextBytes = 32 << 10

// A Context is what a station and its server both remember of the batches that
// were stored: the end of their lines. As the raw dictionary of zstd it makes
// small batches as small as if they were parts of a large one.
//
// Both sides keep one each, and it is named by a digest of its content: a batch
// that is packed on another content than the one at hand is not unpacked. Losing
// it costs bytes and nothing else. The zero value is empty.
type Context struct {
	content []byte
	name    string
}

// Empty tells that there is nothing to build on.
func (c *Context) Empty() bool { return len(c.content) == 0 }

// Name returns the value of ContextHeader for a batch that is packed on c.
func (c *Context) Name() string {
	if c.Empty() {
		return NewContext
	}
	return c.name
}

// Content returns what c holds, until c is changed.
func (c *Context) Content() []byte { return c.content }

// Append adds the lines of a batch that was stored, or their ContextTail.
func (c *Context) Append(lines []byte) {
	lines = ContextTail(lines)
	if len(lines) == 0 {
		return
	}
	kept := c.content[max(0, len(c.content)+len(lines)-ContextBytes):]
	if size := len(kept) + len(lines); size > cap(c.content) {
		c.content = make([]byte, 0, min(2*size, ContextBytes))
	}
	c.content = append(append(c.content[:0], kept...), lines...)
	digest := sha256.Sum256(c.content)
	c.name = hex.EncodeToString(digest[:8])
}

// Forget empties c.
func (c *Context) Forget() { c.content, c.name = c.content[:0], "" }

// ContextTail returns the part of a batch's lines that a Context can remember.
func ContextTail(lines []byte) []byte { return lines[max(0, len(lines)-ContextBytes):] }
