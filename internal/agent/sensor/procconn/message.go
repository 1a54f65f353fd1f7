package procconn

import (
	"encoding/binary"
	"fmt"
	"time"
)

// The kinds of message that are of interest, as in linux/cn_proc.h.
const (
	answer = 0x00000000 // the answer to the request to listen
	forked = 0x00000001
	execed = 0x00000002
	exited = 0x80000000
)

// Sizes of a datagram's parts.
const (
	netlinkHeader   = 16 // struct nlmsghdr
	connectorHeader = 20 // struct cn_msg
	eventHeader     = 16 // what, processor, timestamp
)

// A message is one that the kernel sent.
type message struct {
	what      uint32
	processor uint32
	number    uint32        // of the messages of this processor; not of an answer
	at        time.Duration // by the monotonic clock

	pid, thread             uint32 // of a fork: the new one's
	parentPID, parentThread uint32 // of a fork
	status                  uint32 // of an exit, as wait(2) gives it; of an answer: 0 or an error
}

// parse reads the messages of one datagram.
func parse(raw []byte) ([]message, error) {
	var all []message
	for len(raw) > 0 {
		if len(raw) < netlinkHeader {
			return all, fmt.Errorf("datagram has %d bytes at its end, less than a header", len(raw))
		}
		n := binary.NativeEndian.Uint32(raw)
		if n < netlinkHeader+connectorHeader+eventHeader || uint64(n) > uint64(len(raw)) {
			return all, fmt.Errorf("message says that it has %d bytes, of %d that there are", n, len(raw))
		}
		m, err := parseOne(raw[netlinkHeader:n])
		if err != nil {
			return all, err
		}
		all = append(all, m)
		raw = raw[min(int(n+3)&^3, len(raw)):]
	}
	return all, nil
}

// parseOne reads what is behind the header of netlink.
func parseOne(raw []byte) (message, error) {
	number := binary.NativeEndian.Uint32(raw[8:])
	size := int(binary.NativeEndian.Uint16(raw[16:]))
	raw = raw[connectorHeader:]
	if size < eventHeader || size > len(raw) {
		return message{}, fmt.Errorf("event says that it has %d bytes, of %d that there are", size, len(raw))
	}
	raw = raw[:size]
	m := message{
		what: binary.NativeEndian.Uint32(raw), processor: binary.NativeEndian.Uint32(raw[4:]), number: number,
		at: time.Duration(binary.NativeEndian.Uint64(raw[8:]) & (1<<63 - 1)),
	}
	data := raw[eventHeader:]
	need := map[uint32]int{answer: 4, forked: 16, execed: 8, exited: 16}[m.what]
	if len(data) < need {
		return message{}, fmt.Errorf("event of the kind %#x has %d bytes; %d are needed", m.what, len(data), need)
	}
	u32 := func(at int) uint32 { return binary.NativeEndian.Uint32(data[at:]) }
	switch m.what {
	case answer:
		m.status = u32(0)
	case forked:
		m.parentThread, m.parentPID, m.thread, m.pid = u32(0), u32(4), u32(8), u32(12)
	case execed:
		m.thread, m.pid = u32(0), u32(4)
	case exited:
		m.thread, m.pid, m.status = u32(0), u32(4), u32(8)
	}
	return m, nil
}

// listen returns the datagram that asks the kernel for its messages, or no more
// of them.
func listen(on bool) []byte {
	const (
		done      = 3 // NLMSG_DONE
		connector = 1 // CN_IDX_PROC and CN_VAL_PROC
		begin     = 1 // PROC_CN_MCAST_LISTEN
		end       = 2 // PROC_CN_MCAST_IGNORE
		size      = netlinkHeader + connectorHeader + 4
	)
	b := make([]byte, size)
	binary.NativeEndian.PutUint32(b, size)
	binary.NativeEndian.PutUint16(b[4:], done)
	cn := b[netlinkHeader:]
	binary.NativeEndian.PutUint32(cn, connector)
	binary.NativeEndian.PutUint32(cn[4:], connector)
	binary.NativeEndian.PutUint16(cn[16:], 4)
	op := uint32(end)
	if on {
		op = begin
	}
	binary.NativeEndian.PutUint32(cn[connectorHeader:], op)
	return b
}

// A counter finds out how many messages were lost: those of each processor are
// numbered.
type counter map[uint32]uint32

// missed returns how many messages lie between this one and the one before of
// the same processor.
func (c counter) missed(m message) uint64 {
	before, known := c[m.processor]
	if c[m.processor] = m.number; !known {
		return 0
	}
	missed := m.number - before - 1
	if missed > 1<<31 {
		return 0 // in another order, which cannot be; better than four billion lost ones
	}
	return uint64(missed)
}
