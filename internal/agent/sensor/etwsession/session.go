package etwsession

import (
	"github.com/eljefe/eljefe/internal/etw"
)

// A session is a trace session that runs.
type session interface {
	// consume hands each record to put, which copies it, until close, or until
	// somebody ended the session. It begins with a listing of what runs. It is
	// called once.
	consume(put func(*etw.Record)) error

	// look asks the system how the session is. The error says what is wrong with
	// it: that it is gone, or takes something else than it was begun for.
	look() (losses, error)

	// flush delivers what was traced. It is called ten times a second where the
	// session says that it needs that.
	flush() error
	needsFlush() bool

	// close delivers what was traced, has consume return, and ends the session.
	close() error
}

// losses are what a session has lost since it began, by its own count.
type losses struct {
	events  uint64
	buffers uint64 // of events whose number nobody knows
}

// way is how a session was begun.
type way struct {
	sources etw.Source
	why     string // why it does not take both sources
}

// starter begins a session, with both sources if that can be.
type starter func() (session, way, error)
