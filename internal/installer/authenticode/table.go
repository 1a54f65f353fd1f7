// Package authenticode knows where programs for Windows and MSI packages keep
// their signature, and what certificates are in one.
//
// A certificate that no signer names is part of the envelope and not of what was
// signed: it can be added to a signature, and changed, without harm to it. That
// is what clients' configurations travel in (package tag). Whether a signature is
// good, Windows says, and osslsigncode; this package makes none and checks none.
//
// It reads files of strangers: no number in them is trusted.
package authenticode

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// Magic is what every program for Windows begins with.
const Magic = "MZ"

// MaxSignature bounds what is read as a signature.
const MaxSignature = 1 << 20

const (
	directoryIndex = 4 // of the certificate table among the data directories
	entryHeader    = 8 // length, revision and type before each certificate
	revision2      = 0x0200
	typePKCS7      = 2
)

// Table is where a program has its signature. It is the one part of the file,
// with its own entry among the directories and the checksum, that is not signed.
type Table struct {
	Offset, Size int64 // of the certificate table; Size is 0 if the program has none
	Entry        int64 // of the table's entry among the data directories
	Checksum     int64 // of the checksum in the header
}

// FindTable finds the certificate table of a program of size bytes.
func FindTable(r io.ReaderAt, size int64) (*Table, error) {
	var dos [64]byte
	if err := readAt(r, dos[:], 0, size); err != nil {
		return nil, err
	}
	if string(dos[:2]) != Magic {
		return nil, errors.New("this is no program for Windows")
	}
	at := int64(binary.LittleEndian.Uint32(dos[60:]))
	// Signature, file header and the part of the optional header up to its
	// directories, of the longer form.
	var header [4 + 20 + 112]byte
	if err := readAt(r, header[:], at, size); err != nil {
		return nil, err
	}
	if string(header[:4]) != "PE\x00\x00" {
		return nil, errors.New("this is no program for Windows: it has no PE header")
	}
	optional := header[24:]
	length := int64(binary.LittleEndian.Uint16(header[20:]))
	directories := int64(112)
	switch magic := binary.LittleEndian.Uint16(optional); magic {
	case 0x20b:
	case 0x10b:
		directories = 96
	default:
		return nil, fmt.Errorf("a program of the form %#x is unknown", magic)
	}
	t := &Table{Entry: at + 24 + directories + 8*directoryIndex, Checksum: at + 24 + 64}
	count := binary.LittleEndian.Uint32(optional[directories-4:])
	if count <= directoryIndex || directories+8*(directoryIndex+1) > length {
		return nil, errors.New("the program's header has no place for a signature")
	}
	var entry [8]byte
	if err := readAt(r, entry[:], t.Entry, size); err != nil {
		return nil, err
	}
	t.Offset, t.Size = int64(binary.LittleEndian.Uint32(entry[:])), int64(binary.LittleEndian.Uint32(entry[4:]))
	if t.Size != 0 && (t.Offset < t.Entry+8 || t.Offset+t.Size > size) {
		return nil, errors.New("the program's signature is outside of the file: the file is cut short or damaged")
	}
	return t, nil
}

func readAt(r io.ReaderAt, buf []byte, at, size int64) error {
	if at+int64(len(buf)) > size {
		return errors.New("the file is cut short")
	}
	_, err := r.ReadAt(buf, at)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	return nil
}

// Signature returns the program's signature, a PKCS#7 SignedData in DER, and where
// it begins in the file.
func (t *Table) Signature(r io.ReaderAt) (signature []byte, at int64, err error) {
	if t.Size > MaxSignature {
		return nil, 0, fmt.Errorf("the signature has %d bytes; at most %d are expected", t.Size, MaxSignature)
	}
	raw := make([]byte, t.Size)
	if _, err := r.ReadAt(raw, t.Offset); err != nil && !errors.Is(err, io.EOF) {
		return nil, 0, fmt.Errorf("read the signature: %w", err)
	}
	for at := 0; at+entryHeader <= len(raw); {
		length := int(binary.LittleEndian.Uint32(raw[at:]))
		if length < entryHeader || length > len(raw)-at {
			return nil, 0, errors.New("the table of signatures is damaged")
		}
		if binary.LittleEndian.Uint16(raw[at+4:]) == revision2 && binary.LittleEndian.Uint16(raw[at+6:]) == typePKCS7 {
			return raw[at+entryHeader : at+length], t.Offset + int64(at) + entryHeader, nil
		}
		at += (length + 7) &^ 7
	}
	return nil, 0, errors.New("the table of signatures holds none that is known")
}

// Replace returns the program with another signature in place of the one that it
// has. The table must be the file's end, as signing tools write it.
func (t *Table) Replace(program, signature []byte) ([]byte, error) {
	if t.Size < entryHeader || t.Offset+t.Size != int64(len(program)) {
		return nil, errors.New("the signature is not at the program's end: sign it anew with osslsigncode or signtool")
	}
	if length := binary.LittleEndian.Uint32(program[t.Offset:]); (int64(length)+7)&^7 != t.Size {
		return nil, errors.New("the program has several signatures side by side: sign it with one")
	}
	length := (entryHeader + len(signature) + 7) &^ 7
	table := binary.LittleEndian.AppendUint32(nil, uint32(length))
	table = binary.LittleEndian.AppendUint16(table, revision2)
	table = binary.LittleEndian.AppendUint16(table, typePKCS7)
	table = append(table, signature...)
	table = append(table, make([]byte, length-len(table))...)

	out := append(append(make([]byte, 0, int(t.Offset)+length), program[:t.Offset]...), table...)
	binary.LittleEndian.PutUint32(out[t.Entry+4:], uint32(length))
	t.SetChecksum(out)
	return out, nil
}

// SetChecksum makes the checksum in the header that of the program, unless it is
// 0, as linkers leave it who do not care. Windows looks at it for drivers only,
// scanners of other makers do for all programs.
func (t *Table) SetChecksum(program []byte) {
	field := program[t.Checksum:][:4]
	if binary.LittleEndian.Uint32(field) == 0 {
		return
	}
	binary.LittleEndian.PutUint32(field, 0)
	var sum uint64
	rest := program
	for ; len(rest) >= 2; rest = rest[2:] {
		sum += uint64(rest[0]) | uint64(rest[1])<<8
	}
	if len(rest) == 1 {
		sum += uint64(rest[0])
	}
	for sum > 0xffff {
		sum = sum>>16 + sum&0xffff
	}
	binary.LittleEndian.PutUint32(field, uint32(sum)+uint32(len(program)))
}
