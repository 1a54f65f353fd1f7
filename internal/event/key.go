package event

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"time"
)

// Key identifies a process within its station. The zero Key means unknown.
//
// It is made of the best identity the source gives: Sysmon's GUID itself (or
// the key that another El Jefe exported); else boot id and process sequence
// number; else a digest of pid and creation time to 100 ns. Never of a bare pid,
// which Windows hands out again within seconds.
type Key [16]byte

// IsZero tells whether the key is unknown.
func (k Key) IsZero() bool { return k == Key{} }

// String returns the key in the usual form of a UUID.
func (k Key) String() string {
	t := k.text()
	return string(t[:])
}

func (k Key) text() (t [36]byte) {
	hex.Encode(t[0:8], k[0:4])
	hex.Encode(t[9:13], k[4:6])
	hex.Encode(t[14:18], k[6:8])
	hex.Encode(t[19:23], k[8:10])
	hex.Encode(t[24:36], k[10:16])
	t[8], t[13], t[18], t[23] = '-', '-', '-', '-'
	return t
}

// ParseKey reads a UUID with or without dashes.
func ParseKey(s string) (Key, bool) {
	var k Key
	digits := 0
	for i := range len(s) {
		if s[i] == '-' {
			continue
		}
		v, ok := digitOf(s[i])
		if !ok || digits == 2*len(k) {
			return Key{}, false
		}
		k[digits/2] = k[digits/2]<<4 | v
		digits++
	}
	if digits < 2*len(k) {
		return Key{}, false
	}
	return k, true
}

// digitOf returns the value of a hexadecimal digit.
func digitOf(c byte) (byte, bool) {
	switch {
	case '0' <= c && c <= '9':
		return c - '0', true
	case 'a' <= c && c <= 'f':
		return c - 'a' + 10, true
	case 'A' <= c && c <= 'F':
		return c - 'A' + 10, true
	}
	return 0, false
}

// Key returns the identity of the event's process.
func (p *Process) Key() Key {
	return keyOf(p.ProcessKey, p.ProcessGUID, p.BootID, p.ProcessSeq, p.PID, p.Started)
}

// ParentKey returns the identity of the parent, or the zero Key where the
// source gives nothing but the parent's pid.
func (p *Process) ParentKey() Key {
	return keyOf(p.ParentProcessKey, p.ParentProcessGUID, p.BootID, p.ParentProcessSeq, p.ParentPID, p.ParentStarted)
}

func keyOf(exported, guid string, boot, seq uint64, pid uint32, started time.Time) Key {
	for _, uuid := range [...]string{exported, guid} {
		if k, ok := ParseKey(uuid); uuid != "" && ok && !k.IsZero() {
			return k
		}
	}
	switch {
	case boot != 0 && seq != 0:
		return NumberedKey(boot, seq)
	case !started.IsZero():
		var buf [17]byte
		buf[0] = 'p'
		binary.BigEndian.PutUint64(buf[1:], uint64(pid))
		binary.BigEndian.PutUint64(buf[9:], uint64(started.Unix()*1e7+int64(started.Nanosecond()/100)))
		return digestKey(buf[:])
	}
	return Key{}
}

// NumberedKey returns the key of a process whose boot id and sequence number
// within that boot are known: the two themselves, big-endian; the zero Key if
// one of them is 0.
func NumberedKey(boot, seq uint64) Key {
	var k Key
	if boot != 0 && seq != 0 {
		binary.BigEndian.PutUint64(k[:8], boot)
		binary.BigEndian.PutUint64(k[8:], seq)
	}
	return k
}

// Numbers returns the boot id and sequence number that a numbered key is made of.
func (k Key) Numbers() (boot, seq uint64) {
	return binary.BigEndian.Uint64(k[:8]), binary.BigEndian.Uint64(k[8:])
}

// StopKey returns the identity given to a process of which only the end is
// known: when it ended, under which pid.
func StopKey(pid uint32, stopped time.Time) Key {
	var buf [17]byte
	buf[0] = 'e'
	binary.BigEndian.PutUint64(buf[1:], uint64(pid))
	binary.BigEndian.PutUint64(buf[9:], uint64(stopped.Unix()*1e7+int64(stopped.Nanosecond()/100)))
	return digestKey(buf[:])
}

// digestKey makes a version 8 UUID (RFC 9562, "custom") of b.
func digestKey(b []byte) Key {
	sum := sha256.Sum256(b)
	var k Key
	copy(k[:], sum[:])
	k[6] = k[6]&0x0f | 0x80
	k[8] = k[8]&0x3f | 0x80
	return k
}
