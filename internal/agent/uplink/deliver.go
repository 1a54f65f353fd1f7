package uplink

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/eljefe/eljefe/internal/wire"
)

// justGreeted is how long after a Welcome a batch may go over a connection that
// is not the one of the hello.
const justGreeted = 15 * time.Second

// aboutStation tells whether the answer to a batch is about the station or its
// stream as a whole.
func aboutStation(err error) bool {
	return Is(err, wire.CodeCloned, wire.CodeRevoked, wire.CodeRetired, wire.CodeCertificate, wire.CodeClock, wire.CodeVersion, wire.CodeSequence)
}

// delivery is the work of the goroutine that sends batches.
type delivery struct {
	*Uplink
	packer  *packer
	most    int  // records in the next batch; 0: as many as the server takes
	left    bool // a number was left out, and nothing was taken since
	shared  Shared
	pause   backoff
	trouble trouble
}

// deliver sends what the spool holds until ctx is over.
func (u *Uplink) deliver(ctx context.Context) error {
	p, err := newPacker()
	if err != nil {
		return err
	}
	d := &delivery{Uplink: u, packer: p, trouble: trouble{log: u.log, doing: "sending of events"}}
	for ctx.Err() == nil {
		s := u.current()
		if !s.open {
			select {
			case <-ctx.Done():
			case <-s.changed:
			}
			continue
		}
		if pause := d.turn(ctx, s); pause > 0 {
			wait(ctx, pause, s.changed)
		}
	}
	return nil
}

// turn sends one batch, and returns how long to wait before the next one.
func (d *delivery) turn(ctx context.Context, s session) time.Duration {
	b, err := d.collect(ctx, s)
	if err != nil {
		if ctx.Err() != nil || d.current().epoch != s.epoch {
			return 0
		}
		d.trouble.failed(ctx, fmt.Errorf("read the spool: %w", err), d.now())
		return d.pause.next(err)
	}
	if b.records == 0 { // nothing but records that can in no way be sent
		d.moveTo(s, b.last)
		return 0
	}
	d.mu.Lock()
	d.session.sent = max(d.session.sent, b.last)
	d.mu.Unlock()
	stored, err := d.cfg.Client.Events(ctx, b.Batch, time.Since(s.greeted) < justGreeted)
	d.shared.Answered(b.Batch, b.lines, stored, err)
	if d.current().epoch != s.epoch || ctx.Err() != nil {
		return 0 // the answer is about a stream that has changed: it is sent again
	}
	if err == nil {
		err = d.accept(ctx, s, b, stored)
	}
	if err == nil {
		d.pause.reset()
		d.trouble.over(ctx, d.now())
		return 0
	}
	return d.failed(ctx, b, err)
}

// collect waits for records and packs a batch of them.
func (d *delivery) collect(ctx context.Context, s session) (*packed, error) {
	limits := batchLimits(&s.welcome)
	if d.most > 0 {
		limits.records = min(limits.records, d.most)
	}
	// A change of the session ends the wait.
	waiting, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		select {
		case <-s.changed:
			cancel()
		case <-waiting.Done():
		}
	}()
	if err := d.cfg.Spool.Wait(waiting, s.position); err != nil {
		return nil, err
	}
	// A little later there are more of them: fewer batches, packed better. A
	// batch that is full does not wait.
	full, stop := context.WithTimeout(waiting, limits.wait)
	err := d.cfg.Spool.Wait(full, s.position+uint64(limits.records)-1)
	stop()
	if err != nil && (!errors.Is(err, context.DeadlineExceeded) || waiting.Err() != nil) {
		return nil, err
	}
	records, err := d.cfg.Spool.Read(s.position, limits.records, limits.unpacked)
	if err != nil {
		return nil, err
	}
	if len(records) == 0 {
		return nil, errors.New("the spool says that there are records, and gives none")
	}
	return d.packer.pack(records, limits, d.shared.On())
}

// accept takes the server's answer to a batch.
func (d *delivery) accept(ctx context.Context, s session, b *packed, stored *wire.Stored) error {
	d.stream.Lock()
	defer d.stream.Unlock()
	if d.current().epoch != s.epoch {
		return nil // it is sent again
	}
	through := min(stored.Acknowledged, b.last)
	if through < b.first || stored.Acknowledged > d.current().sent {
		d.Hurry()
		return fmt.Errorf("the server acknowledges up to %d after it was sent %d to %d", stored.Acknowledged, b.first, b.last)
	}
	if err := d.cfg.Spool.Acknowledge(through); err != nil {
		return fmt.Errorf("note what the server has: %w", err)
	}
	d.packer.forget(through)
	d.left = false
	d.moveTo(s, through)
	d.mu.Lock()
	d.status.Sent += uint64(b.records)
	d.status.Refused += uint64(len(stored.Refused))
	d.status.LastContact = d.now()
	d.mu.Unlock()
	if n := len(stored.Refused); n > 0 {
		d.log.WarnContext(ctx, "the server cannot store some records, and counts them as a gap",
			"records", n, "first", stored.Refused[0].Seq, "reason", stored.Refused[0].Reason)
	}
	if d.most > 0 {
		if d.most *= 2; d.most >= wire.MaxRecords {
			d.most = 0
		}
	}
	return nil
}

// moveTo notes that everything up to position is done with.
func (d *delivery) moveTo(s session, position uint64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.session.epoch == s.epoch {
		d.session.position = position
	}
}

// failed decides what to do about a batch that was not taken.
func (d *delivery) failed(ctx context.Context, b *packed, err error) time.Duration {
	switch {
	case errors.Is(err, errNewConnection):
		d.interrupt(err)
		d.Hurry()
		return 0
	case Is(err, wire.CodeContext, wire.CodeMalformed) && b.builds():
		return 0 // it is sent again, packed on nothing
	case Is(err, wire.CodeTooLarge, wire.CodeMalformed), tooLarge(err):
		return d.shrink(ctx, b, err)
	}
	d.trouble.failed(ctx, err, d.now())
	_, told := errors.AsType[*Problem](err)
	if !told || aboutStation(err) {
		// The next hello will tell, and says when to go on.
		d.interrupt(err)
		d.Hurry()
	}
	return d.pause.next(err)
}

// shrink makes the next batch smaller, until the record that the server cannot
// take is alone. Then a gap takes its place, and if that is not taken either,
// its number is left out. Where nothing is taken at all it is not the records'
// fault: no second one is left out, and the pauses grow.
func (d *delivery) shrink(ctx context.Context, b *packed, err error) time.Duration {
	if b.records > 1 {
		d.most = max(1, b.records/2)
		return 0
	}
	if d.packer.isGap(b.seq) {
		if d.left {
			d.trouble.failed(ctx, err, d.now())
			return d.pause.next(err)
		}
		d.left = true
	}
	d.log.WarnContext(ctx, "the server cannot take a record; a gap is sent in its place", "seq", b.seq, "err", err)
	d.packer.giveUp(b.seq, err.Error())
	d.mu.Lock()
	d.status.GivenUp = d.packer.givenUp
	d.mu.Unlock()
	return 0
}

// wait waits for d to pass, or for one of the others.
func wait(ctx context.Context, d time.Duration, changed <-chan struct{}) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-changed:
	case <-timer.C:
	}
}
