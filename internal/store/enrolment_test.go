//go:build unix

package store_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/eljefe/eljefe/internal/fault"
	"github.com/eljefe/eljefe/internal/store"
	"github.com/eljefe/eljefe/internal/store/storetest"
)

func TestEnroll(t *testing.T) {
	s := storetest.Open(t)
	past := time.Now().Add(-time.Minute)
	key, secret := addKey(t, s, store.EnrolmentKey{Name: "office", Labels: []string{"office", " Lima "}, MaxUses: 2})
	_, expired := addKey(t, s, store.EnrolmentKey{Name: "old", Expires: &past})
	revoked, revokedSecret := addKey(t, s, store.EnrolmentKey{Name: "leaked"})
	if err := s.RevokeEnrolmentKey(t.Context(), revoked.ID); err != nil {
		t.Fatal(err)
	}

	first, err := enroll(t.Context(), s, "A", secret)
	if err != nil || first.Known {
		t.Fatalf("first: %+v, %v", first, err)
	}
	who, err := s.StationByCertificate(t.Context(), first.Certificate.Serial)
	if err != nil || who.Station != first.Station || who.Name != "A" || who.Revoked || who.Retired || !who.Expires.Equal(first.Certificate.Expires) {
		t.Errorf("whose the certificate is: %+v, %v", who, err)
	}
	again, err := enroll(t.Context(), s, "A", secret)
	if err != nil || again.Station != first.Station || !again.Known {
		t.Errorf("the same key again: %+v, %v; want station %d", again, err, first.Station)
	}
	second, err := enroll(t.Context(), s, "B", secret)
	if err != nil || second.Station == first.Station {
		t.Errorf("second: %+v, %v", second, err)
	}
	if again, err := enroll(t.Context(), s, "B", secret); err != nil || again.Station != second.Station {
		t.Errorf("again with a key that is used up: %+v, %v; want station %d", again, err, second.Station)
	}
	for _, tt := range []struct {
		name   string
		secret [32]byte
	}{{"used up", secret}, {"expired", expired}, {"revoked", revokedSecret}, {"unknown", [32]byte{1}}} {
		_, err := enroll(t.Context(), s, "C", tt.secret)
		wantKind(t, tt.name, err, fault.Forbidden)
	}

	d := listed(t, s, first.Station, time.Now())
	if d.State != store.StateWaiting || d.Agent == nil || !slices.Equal(d.Agent.Labels, []string{"Lima", "office"}) || d.Agent.EnrolmentKey != "office" || d.Agent.Address != "192.0.2.7" {
		t.Errorf("the station: %+v, %+v", d.ListedStation, d.Agent)
	}
	keys, err := s.EnrolmentKeys(t.Context())
	if err != nil || len(keys) != 3 || keys[2].ID != key.ID || keys[2].Uses != 2 || keys[2].Stations != 2 || keys[0].Revoked == nil || keys[1].Uses != 0 {
		t.Errorf("keys: %+v, %v", keys, err)
	}
	if err := s.RemoveEnrolmentKey(t.Context(), key.ID); err != nil {
		t.Error(err)
	}
	if d := listed(t, s, first.Station, time.Now()); d.Agent.EnrolmentKey != "" {
		t.Errorf("the station names a key that was removed: %q", d.Agent.EnrolmentKey)
	}
	wantKind(t, "removing a key twice", s.RemoveEnrolmentKey(t.Context(), key.ID), fault.NotFound)
}

func TestEnrollTakesBackWhatCannotBeSigned(t *testing.T) {
	s := storetest.Open(t)
	_, secret := addKey(t, s, store.EnrolmentKey{Name: "office", MaxUses: 1})
	m, public := machine("A")
	_, err := s.Enroll(t.Context(), store.Enrolment{SecretHash: &secret, Machine: m, PublicKey: public}, func(int64) (store.Certificate, error) {
		return store.Certificate{}, fmt.Errorf("the authority is away")
	})
	if err == nil {
		t.Fatal("no error")
	}
	if _, err := enroll(t.Context(), s, "B", secret); err != nil {
		t.Errorf("the use was not given back: %v", err)
	}
}

// A hundred machines come at once with a key for forty.
func TestEnrollAtOnce(t *testing.T) {
	s := storetest.Open(t)
	const machines, uses = 100, 40
	_, secret := addKey(t, s, store.EnrolmentKey{Name: "office", MaxUses: uses})
	var in, out atomic.Int64
	var group sync.WaitGroup
	for i := range machines {
		group.Go(func() {
			for range 2 { // twice each, as if the answer was lost
				_, err := enroll(context.Background(), s, fmt.Sprint("M", i), secret)
				switch {
				case err == nil:
					in.Add(1)
				case fault.KindOf(err) == fault.Forbidden:
					out.Add(1)
				default:
					t.Errorf("machine %d: %v", i, err)
				}
			}
		})
	}
	group.Wait()
	keys, err := s.EnrolmentKeys(t.Context())
	if err != nil || keys[0].Uses != uses || keys[0].Stations != uses || in.Load() != 2*uses || out.Load() != 2*(machines-uses) {
		t.Errorf("%d let in, %d refused, key %+v, %v; want %d and %d", in.Load(), out.Load(), keys[0], err, 2*uses, 2*(machines-uses))
	}
}

