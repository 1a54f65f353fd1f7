package tag

import (
	"bytes"
	"encoding/asn1"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
)

// A slot is the place for a document: SlotSize bytes, of which the first and the
// last tell that it is one, so that a damaged slot is not taken for none.
//
//	begin   16 bytes
//	length  2 bytes, big endian; 0: the slot is empty
//	document, then zeros
//	end     16 bytes
const (
	slotBegin = "El Jefe client\x00\x01"
	slotEnd   = "\x01\x00end of client"

	// SlotSize is the length of a slot: as long as no short stream of an MSI package
	// is, so that it stands in sectors of its own.
	SlotSize = 4096

	// MaxDocument is how long a document may be.
	MaxDocument = SlotSize - len(slotBegin) - 2 - len(slotEnd)
)

// OID is that of the extension in which a certificate has a slot. It is derived
// from a UUID, a1172b24-479a-4274-8db0-c0c2ea8e35b5, in the way that Microsoft
// has for everybody's own use. The usual way (2.25 and the UUID as one number)
// makes a certificate that Go's own parser, and who knows what else on a station,
// refuses: no number of it may have more than 31 bits.
func OID() asn1.ObjectIdentifier {
	return asn1.ObjectIdentifier{1, 2, 840, 113556, 1, 8000, 2554, 41239, 11044, 18330, 17012, 36272, 12632810, 9319861}
}

// ErrNone says that a client has no configuration, only place for one.
var ErrNone = errors.New("this client carries no configuration")

// EmptySlot returns a slot without a document.
func EmptySlot() []byte {
	slot, err := fill(nil)
	if err != nil {
		panic(err) // nothing is not too long
	}
	return slot
}

// fill returns a slot that holds a document.
func fill(document []byte) ([]byte, error) {
	if len(document) > MaxDocument {
		return nil, fmt.Errorf("the document has %d bytes; a client has place for %d", len(document), MaxDocument)
	}
	slot := make([]byte, SlotSize)
	copy(slot, slotBegin)
	binary.BigEndian.PutUint16(slot[len(slotBegin):], uint16(len(document)))
	copy(slot[len(slotBegin)+2:], document)
	copy(slot[SlotSize-len(slotEnd):], slotEnd)
	return slot, nil
}

// read returns the document in a slot, or ErrNone.
func read(slot []byte) ([]byte, error) {
	if len(slot) != SlotSize || !bytes.HasPrefix(slot, []byte(slotBegin)) || !bytes.HasSuffix(slot, []byte(slotEnd)) {
		return nil, fmt.Errorf("%w (its place is marked wrongly)", ErrDamaged)
	}
	length := int(binary.BigEndian.Uint16(slot[len(slotBegin):]))
	if length > MaxDocument {
		return nil, fmt.Errorf("%w (its length is wrong)", ErrDamaged)
	}
	document, rest := slot[len(slotBegin)+2:][:length], slot[len(slotBegin)+2+length:SlotSize-len(slotEnd)]
	if slices.ContainsFunc(rest, func(b byte) bool { return b != 0 }) {
		return nil, fmt.Errorf("%w (something follows it)", ErrDamaged)
	}
	if length == 0 {
		return nil, ErrNone
	}
	return document, nil
}

// looksLikeSlot tells whether raw is a slot, perhaps a damaged one.
func looksLikeSlot(raw []byte) bool {
	return len(raw) == SlotSize && (bytes.HasPrefix(raw, []byte(slotBegin)) || bytes.HasSuffix(raw, []byte(slotEnd)))
}
