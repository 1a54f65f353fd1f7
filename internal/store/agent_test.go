//go:build unix

package store_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"testing"
	"time"

	"github.com/eljefe/eljefe/internal/fault"
	"github.com/eljefe/eljefe/internal/store"
	"github.com/eljefe/eljefe/internal/wire"
)

// machine is one that enrols with a key of its own.
func machine(name string) (wire.Machine, [32]byte) {
	return wire.Machine{Name: name, Fingerprint: "print of " + name, System: "Debian GNU/Linux 12", Architecture: "amd64", AgentVersion: "1.0"},
		sha256.Sum256([]byte("key of " + name))
}

// sign makes a certificate as far as the store looks at it; each has another
// serial number.
func sign(publicKey [32]byte) func(int64) (store.Certificate, error) {
	return func(station int64) (store.Certificate, error) {
		serial := fmt.Appendf(nil, "%d %x %d", station, publicKey[:4], time.Now().UnixNano())
		return store.Certificate{Serial: serial, PublicKey: publicKey, Expires: time.Now().Add(time.Hour).Truncate(time.Microsecond), DER: serial}, nil
	}
}

// addKey adds an enrolment key and returns the digest of its secret.
func addKey(t *testing.T, s *store.Store, k store.EnrolmentKey) (*store.EnrolmentKey, [32]byte) {
	t.Helper()
	hash := sha256.Sum256([]byte("secret of " + k.Name))
	k.CreatedBy = "ana"
	added, err := s.AddEnrolmentKey(t.Context(), k, hash)
	if err != nil {
		t.Fatal(err)
	}
	return added, hash
}

// enroll enrols a machine with a key.
func enroll(ctx context.Context, s *store.Store, name string, secret [32]byte) (*store.Enrolled, error) {
	m, public := machine(name)
	return s.Enroll(ctx, store.Enrolment{SecretHash: &secret, Machine: m, Address: "192.0.2.7", PublicKey: public}, sign(public))
}

// agents enrols machines called so, and returns their stations.
func agents(t *testing.T, s *store.Store, names ...string) []int64 {
	t.Helper()
	_, secret := addKey(t, s, store.EnrolmentKey{Name: "office"})
	ids := make([]int64, len(names))
	for i, name := range names {
		e, err := enroll(t.Context(), s, name, secret)
		if err != nil {
			t.Fatal(err)
		}
		ids[i] = e.Station
	}
	return ids
}

// hello is what the agent of a machine says in a run of it.
func hello(name, run string, booted, at time.Time) *wire.Hello {
	m, _ := machine(name)
	return &wire.Hello{
		Machine: m, Run: run, BootID: 1<<63 + 7, Booted: booted, AgentBegan: booted.Add(time.Minute), Now: at,
		Sensor: wire.Sensor{Mode: "replay", State: "working"},
	}
}

func greet(t *testing.T, s *store.Store, station int64, h *wire.Hello, at time.Time) *store.Greeting {
	t.Helper()
	g, err := s.Greet(t.Context(), station, h, "192.0.2.7", at)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// listed returns a station as it is shown at a time.
func listed(t *testing.T, s *store.Store, id int64, now time.Time) *store.StationDetail {
	t.Helper()
	d, err := s.StationDetail(t.Context(), id, now, now.Add(-24*time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func wantKind(t *testing.T, what string, err error, want fault.Kind) {
	t.Helper()
	if err == nil || fault.KindOf(err) != want {
		t.Errorf("%s: got error %v of kind %d, want kind %d", what, err, fault.KindOf(err), want)
	}
}
