package pki

import (
	"context"
	"crypto/tls"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// lookEvery is how often a server's certificate is looked at: little against what
// is left of it, so that a failure is tried again often enough.
const lookEvery = 12 * time.Hour

// ServerKeeper has a server's certificate, and another one in its place when two
// thirds of its life are over, or when it is to have other names: connections made
// from then on get that one.
type ServerKeeper struct {
	authority *Authority
	own       []string // names that the machine has, and those that it was started with
	current   atomic.Pointer[tls.Certificate]

	mu    sync.Mutex // held while the certificate or its names change
	added []string   // names that people have added, see AddName
}

// KeepServer returns the keeper of the certificate for the given names and
// addresses, for those that were added by AddName, and for ServerName.
func (a *Authority) KeepServer(names []string) (*ServerKeeper, error) {
	k := &ServerKeeper{authority: a, own: names}
	var err error
	if k.added, err = a.addedNames(); err != nil {
		return nil, err
	}
	_, err = k.look()
	return k, err
}

// Certificate returns the certificate; it is what tls.Config.GetCertificate wants.
func (k *ServerKeeper) Certificate(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	return k.current.Load(), nil
}

// look takes the certificate that is to be used now, and tells whether it is
// another one than before.
func (k *ServerKeeper) look() (renewed bool, err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	cert, err := k.authority.ServerCertificate(slices.Concat(k.own, k.added))
	if err != nil {
		return false, err
	}
	before := k.current.Swap(cert)
	return before == nil || !before.Leaf.Equal(cert.Leaf), nil
}

// Run renews the certificate until ctx ends, and tells each time when it did or
// could not. The one that could not be renewed stays in use.
func (k *ServerKeeper) Run(ctx context.Context, tell func(until time.Time, err error)) error {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		if renewed, err := k.look(); renewed || err != nil {
			tell(k.current.Load().Leaf.NotAfter, err)
		}
	}
}
