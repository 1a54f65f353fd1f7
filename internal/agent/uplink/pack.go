package uplink

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/eljefe/eljefe/internal/agent/spool"
	"github.com/eljefe/eljefe/internal/event"
	"github.com/eljefe/eljefe/internal/wire"
)

// limits bound a batch.
type limits struct {
	records  int
	unpacked int // bytes of lines
	packed   int // bytes as it is sent
	wait     time.Duration
}

// batchLimits returns what the server asks for, within what the protocol allows.
func batchLimits(w *wire.Welcome) limits {
	l := limits{records: w.BatchRecords, packed: w.BatchBytes, wait: time.Duration(w.BatchWaitMS) * time.Millisecond}
	if l.records <= 0 || l.records > wire.MaxRecords {
		l.records = wire.MaxRecords
	}
	if l.packed <= 0 || l.packed > wire.MaxBatch {
		l.packed = 1 << 20
	}
	l.wait = min(max(l.wait, 0), time.Minute)
	// Records shrink to a tenth and less; this bounds the agent's memory too.
	l.unpacked = min(4*l.packed, wire.MaxUnpacked/4)
	return l
}

// packed is a batch that is ready to be sent.
type packed struct {
	Batch              // until the next call of pack, as are its lines
	lines       []byte // what is in its body
	first, last uint64 // of the records that were looked at, sent or not
	seq         uint64 // of the last line
	records     int    // lines
}

// A packer makes batches of records.
type packer struct {
	compressor *Compressor
	lines, out []byte
	ends       []int // of each line, in lines
	seqs       []uint64
	refused    map[uint64]refusal // records that are not sent as they are
	givenUp    uint64
}

// refusal is what is known of a record that the server cannot take.
type refusal struct {
	reason string
	leave  bool // it does not take the gap in its place either: the number is left out
}

func newPacker() (*packer, error) {
	compressor, err := NewCompressor()
	if err != nil {
		return nil, err
	}
	return &packer{compressor: compressor, refused: map[uint64]refusal{}}, nil
}

// giveUp notes that the server cannot take the record seq as it was last packed.
func (p *packer) giveUp(seq uint64, reason string) {
	r, known := p.refused[seq]
	if !known {
		p.givenUp++
		r.reason = reason
	}
	r.leave = known
	p.refused[seq] = r
}

// isGap tells whether a gap was sent in place of the record seq.
func (p *packer) isGap(seq uint64) bool {
	_, known := p.refused[seq]
	return known
}

// forget forgets about records that are done with.
func (p *packer) forget(through uint64) {
	for seq := range p.refused {
		if seq <= through {
			delete(p.refused, seq)
		}
	}
}

// pack makes a batch of the first of the records, as many as fit. It is packed on
// what the server remembers; nil: it is to stand alone.
func (p *packer) pack(records []spool.Record, l limits, on *wire.Context) (*packed, error) {
	b := &packed{first: records[0].Seq}
	p.lines, p.ends, p.seqs = p.lines[:0], p.ends[:0], p.seqs[:0]
	for _, r := range records {
		start := len(p.lines)
		if err := p.line(r); err != nil {
			return nil, err
		}
		if len(p.ends) > 0 && len(p.lines) > l.unpacked {
			p.lines = p.lines[:start]
			break
		}
		b.last = r.Seq
		if len(p.lines) > start {
			p.ends, p.seqs = append(p.ends, len(p.lines)), append(p.seqs, r.Seq)
		}
		if len(p.ends) == l.records {
			break
		}
	}
	for b.records = len(p.ends); b.records > 0; {
		b.lines = p.lines[:p.ends[b.records-1]]
		var err error
		if b.Batch, err = p.compressor.Pack(p.out, b.lines, on); err != nil {
			return nil, err
		}
		p.out = b.Body
		if len(p.out) <= l.packed || b.records == 1 {
			break
		}
		b.records = max(1, b.records/2)
		b.last = p.seqs[b.records-1]
	}
	if b.records > 0 {
		b.seq = p.seqs[b.records-1]
	}
	return b, nil
}

// line appends the record as a line of a batch: with its number, or a gap in its
// place, or nothing.
func (p *packer) line(r spool.Record) error {
	if _, known := p.refused[r.Seq]; !known {
		if reason := unfit(r.Data); reason != "" {
			p.giveUp(r.Seq, reason)
		}
	}
	refused, known := p.refused[r.Seq]
	switch {
	case !known:
		p.lines = append(p.lines, `{"seq":`...)
		p.lines = strconv.AppendUint(p.lines, r.Seq, 10)
		if rest := bytes.TrimLeft(r.Data[1:], " \t\r\n"); rest[0] != '}' {
			p.lines = append(p.lines, ',')
		}
		p.lines = append(p.lines, r.Data[1:]...)
	case refused.leave:
		return nil
	default:
		one := uint64(1)
		at := r.Time.UTC()
		gap, err := json.Marshal(event.Gap{
			Kind: event.GapKind, Seq: r.Seq, Cause: event.Refused, From: at, To: at, Events: &one,
			Detail: event.CleanText(fmt.Sprintf("the station gave up a record: %.500s", refused.reason)),
		})
		if err != nil {
			return fmt.Errorf("write a gap: %w", err)
		}
		p.lines = append(p.lines, gap...)
	}
	p.lines = append(p.lines, '\n')
	return nil
}

// unfit says why data cannot be a line of a batch, or nothing. It is what the
// spool gave, so this is a fault of the agent or of the disk; it must not take
// other records along.
func unfit(data []byte) string {
	switch {
	case len(data) > wire.MaxLine-64: // its number comes on top
		return fmt.Sprintf("it has %d bytes; at most %d can be sent", len(data), wire.MaxLine-64)
	case len(data) == 0 || data[0] != '{' || !json.Valid(data):
		return "it is no JSON object"
	case bytes.IndexByte(data, '\n') >= 0:
		return "it is more than one line"
	}
	return ""
}
