// Package spool is the agent's durable queue between sensor and uplink: records
// go in, get ascending numbers, and stay on disk until the server has them.
//
// # What it promises
//
// Append writes to the file at once, so a record survives the end of the
// process from then on, and the end of the system from the next sync on, at
// most Config.SyncEvery later. What is dropped before the server had it is
// counted, and told: the spool appends a record of Config.Evicted's making.
// The count is on disk before anything is dropped and is cleared after its
// notice is on disk, so that neither kill -9 nor a power cut loses or doubles it.
//
// A number is never used for two records that the server might see. Read gives
// only what is on disk, and syncs first where it has to; the highest number that
// is on disk is itself kept, in another file (state.High), and made durable
// before Read gives that number away. When the spool is opened, numbers go on
// behind the last record found or behind state.High, whichever is higher. If
// records up to state.High are not there any more, because the disk lost or
// damaged what it had confirmed, they are counted as damaged. A record that was
// never given away and never confirmed may vanish in a power cut; its number is
// free, and the agent tells of the disorderly end (Stats.Previous).
//
// Records are opaque. They are damaged only together with their own bytes: a
// reader that meets a wrong checksum looks for the next whole frame behind it.
//
// # What it leaves to others
//
// It does not know what a record says, nor the protocol: uplink reads, sends and
// acknowledges, and tells it by Rewind and Raise when the server's copy or its
// own is an older one. If the whole folder or both copies of the state are lost,
// numbers may begin below those the server has, and it is uplink that learns so
// from the server and has them raised. Ages go by the station's clock. A record
// that was sent and is dropped before its acknowledgement arrives is told as
// lost: the server knows its number, and knows better.
//
// # Files
//
// The folder holds segments, named by their first number in 20 digits and
// ".seg", the files "state" and "lock", and for moments "*.tmp". Other names are
// left alone. All integers are little-endian. A segment begins with 32 bytes:
//
//	 0  magic "ELJSPOOL"
//	 8  uint32  version, 1
//	12  uint64  first number
//	20  8 bytes, zero
//	28  uint32  CRC-32C of what stands before it
//
// Frames follow, with ascending numbers:
//
//	 0  marker FF FE, which occurs in no UTF-8 text
//	 2  uint8   kind: 1 record, 2 notice of a loss, 3 hole
//	 3  zero
//	 4  uint32  length of the payload
//	 8  uint64  number
//	16  int64   time of appending, nanoseconds since 1970
//	24  uint32  CRC-32C of bytes 2 to 23 and of the payload
//	28  payload
//
// A record's payload is the record. A notice's begins with the loss it tells of,
// so that it can be told again when the notice itself must go: reason, first and
// last number, records, first and last time, of 8 bytes each; the record that
// tells of it follows. A hole has none: it says that the numbers between the
// frame before it and itself are not here, and that this has been counted.
//
// The state is two copies of a fixed record at offsets 0 and 4096, written in
// turn and never growing, each with its generation and CRC-32C; see type state.
package spool

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"

	"github.com/eljefe/eljefe/internal/fault"
)

const (
	// MaxRecord is the longest record that Append takes, in bytes.
	MaxRecord = 1 << 20

	maxSegment = 64 << 20 // the longest file that is taken for a segment
	headroom   = 4 << 10  // of MaxBytes, kept for notices
	lockName   = "lock"
)

// ErrClosed says that the spool was closed.
var ErrClosed = errors.New("the spool is closed")

var errLocked = errors.New("another process holds its lock")

// Config configures a Spool. Zero fields other than Dir mean their defaults.
type Config struct {
	Dir string // made, for its owner alone, where missing; required

	MaxBytes     int64         // of all segments; 200 MB. The oldest are dropped first, those the server has before all others
	MaxAge       time.Duration // of records that the server does not have; 30 days
	SegmentBytes int64         // a file longer than this is followed by the next one; 4 MB, at most a quarter of MaxBytes
	SyncEvery    time.Duration // how long a record may wait to be durable; 1 s

	// KeepAcknowledged is how long records are kept after the server has them,
	// so that a server restored from an older copy can be given them again; 48 h.
	// They go earlier when their space is needed, which is no loss.
	KeepAcknowledged time.Duration

	// Evicted makes the record that tells the server of a loss. It is called
	// under the spool's lock and must not call the spool. If it is nil, or
	// returns nothing, losses are counted in Stats only.
	Evicted func(Eviction) []byte

	Now func() time.Time // if nil, time.Now
	Log *slog.Logger     // if nil, nothing is logged
}

