package tasks

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/eljefe/eljefe/internal/wire"
)

// hashPerSecond is how fast files are hashed: nobody waits for it, and the
// station's owner must not notice.
const hashPerSecond = 64 << 20

// content is an open file whose bytes are those that were asked for.
type content struct {
	path   string
	file   *os.File
	size   int64
	pieces [][32]byte // SHA-256 of each wire.MaxChunk bytes
}

func (c *content) close() { _ = c.file.Close() } // it was only read

// open opens the file at path and hashes it. The error says, for people, why it
// is not the one that is wanted.
func (r *Runner) open(ctx context.Context, path string, digest [32]byte, limit int64) (*content, error) {
	file, err := openRegular(path)
	if err != nil {
		return nil, err
	}
	c := &content{path: path, file: file}
	if err := c.hash(ctx, digest, limit); err != nil {
		c.close()
		return nil, err
	}
	return c, nil
}

// openRegular opens a regular file, and nothing else, for reading.
func openRegular(path string) (*os.File, error) {
	switch {
	case !filepath.IsAbs(path):
		return nil, errors.New("this is no full path")
	case strings.HasPrefix(path, `\\`), strings.HasPrefix(path, "//"):
		// To open such a path is to log in there with the station's account.
		return nil, errors.New("this lies on another machine, or is a device; only files of the station itself are opened")
	}
	info, err := os.Lstat(path)
	if err == nil {
		err = regular(info)
	}
	if err != nil {
		return nil, plain(err)
	}
	// The path may lead elsewhere by now: what counts is what was opened.
	file, err := openFile(path)
	if err != nil {
		return nil, plain(err)
	}
	opened, err := file.Stat()
	if err == nil {
		err = regular(opened)
	}
	if err != nil {
		return nil, errors.Join(plain(err), file.Close())
	}
	return file, nil
}

func regular(info fs.FileInfo) error {
	switch mode := info.Mode(); {
	case mode.IsRegular():
		return nil
	case mode.IsDir():
		return errors.New("this is a folder")
	case mode&fs.ModeSymlink != 0:
		return errors.New("this is a link to another place; links are not followed")
	}
	return errors.New("this is a device or a pipe, and no file")
}

// plain says in plain words why a file cannot be opened.
func plain(err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return errNotThere
	case errors.Is(err, fs.ErrPermission):
		return errors.New("the agent may not read the file")
	}
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return fmt.Errorf("the file cannot be opened (it may be locked): %w", e.Err)
	}
	return err
}

// hash reads all of the file, slowly, and makes sure that it is the right one.
func (c *content) hash(ctx context.Context, digest [32]byte, limit int64) error {
	info, err := c.file.Stat()
	if err != nil {
		return plain(err)
	}
	tooLarge := func(size int64) error {
		return fmt.Errorf("the file has %d bytes or more; at most %d are sent", size, limit)
	}
	if info.Size() > limit {
		return tooLarge(info.Size())
	}
	whole, part := sha256.New(), sha256.New()
	pace := newPace(hashPerSecond)
	buffer := make([]byte, 256<<10) // wire.MaxChunk is a multiple of it
	for {
		n, err := io.ReadFull(c.file, buffer)
		if n > 0 {
			whole.Write(buffer[:n])
			part.Write(buffer[:n])
			if c.size += int64(n); c.size > limit { // some files say that they have no size, and have no end
				return tooLarge(c.size)
			}
			if c.size%wire.MaxChunk == 0 {
				c.endPiece(part)
			}
		}
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			break
		}
		if err != nil {
			return fmt.Errorf("the file cannot be read (it may be locked): %w", err)
		}
		if err := pace.wait(ctx, n); err != nil {
			return err
		}
	}
	if c.size%wire.MaxChunk != 0 {
		c.endPiece(part)
	}
	if got := [32]byte(whole.Sum(nil)); got != digest {
		return fmt.Errorf("the file is another one by now: its SHA-256 is %x", got)
	}
	return nil
}

func (c *content) endPiece(part hash.Hash) {
	c.pieces = append(c.pieces, [32]byte(part.Sum(nil)))
	part.Reset()
}

// piece returns the bytes from offset to the end of the piece that offset lies
// in. They are read and hashed again: what was hashed before and changed since
// is not sent.
func (c *content) piece(buffer []byte, offset int64) ([]byte, error) {
	if offset == c.size {
		return buffer[:0], nil
	}
	i := offset / wire.MaxChunk
	start := i * wire.MaxChunk
	buffer = buffer[:min(wire.MaxChunk, c.size-start)]
	if _, err := c.file.ReadAt(buffer, start); err != nil {
		if errors.Is(err, io.EOF) {
			return nil, errMoved
		}
		return nil, fmt.Errorf("the file cannot be read any more: %w", err)
	}
	if sha256.Sum256(buffer) != c.pieces[i] {
		return nil, errMoved
	}
	return buffer[offset-start:], nil
}