// One machine asks many times at once: it becomes one station.
func TestEnrollOneMachineAtOnce(t *testing.T) {
	s := storetest.Open(t)
	_, a := addKey(t, s, store.EnrolmentKey{Name: "a"})
	_, b := addKey(t, s, store.EnrolmentKey{Name: "b"})
	stations := make([]int64, 20)
	var group sync.WaitGroup
	for i := range stations {
		group.Go(func() {
			e, err := enroll(context.Background(), s, "A", [][32]byte{a, b}[i%2])
			if err != nil {
				t.Error(err)
				return
			}
			stations[i] = e.Station
		})
	}
	group.Wait()
	if len(slices.Compact(stations)) != 1 {
		t.Errorf("one machine is stations %v", stations)
	}
	keys, err := s.EnrolmentKeys(t.Context())
	if err != nil || keys[0].Uses+keys[1].Uses != 1 {
		t.Errorf("uses: %+v, %v; want 1", keys, err)
	}
}

func TestPart(t *testing.T) {
	s := storetest.Open(t)
	parent := agents(t, s, "A")[0]
	if err := s.LabelStation(t.Context(), parent, []string{"kiosk"}); err != nil {
		t.Fatal(err)
	}
	m, public := machine("A2")
	e, err := s.Enroll(t.Context(), store.Enrolment{PartFrom: parent, Machine: m, PublicKey: public}, sign(public))
	if err != nil || e.Station == parent {
		t.Fatalf("part: %+v, %v", e, err)
	}
	if d := listed(t, s, e.Station, time.Now()); d.Agent.PartedFrom != parent || d.Agent.PartedName != "A" || !slices.Equal(d.Agent.Labels, []string{"kiosk"}) {
		t.Errorf("the clone: %+v", d.Agent)
	}
	if err := s.RevokeStation(t.Context(), parent); err != nil {
		t.Fatal(err)
	}
	m, public = machine("A3")
	_, err = s.Enroll(t.Context(), store.Enrolment{PartFrom: parent, Machine: m, PublicKey: public}, sign(public))
	wantKind(t, "part from a revoked station", err, fault.Forbidden)
}

func TestCertificates(t *testing.T) {
	s := storetest.Open(t)
	_, secret := addKey(t, s, store.EnrolmentKey{Name: "office"})
	e, err := enroll(t.Context(), s, "A", secret)
	if err != nil {
		t.Fatal(err)
	}
	renewed := store.Certificate{Serial: []byte("renewed"), Expires: time.Now().Add(2 * time.Hour).Truncate(time.Microsecond)}
	if err := s.AddCertificate(t.Context(), e.Station, renewed); err != nil {
		t.Fatal(err)
	}
	state := func(serial []byte) (retired, revoked bool) {
		t.Helper()
		who, err := s.StationByCertificate(t.Context(), serial)
		if err != nil {
			t.Fatal(err)
		}
		return who.Retired, who.Revoked
	}
	for _, tt := range []struct {
		name             string
		do               func(context.Context, int64) error
		retired, revoked bool
	}{
		{"at first", func(context.Context, int64) error { return nil }, false, false},
		{"retired", s.RetireStation, true, false},
		{"restored", s.RestoreStation, false, false},
		{"revoked", s.RevokeStation, false, true},
	} {
		if err := tt.do(t.Context(), e.Station); err != nil {
			t.Fatalf("%s: %v", tt.name, err)
		}
		for _, serial := range [][]byte{e.Certificate.Serial, renewed.Serial} {
			if retired, revoked := state(serial); retired != tt.retired || revoked != tt.revoked {
				t.Errorf("%s: retired %v, revoked %v; want %v, %v", tt.name, retired, revoked, tt.retired, tt.revoked)
			}
		}
		d, err := s.StationDetail(t.Context(), e.Station, time.Now(), time.Now())
		if err != nil {
			t.Fatal(err)
		}
		if good := d.CertificateExpires != nil && d.CertificateExpires.Equal(renewed.Expires); good == tt.revoked {
			t.Errorf("%s: certificate until %v; the newest is good until %v", tt.name, d.CertificateExpires, renewed.Expires)
		}
		_, err = enroll(t.Context(), s, "A", secret)
		if gone := tt.retired || tt.revoked; gone != (fault.KindOf(err) == fault.Forbidden) || !gone && err != nil {
			t.Errorf("%s: enrols again: %v", tt.name, err)
		}
	}
	wantKind(t, "restore a revoked station", s.RestoreStation(t.Context(), e.Station), fault.Conflict)
	wantKind(t, "renew for a revoked station", s.AddCertificate(t.Context(), e.Station, store.Certificate{Serial: []byte("x")}), fault.Forbidden)
	_, err = s.StationByCertificate(t.Context(), []byte("another authority's"))
	wantKind(t, "an unknown certificate", err, fault.NotFound)
}
