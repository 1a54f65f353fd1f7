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

// ContextBytes is how much a Context holds at most. Where more comes together, it
// keeps half as much: to move all of it for each small batch would cost a server
// more than to read that.
const ContextBytes = 64 << 10

// A Context is what a station and its server both remember of the batches that
// were stored: the end of their lines. As the raw dictionary of zstd it makes
// small batches as small as if they were parts of a large one.
//
// Both sides keep one each, and it is named by all batches that were appended to
// it: one that is packed on another content than the one at hand is not unpacked.
// Losing it costs bytes and nothing else. The zero value is empty.
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

// After returns the name that c is to have when a batch is appended that was sent
// as body. It is a digest of that and of the name before, which stands for all
// there was: one of the content would cost a server more than to read a small
// batch does.
func (c *Context) After(body []byte) (name string) {
	digest := sha256.New()
	digest.Write([]byte(c.Name()))
	digest.Write(body)
	return hex.EncodeToString(digest.Sum(nil)[:8])
}

// Append adds the lines of a batch that was stored, or their ContextTail. name is
// what After said for it.
func (c *Context) Append(name string, lines []byte) {
	if len(lines) == 0 {
		return
	}
	c.name = name
	size := len(c.content) + len(lines)
	if size <= ContextBytes {
		if size > cap(c.content) {
			c.content = append(make([]byte, 0, min(2*size, ContextBytes)), c.content...)
		}
		c.content = append(c.content, lines...)
		return
	}
	lines = lines[max(0, len(lines)-ContextBytes/2):]
	kept := c.content[min(len(c.content), max(0, len(c.content)+len(lines)-ContextBytes/2)):]
	if cap(c.content) < ContextBytes {
		c.content = make([]byte, 0, ContextBytes)
	}
	c.content = append(append(c.content[:0], kept...), lines...)
}

// Forget empties c.
func (c *Context) Forget() { c.content, c.name = c.content[:0], "" }

// ContextTail returns the part of a batch's lines that a Context can remember, and
// a byte more where there was more.
func ContextTail(lines []byte) []byte { return lines[max(0, len(lines)-ContextBytes-1):] }
