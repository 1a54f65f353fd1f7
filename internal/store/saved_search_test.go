//go:build unix

package store_test

import (
	"testing"
	"time"

	"github.com/eljefe/eljefe/internal/fault"
	"github.com/eljefe/eljefe/internal/store"
	"github.com/eljefe/eljefe/internal/store/storetest"
)

func TestSavedSearches(t *testing.T) {
	s := storetest.Open(t)
	ctx := t.Context()
	user := func(name, role string) int64 {
		u, err := s.AddUser(ctx, store.User{Name: name, Role: role, PasswordHash: "x"})
		if err != nil {
			t.Fatal(err)
		}
		return u.ID
	}
	user("root", "administrator")
	ana, bob := user("ana", "analyst"), user("bob", "viewer")
	save := func(search store.SavedSearch) *store.SavedSearch {
		t.Helper()
		saved, err := s.AddSavedSearch(ctx, search)
		if err != nil {
			t.Fatal(err)
		}
		return saved
	}
	to := monday.Add(time.Hour)
	own := save(store.SavedSearch{OwnerID: ana, Name: "Temp", Page: "events", Q: `image:*\temp\*`, Range: "24h", Order: "asc"})
	shared := save(store.SavedSearch{OwnerID: ana, Name: "news", Description: "what is new", Page: "binaries", Q: "first_seen:>-24h", From: &monday, To: &to, Shared: true})
	save(store.SavedSearch{OwnerID: bob, Name: "TEMP", Page: "stations"}) // another's name is no obstacle
	if own.Owner != "ana" || own.Range != "24h" || own.Order != "asc" || own.Created.IsZero() || !shared.From.Equal(monday) || !shared.To.Equal(to) {
		t.Errorf("saved %+v and %+v", own, shared)
	}
	if _, err := s.AddSavedSearch(ctx, store.SavedSearch{OwnerID: ana, Name: "tEMP", Page: "events"}); fault.KindOf(err) != fault.Conflict {
		t.Errorf("a name that differs in case only: %v", err)
	}
	seen := func(user int64, want ...string) {
		t.Helper()
		list, err := s.SavedSearches(ctx, user)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, l := range list {
			got = append(got, l.Name)
		}
		if len(got) != len(want) {
			t.Fatalf("user %d sees %q, want %q", user, got, want)
		}
		for i := range want {
			if got[i] != want[i] {
				t.Errorf("user %d sees %q, want %q", user, got, want)
			}
		}
	}
	seen(ana, "news", "Temp")
	seen(bob, "news", "TEMP")
	if _, err := s.SavedSearch(ctx, own.ID, bob); fault.KindOf(err) != fault.NotFound {
		t.Errorf("somebody else's own search: %v", err)
	}
	own.Name, own.Q = "Temp and more", "x"
	changed, err := s.ChangeSavedSearch(ctx, *own)
	if err != nil || changed.Name != own.Name || changed.Q != "x" || changed.Updated.Before(changed.Created) {
		t.Errorf("changed: %+v, %v", changed, err)
	}
	own.Name = "NEWS"
	if _, err := s.ChangeSavedSearch(ctx, *own); fault.KindOf(err) != fault.Conflict {
		t.Errorf("changed to a name that is taken: %v", err)
	}
	// What was shared stays when its owner goes.
	if err := s.RemoveUser(ctx, ana); err != nil {
		t.Fatal(err)
	}
	seen(bob, "news", "TEMP")
	if left, err := s.SavedSearch(ctx, shared.ID, bob); err != nil || left.Owner != "" || left.OwnerID != 0 {
		t.Errorf("left behind: %+v, %v", left, err)
	}
	if err := s.RemoveSavedSearch(ctx, shared.ID); err != nil {
		t.Fatal(err)
	}
	if err := s.RemoveSavedSearch(ctx, shared.ID); fault.KindOf(err) != fault.NotFound {
		t.Errorf("removed twice: %v", err)
	}
	seen(bob, "TEMP")
}