// A Record is what was appended, with its number.
type Record struct {
	Seq  uint64    // from 1, ascending; a number that is missing was lost, or never used
	Time time.Time // when it was appended, by the station's clock
	Data []byte    // the reader's own
}

// A Spool is an open queue. Its methods may be called by many goroutines.
type Spool struct {
	cfg    Config
	log    *slog.Logger
	unlock func() error
	stop   context.CancelFunc
	done   chan struct{}
	dirty  chan struct{} // holds one token when there is something to sync

	mu       sync.Mutex // guards everything below
	idle     *sync.Cond // signalled when syncing ends
	syncing  bool       // files are being synced without mu
	closed   bool
	previous Previous
	files    *stateFile
	state    state
	segments []*segment // oldest first
	active   *os.File   // the last segment's file, or nil: the next append begins a segment
	rolled   []*os.File // earlier segments that are not synced yet
	next     uint64     // the number of the next record
	marked   uint64     // numbers up to this one are on disk, and state.High says so on disk
	told     bool       // state.Untold is in the log, and not synced yet
	cursor   cursor     // where the last Read ended
	waiting  waiting
	grown    chan struct{} // closed when there is a record behind awaited
	awaited  uint64        // the lowest number behind which somebody waits for a record; noLimit: nobody does
	buf      []byte        // for frames on their way to the file
}

// Open opens the spool in cfg.Dir, mends what the last end left behind, and
// counts what is damaged. One process at a time has the spool: a second one
// gets an error of kind Conflict.
func Open(cfg Config) (*Spool, error) {
	if err := cfg.complete(); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(cfg.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the spool's folder: %w", err)
	}
	unlock, err := lockFolder(cfg.Dir)
	if errors.Is(err, errLocked) {
		return nil, fault.New(fault.Conflict, "the spool in %s is in use by another process: stop the other eljefe-agent, or give this one a folder of its own", cfg.Dir)
	}
	if err != nil {
		return nil, fmt.Errorf("lock the spool in %s: %w", cfg.Dir, err)
	}
	ctx, stop := context.WithCancel(context.Background())
	s := &Spool{
		cfg: cfg, log: cfg.Log, unlock: unlock, stop: stop,
		done: make(chan struct{}), dirty: make(chan struct{}, 1), grown: make(chan struct{}), awaited: noLimit,
	}
	s.idle = sync.NewCond(&s.mu)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.recover(); err != nil {
		stop()
		return nil, errors.Join(err, s.closeFiles())
	}
	go s.run(ctx)
	return s, nil
}

// complete fills in the defaults and checks the rest.
func (c *Config) complete() error {
	if c.Dir == "" {
		return fault.Invalidf("the spool needs a folder")
	}
	if c.MaxBytes < 0 || c.MaxAge < 0 || c.SegmentBytes < 0 || c.SyncEvery < 0 || c.KeepAcknowledged < 0 {
		return fault.Invalidf("the spool's limits must not be negative")
	}
	if c.MaxBytes == 0 {
		c.MaxBytes = 200 << 20
	}
	if c.MaxBytes < 8*headroom {
		return fault.Invalidf("the spool's size limit is %d bytes; it must be at least %d", c.MaxBytes, 8*headroom)
	}
	if c.SegmentBytes == 0 {
		c.SegmentBytes = 4 << 20
	}
	c.SegmentBytes = min(c.SegmentBytes, c.MaxBytes/4, maxSegment/2)
	if c.MaxAge == 0 {
		c.MaxAge = 30 * 24 * time.Hour
	}
	if c.SyncEvery == 0 {
		c.SyncEvery = time.Second
	}
	if c.KeepAcknowledged == 0 {
		c.KeepAcknowledged = 48 * time.Hour
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return nil
}

// Close makes everything durable, notes that the end was orderly, and lets go
// of the folder.
func (s *Spool) Close() error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil
	}
	s.closed = true
	s.stop()
	s.wake()
	s.mu.Unlock()
	<-s.done

	s.mu.Lock()
	defer s.mu.Unlock()
	err := s.syncHeld()
	if err == nil {
		s.state.Orderly = 1
		s.state.Alive = max(s.state.Alive, s.cfg.Now().UnixNano())
		err = s.files.write(&s.state, true)
	}
	return errors.Join(err, s.closeFiles())
}

// closeFiles closes what is open and gives the lock back.
func (s *Spool) closeFiles() error {
	var errs []error
	for _, f := range append(s.rolled, s.active) {
		if f != nil {
			errs = append(errs, f.Close())
		}
	}
	s.rolled, s.active = nil, nil
	if s.files != nil {
		errs = append(errs, s.files.file.Close())
	}
	return errors.Join(append(errs, s.unlock())...)
}
