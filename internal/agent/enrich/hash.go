package enrich

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"io"
)

// Content is read in pieces of this size.
const piece = 128 << 10

// hashes are those of one content, in lower-case hexadecimal. The weak ones are
// there because others' lists are of them.
type hashes struct{ sha256, sha1, md5 string }

// readHashes reads r to its end, once. MD5 takes as long as the others together, so
// it is computed beside them.
func readHashes(r io.Reader) (h hashes, n int64, err error) {
	strong, weak, weakest := sha256.New(), sha1.New(), md5.New()
	pieces, free := make(chan []byte, 1), make(chan []byte, 2)
	free <- make([]byte, piece)
	free <- make([]byte, piece)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for b := range pieces {
			weakest.Write(b)
			free <- b[:piece]
		}
	}()
	for err == nil {
		var got int
		b := <-free
		got, err = io.ReadFull(r, b)
		n += int64(got)
		strong.Write(b[:got])
		weak.Write(b[:got])
		pieces <- b[:got] // and on with the other piece meanwhile
	}
	close(pieces)
	<-done
	if err != io.EOF && err != io.ErrUnexpectedEOF {
		return hashes{}, n, err
	}
	return hashes{hex.EncodeToString(strong.Sum(nil)), hex.EncodeToString(weak.Sum(nil)), hex.EncodeToString(weakest.Sum(nil))}, n, nil
}
