package tag

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/eljefe/eljefe/internal/fault"
	"github.com/eljefe/eljefe/internal/pki"
)

// version is the first byte of a document. An agent refuses one that it does not
// know: a tag is read by the program that it is in.
const version = 1

// Authority signs configurations; *pki.Authority does.
type Authority interface {
	DER() []byte // the authority's certificate
	SignClient(configuration []byte) ([]byte, error)
}

// Seal returns the configuration as a document that the authority has signed:
//
//	version      1 byte
//	certificate  2 bytes length, big endian; the authority's, in DER
//	text         2 bytes length; Config as JSON
//	signature    2 bytes length; ECDSA with SHA-256, over all that stands before it
func Seal(c *Config, a Authority) ([]byte, error) {
	if err := c.Check(); err != nil {
		return nil, err
	}
	text, err := json.Marshal(c)
	if err != nil {
		return nil, fmt.Errorf("write the client's configuration: %w", err)
	}
	document := appendPart(appendPart([]byte{version}, a.DER()), text)
	signature, err := a.SignClient(document)
	if err != nil {
		return nil, err
	}
	if document = appendPart(document, signature); len(document) > MaxDocument {
		return nil, fault.New(fault.TooLarge, "the configuration takes %d bytes, and a client has place for %d: shorten the server's address or the proxy's", len(document), MaxDocument).Coded("client_settings_long", "settings_bytes", "most_bytes")
	}
	return document, nil
}

func appendPart(document, part []byte) []byte {
	return append(binary.BigEndian.AppendUint16(document, uint16(len(part))), part...)
}

// ErrDamaged says that a configuration is there, and is not what a server signed.
var ErrDamaged = errors.New("the configuration in this client was changed or damaged: download the client anew from the server's page (Client)")

// Open returns the configuration that a document holds. Each byte of it is
// checked.
func Open(document []byte) (*Config, error) {
	if len(document) == 0 {
		return nil, ErrNone
	}
	if document[0] != version {
		return nil, fmt.Errorf("%w (its form is %d, this program knows %d)", ErrDamaged, document[0], version)
	}
	var parts [3][]byte
	rest, signed := document[1:], 0
	for i := range parts {
		signed = len(document) - len(rest)
		if len(rest) < 2 {
			return nil, fmt.Errorf("%w (it is cut short)", ErrDamaged)
		}
		length := int(binary.BigEndian.Uint16(rest))
		if rest = rest[2:]; length > len(rest) {
			return nil, fmt.Errorf("%w (it is cut short)", ErrDamaged)
		}
		parts[i], rest = rest[:length], rest[length:]
	}
	if len(rest) > 0 {
		return nil, fmt.Errorf("%w (something follows it)", ErrDamaged)
	}
	pin, err := pki.CheckClient(parts[0], document[:signed], parts[2])
	if err != nil {
		return nil, fmt.Errorf("%w (%w)", ErrDamaged, err)
	}
	c := &Config{Authority: pin}
	d := json.NewDecoder(bytes.NewReader(parts[1]))
	d.DisallowUnknownFields() // made for a newer agent: what it asks for must not be left out silently
	if err := d.Decode(c); err != nil {
		return nil, fmt.Errorf("read the client's configuration: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("read the client's configuration: something follows it")
	}
	return c, c.Check()
}
