package anatomy

import (
	"crypto"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"sync"

	"github.com/eljefe/eljefe/internal/anatomy/signature"
)

// The file is read in pieces of this size, of which a few are held, so that what is
// computed of them side by side need not wait for the slowest.
const (
	piece      = 256 << 10
	heldPieces = 4
)

// A part is a piece of the file whose entropy is wanted.
type part struct {
	from, to int64
	entropy  *float64
}

// pass reads the file from end to end, once, and fills in what depends on all of it:
// size, hashes, entropy of the whole, along the file and of the parts, and the checksum of
// an image. It returns the digests that signatures are checked with.
func (d *dissection) pass(signatures *signature.Set) (map[crypto.Hash][]byte, error) {
	strong, weak, weakest := sha256.New(), sha1.New(), md5.New()
	counts := newCounter(d.Size, d.parts)
	work := []func([]byte){writer(weakest), writer(strong), writer(weak), counts.write}
	cover, adder := (*covering)(nil), summer{}
	if signatures != nil {
		cover = &covering{parts: signatures.Covered(), digests: map[crypto.Hash]hash.Hash{}}
		for _, h := range signatures.Hashes() {
			cover.digests[h] = h.New()
		}
	}
	if d.file != nil {
		work = append(work, func(b []byte) {
			adder.write(b)
			if cover != nil {
				cover.write(b)
			}
		})
	}
	if err := readThrough(d.r, d.Size, work); err != nil {
		return nil, err
	}
	d.SHA256, d.SHA1, d.MD5 = hex.EncodeToString(strong.Sum(nil)), hex.EncodeToString(weak.Sum(nil)), hex.EncodeToString(weakest.Sum(nil))
	d.Entropy = counts.entropies(d.parts)
	if d.file != nil {
		d.Image.ComputedChecksum = adder.checksum(d.file.Header+88, d.Image.Checksum, d.Size)
	}
	if cover == nil {
		return nil, nil
	}
	return cover.sums(), nil
}

func writer(h hash.Hash) func([]byte) { return func(b []byte) { _, _ = h.Write(b) } } // never fails

// readThrough reads the file and gives each piece to all workers, which run side by
// side. Each of them gets all pieces, in their order.
func readThrough(r io.ReaderAt, size int64, work []func([]byte)) error {
	type job struct {
		b    []byte
		done *sync.WaitGroup
	}
	var all sync.WaitGroup
	queues := make([]chan job, len(work))
	for i, do := range work {
		queues[i] = make(chan job, heldPieces)
		all.Go(func() {
			for j := range queues[i] {
				do(j.b)
				j.done.Done()
			}
		})
	}
	var held [heldPieces]struct {
		b    []byte
		done sync.WaitGroup
	}
	var failed error
	for at, i := int64(0), 0; at < size && failed == nil; i = (i + 1) % heldPieces {
		h := &held[i]
		h.done.Wait()
		n := min(piece, size-at)
		if h.b == nil {
			h.b = make([]byte, n)
		}
		got, err := r.ReadAt(h.b[:n], at)
		if int64(got) < n {
			if failed = fmt.Errorf("read the file at %d: %w", at, err); err == nil || errors.Is(err, io.EOF) {
				failed = fmt.Errorf("the file has %d bytes, and not %d", at+int64(got), size)
			}
			break
		}
		h.done.Add(len(queues))
		for _, q := range queues {
			q <- job{h.b[:n], &h.done}
		}
		at += n
	}
	for _, q := range queues {
		close(q)
	}
	all.Wait()
	return failed
}

// covering computes digests of parts of what is written to it.
type covering struct {
	parts   [][2]int64 // from where to where; ascending
	digests map[crypto.Hash]hash.Hash
	at      int64
}

func (c *covering) write(b []byte) {
	for _, p := range c.parts {
		from, to := max(p[0]-c.at, 0), min(p[1]-c.at, int64(len(b)))
		if from >= to {
			continue
		}
		for _, h := range c.digests {
			_, _ = h.Write(b[from:to]) // never fails
		}
	}
	c.at += int64(len(b))
}

func (c *covering) sums() map[crypto.Hash][]byte {
	list := map[crypto.Hash][]byte{}
	for kind, h := range c.digests {
		list[kind] = h.Sum(nil)
	}
	return list
}
