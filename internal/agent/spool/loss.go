package spool

import (
	"encoding/binary"
	"time"
)

// Why records were lost before the server had them.
const (
	ReasonFull    = "full"    // no room was left within MaxBytes, or on the disk
	ReasonAge     = "age"     // they were older than MaxAge
	ReasonDamaged = "damaged" // they could not be read any more, or their file was gone
	ReasonDisk    = "disk"    // they could not be written, and never got numbers
)

// reasons gives each reason its place in the state file: add at the end only.
var reasons = [...]string{ReasonFull, ReasonAge, ReasonDamaged, ReasonDisk}

// The places of the reasons.
const (
	full = iota
	age
	damaged
	disk
)

// An Eviction is a number of records that were lost before the server had them.
type Eviction struct {
	// First and Last bound the numbers of the lost records; 0 where they never
	// got any. After Raise, earlier numbers may be those from before it.
	First, Last uint64
	Records     int64 // how many; those that only told of earlier losses are not counted
	// From and To bound the times of appending; zero where nothing is known.
	From, To time.Time
	Reason   string
}

// A loss is an Eviction as files hold it. Its zero value is none.
type loss struct {
	First, Last uint64
	Records     uint64
	From, To    int64 // nanoseconds since 1970; 0 where unknown
}

const lossSize = 48 // reason and five numbers

// losses are losses by reason.
type losses [len(reasons)]loss

// add makes l the loss of both.
func (l *loss) add(m loss) {
	if m.Records == 0 {
		return
	}
	if l.Records == 0 {
		*l = m
		return
	}
	l.Records += m.Records
	if m.First != 0 && (l.First == 0 || m.First < l.First) {
		l.First = m.First
	}
	l.Last = max(l.Last, m.Last)
	if m.From != 0 && (l.From == 0 || m.From < l.From) {
		l.From = m.From
	}
	l.To = max(l.To, m.To)
}

// count adds one record to the loss.
func (l *loss) count(seq uint64, at int64) {
	l.add(loss{First: seq, Last: seq, Records: 1, From: at, To: at})
}

func (l loss) eviction(reason int) Eviction {
	return Eviction{
		First: l.First, Last: l.Last, Records: int64(l.Records),
		From: nanos(l.From), To: nanos(l.To), Reason: reasons[reason],
	}
}

// nanos returns the time that a file has as at.
func nanos(at int64) time.Time {
	if at == 0 {
		return time.Time{}
	}
	return time.Unix(0, at).UTC()
}

// appendLoss appends what stands before the record in a notice's payload.
func appendLoss(b []byte, reason int, l loss) []byte {
	b = binary.LittleEndian.AppendUint64(b, uint64(reason))
	for _, n := range []uint64{l.First, l.Last, l.Records, uint64(l.From), uint64(l.To)} {
		b = binary.LittleEndian.AppendUint64(b, n)
	}
	return b
}

// parseLoss returns what a notice tells of.
func parseLoss(payload []byte) (reason int, l loss, ok bool) {
	if len(payload) < lossSize {
		return 0, loss{}, false
	}
	var n [6]uint64
	for i := range n {
		n[i] = binary.LittleEndian.Uint64(payload[8*i:])
	}
	if n[0] >= uint64(len(reasons)) {
		return 0, loss{}, false
	}
	return int(n[0]), loss{First: n[1], Last: n[2], Records: n[3], From: int64(n[4]), To: int64(n[5])}, true
}
