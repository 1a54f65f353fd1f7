//go:build unix

package store_test

import (
	"context"
	"crypto/sha256"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"

	"github.com/eljefe/eljefe/internal/fault"
	"github.com/eljefe/eljefe/internal/store"
	"github.com/eljefe/eljefe/internal/store/storetest"
)

// further gives a key one more secret.
func further(t *testing.T, s *store.Store, key int64, text string) [32]byte {
	t.Helper()
	secret := sha256.Sum256([]byte(text))
	if _, err := s.AddEnrolmentSecret(t.Context(), key, secret, "ana"); err != nil {
		t.Fatal(err)
	}
	return secret
}

// The secrets of a key are one key: they share its uses, and end with it.
func TestFurtherSecrets(t *testing.T) {
	s := storetest.Open(t)
	key, first := addKey(t, s, store.EnrolmentKey{Name: "office", Labels: []string{"desks"}, MaxUses: 3})
	second, third := further(t, s, key.ID, "second"), further(t, s, key.ID, "third")
	for name, secret := range map[string][32]byte{"A": first, "B": second} {
		e, err := enroll(t.Context(), s, name, secret)
		if err != nil {
			t.Fatal(err)
		}
		if d := listed(t, s, e.Station, time.Now()); d.Agent.EnrolmentKey != "office" || !slices.Equal(d.Agent.Labels, []string{"desks"}) {
			t.Errorf("%s is of the key %q with the labels %q", name, d.Agent.EnrolmentKey, d.Agent.Labels)
		}
	}
	list, _, err := s.Stations(t.Context(), store.StationList{KeyID: key.ID, Sort: "enrolled", Limit: 10})
	if err != nil || len(list) != 2 {
		t.Errorf("stations of the key: %+v, %v", list, err)
	}
	if list, _, err := s.Stations(t.Context(), store.StationList{KeyID: key.ID + 1, Sort: "name", Limit: 10}); err != nil || len(list) != 0 {
		t.Errorf("stations of a key that is not there: %+v, %v", list, err)
	}
	if err := s.RevokeEnrolmentKey(t.Context(), key.ID); err != nil {
		t.Fatal(err)
	}
	for name, secret := range map[string][32]byte{"first": first, "second": second, "third": third} {
		_, err := enroll(t.Context(), s, "C", secret)
		wantKind(t, "after the key was revoked, by the "+name, err, fault.Forbidden)
	}
	if err := s.RemoveEnrolmentKey(t.Context(), key.ID); err != nil {
		t.Fatal(err)
	}
	_, err = enroll(t.Context(), s, "C", second)
	wantKind(t, "after the key was removed", err, fault.Forbidden)
}

func TestFurtherSecretsAreRefused(t *testing.T) {
	s := storetest.Open(t)
	past := time.Now().Add(-time.Minute)
	expired, _ := addKey(t, s, store.EnrolmentKey{Name: "old", Expires: &past})
	revoked, _ := addKey(t, s, store.EnrolmentKey{Name: "leaked"})
	if err := s.RevokeEnrolmentKey(t.Context(), revoked.ID); err != nil {
		t.Fatal(err)
	}
	full, secret := addKey(t, s, store.EnrolmentKey{Name: "full", MaxUses: 1})
	if _, err := enroll(t.Context(), s, "A", secret); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		key  int64
		want string
		kind fault.Kind
	}{
		{expired.ID, `"old" has expired`, fault.Conflict}, {revoked.ID, `"leaked" was revoked`, fault.Conflict},
		{full.ID, `"full" has let in as many stations as it may, 1`, fault.Conflict}, {4711, "no enrolment key 4711", fault.NotFound},
	} {
		_, err := s.AddEnrolmentSecret(t.Context(), test.key, sha256.Sum256([]byte(test.want)), "ana")
		if fault.KindOf(err) != test.kind || !strings.Contains(err.Error(), test.want) {
			t.Errorf("error %v; want it to say %q", err, test.want)
		}
	}
}

// Whoever looks at the page sees a station come in.
func TestEnrolmentIsTold(t *testing.T) {
	s := storetest.Open(t)
	key, _ := addKey(t, s, store.EnrolmentKey{Name: "office"})
	ctx, stop := context.WithCancel(t.Context())
	heard, done := make(chan store.Stored, 100), make(chan struct{})
	go func() {
		defer close(done)
		_ = s.ListenStored(ctx, func(n store.Stored) { heard <- n }) // ends with ctx
	}()
	defer func() { stop(); <-done }()
	for i := 0; ; i++ {
		// The first may come before anybody listens.
		if _, err := enroll(t.Context(), s, string(rune('A'+i)), further(t, s, key.ID, string(rune('a'+i)))); err != nil {
			t.Fatal(err)
		}
		select {
		case n := <-heard:
			if n != (store.Stored{Stations: 1}) {
				t.Errorf("told is %+v; want one station", n)
			}
			return
		case <-time.After(100 * time.Millisecond):
			if i == 20 {
				t.Fatal("nobody was told")
			}
		}
	}
}

// Keys of before migration 9 let stations in after it.
func TestMigrationKeepsSecrets(t *testing.T) {
	url := storetest.URL(t)
	pool := storetest.Connect(t, url)
	for _, sql := range []string{`DROP SCHEMA public CASCADE`, `CREATE SCHEMA public`} {
		if _, err := pool.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	db := stdlib.OpenDBFromPool(pool)
	defer db.Close()
	p, err := goose.NewProvider(goose.DialectPostgres, db, os.DirFS("migrations"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.UpTo(t.Context(), 8); err != nil {
		t.Fatal(err)
	}
	secret := sha256.Sum256([]byte("old"))
	if _, err := pool.Exec(t.Context(), `INSERT INTO enrolment_key (name, secret_hash, created_by) VALUES ('office', $1, 'ana')`, secret[:]); err != nil {
		t.Fatal(err)
	}
	if err := store.Migrate(t.Context(), pool); err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(t.Context(), url, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err := enroll(t.Context(), s, "A", secret); err != nil {
		t.Errorf("with a key of before: %v", err)
	}
}
