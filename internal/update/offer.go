// Package update says what a newer agent is, to the server that offers it and to
// the agent that takes it: versions and their order, and the offer.
//
// An offer is signed by a key that the server's authority has signed for nothing
// but this (pki.UpdateKey). Whoever has an offer from Open knows that the
// authority that the agent pins stands behind each of its members; whether it is
// new, and for this station, Offer.For says. Which station is offered what and
// when, and what a station does with an offer, it leaves to others.
package update

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/eljefe/eljefe/internal/pki"
	"github.com/eljefe/eljefe/internal/wire"
)

// MostBytes bounds an agent's program.
const MostBytes = 64 << 20

// Offer is a newer agent for one station.
type Offer struct {
	Station int64     `json:"station"`
	Version string    `json:"version"`
	System  string    `json:"system"` // as GOOS has it
	Arch    string    `json:"arch"`   // as GOARCH has it
	Size    int64     `json:"size"`
	SHA256  string    `json:"sha256"` // of the program, in hexadecimal
	Attempt int       `json:"attempt"`
	Time    time.Time `json:"time"` // by the server's clock, when it was made
}

// Key signs offers; *pki.UpdateKey does.
type Key interface {
	Sign(document []byte) []byte
	Certificate() []byte
	Authority() []byte
}

// Seal signs an offer.
func Seal(o *Offer, key Key) (*wire.Update, error) {
	document, err := json.Marshal(o)
	if err != nil {
		return nil, fmt.Errorf("write the offer of an agent: %w", err)
	}
	return &wire.Update{Offer: document, Signature: key.Sign(document), Certificate: key.Certificate(), Authority: key.Authority()}, nil
}

// Open returns the offer of a message, if the authority with the fingerprint pin
// stands behind it.
func Open(u *wire.Update, pin string) (*Offer, error) {
	if err := pki.CheckUpdate(pin, u.Authority, u.Certificate, u.Offer, u.Signature); err != nil {
		return nil, err
	}
	o := new(Offer)
	if err := json.Unmarshal(u.Offer, o); err != nil {
		return nil, fmt.Errorf("read the offer of an agent: %w", err)
	}
	if raw, err := hex.DecodeString(o.SHA256); err != nil || len(raw) != 32 || o.Size <= 0 || o.Size > MostBytes {
		return nil, fmt.Errorf("the offer is of a program with %d bytes and the SHA-256 %.80q, which cannot be", o.Size, o.SHA256)
	}
	return o, nil
}

// An Agent is one that an offer is made to.
type Agent struct {
	Station               int64
	Version, System, Arch string
	Last                  time.Time // Time of the last offer that it took up; zero: it has taken none
}

// For says whether the offer is one for this agent, and why not.
func (o *Offer) For(a Agent) error {
	switch newer, err := Newer(o.Version, a.Version); {
	case o.Station != a.Station:
		return fmt.Errorf("the offer is for station %d; this is station %d", o.Station, a.Station)
	case o.System != a.System || o.Arch != a.Arch:
		return fmt.Errorf("the offer is of an agent for %.20s on %.20s; this is %s on %s", o.System, o.Arch, a.System, a.Arch)
	case err != nil:
		return err
	case !newer:
		return fmt.Errorf("the offer is of version %.80s, which is not newer than %s", o.Version, a.Version)
	case o.Time.Before(a.Last):
		return errors.New("the offer is older than one that was taken up before")
	}
	return nil
}
