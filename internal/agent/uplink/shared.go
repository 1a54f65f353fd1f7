package uplink

import (
	"bytes"
	"errors"
	"fmt"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/eljefe/eljefe/internal/wire"
)

// A Compressor packs lines into the bodies of batches. It is for one goroutine.
type Compressor struct {
	alone     *zstd.Encoder
	onContext *zstd.Encoder // nil: none was needed yet
}

// NewCompressor returns a compressor.
func NewCompressor() (*Compressor, error) {
	encoder, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithLowerEncoderMem(true), zstd.WithWindowSize(1<<20))
	if err != nil {
		return nil, fmt.Errorf("begin to compress: %w", err)
	}
	return &Compressor{alone: encoder}, nil
}

// Pack makes a batch of lines, packed on what the server remembers; nil: it is to
// stand alone. The body is put into out, as far as it has room.
func (c *Compressor) Pack(out, lines []byte, on *wire.Context) (Batch, error) {
	switch {
	case on == nil:
		return Batch{Body: c.alone.EncodeAll(lines, out[:0])}, nil
	case on.Empty():
		return Batch{Body: c.alone.EncodeAll(lines, out[:0]), Context: on.Name()}, nil
	}
	if c.onContext == nil {
		// The fastest level packs on a dictionary as well as the usual one, with a
		// quarter of its work and of its memory.
		encoder, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1), zstd.WithLowerEncoderMem(true),
			zstd.WithWindowSize(256<<10))
		if err != nil {
			return Batch{}, fmt.Errorf("begin to compress: %w", err)
		}
		c.onContext = encoder
	}
	// As a stream: EncodeAll would load the dictionary a second time, into memory
	// of its own.
	to := bytes.NewBuffer(out[:0])
	err := c.onContext.ResetWithOptions(to, zstd.WithEncoderDictRaw(0, on.Content()))
	if err == nil {
		_, err = c.onContext.Write(lines)
	}
	if err = errors.Join(err, c.onContext.Close()); err != nil {
		return Batch{}, fmt.Errorf("compress a batch: %w", err)
	}
	return Batch{Body: to.Bytes(), Context: on.Name()}, nil
}

const (
	// mostMisses is how often in a row the server may not unpack what builds on
	// what it was sent, and doWithout for how long nothing is built on that then: there seem
	// to be several servers that take turns.
	mostMisses = 3
	doWithout  = time.Hour
)

// Shared is what the server is thought to remember of the stream. The zero value
// is that of a stream of which nothing was sent yet.
type Shared struct {
	context wire.Context
	misses  int
	without time.Time // until then batches stand alone
}

// On returns what the next batch is to be packed on; nil: it stands alone.
func (s *Shared) On() *wire.Context {
	if time.Now().Before(s.without) {
		return nil
	}
	return &s.context
}

// Answered notes how the server answered a batch that was made of lines.
func (s *Shared) Answered(b Batch, lines []byte, stored *wire.Stored, err error) {
	_, told := errors.AsType[*Problem](err)
	switch {
	case b.Context == "":
	case err == nil && !stored.NoContext:
		if b.builds() {
			s.misses = 0
		}
		s.context.Append(s.context.After(b.Body), lines)
	case Is(err, wire.CodeContext, wire.CodeMalformed) && b.builds():
		s.context.Forget()
		if s.misses++; s.misses == mostMisses {
			s.misses, s.without = 0, time.Now().Add(doWithout)
		}
	case err == nil || !told: // the server has no room, or may have stored the batch or not
		s.context.Forget()
	}
}

// builds tells whether b is packed on another batch.
func (b *Batch) builds() bool { return b.Context != "" && b.Context != wire.NewContext }
