package api

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"strings"
	"time"

	"github.com/eljefe/eljefe/internal/fault"
	"github.com/eljefe/eljefe/internal/store"
)

// EnrolmentKey is a secret with which agents enrol.
type EnrolmentKey struct {
	ID        int64      `json:"id"`
	Name      string     `json:"name"`
	State     string     `json:"state" enum:"usable,used_up,expired,revoked" doc:"only a usable one lets agents in"`
	Labels    []string   `json:"labels" doc:"that its stations get"`
	MaxUses   int        `json:"max_uses,omitempty" doc:"absent: no limit"`
	Uses      int        `json:"uses" doc:"stations that it ever let in"`
	Stations  int        `json:"stations" doc:"of those, the ones that are still there"`
	Expires   *time.Time `json:"expires,omitempty" doc:"absent: never"`
	Revoked   *time.Time `json:"revoked,omitempty"`
	Created   time.Time  `json:"created"`
	CreatedBy string     `json:"created_by"`
}

func enrolmentKeyJSON(k *store.EnrolmentKey, now time.Time) EnrolmentKey {
	j := EnrolmentKey{
		ID: k.ID, Name: k.Name, State: "usable", Labels: listOf(k.Labels), MaxUses: k.MaxUses, Uses: k.Uses, Stations: k.Stations,
		Expires: utc(k.Expires), Revoked: utc(k.Revoked), Created: k.Created.UTC(), CreatedBy: k.CreatedBy,
	}
	switch {
	case k.Revoked != nil:
		j.State = "revoked"
	case k.Expires != nil && !k.Expires.After(now):
		j.State = "expired"
	case k.MaxUses > 0 && k.Uses >= k.MaxUses:
		j.State = "used_up"
	}
	return j
}

// listOf returns a list that is written as [] where it is nil.
func listOf[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

func utc(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	u := t.UTC()
	return &u
}

type enrolmentKeysOutput struct {
	Body struct {
		Keys []EnrolmentKey `json:"keys" doc:"newest first"`
	}
}

func (a *API) listEnrolmentKeys(ctx context.Context, _ *struct{}) (*enrolmentKeysOutput, error) {
	keys, err := a.Store.EnrolmentKeys(ctx)
	if err != nil {
		return nil, err
	}
	out := &enrolmentKeysOutput{}
	out.Body.Keys = make([]EnrolmentKey, len(keys))
	for i := range keys {
		out.Body.Keys[i] = enrolmentKeyJSON(&keys[i], a.Now())
	}
	return out, nil
}

// NewEnrolmentKey says what a key is to be.
type NewEnrolmentKey struct {
	Name    string     `json:"name" minLength:"1" maxLength:"128" doc:"what it is for"`
	Labels  []string   `json:"labels,omitempty" maxItems:"50" doc:"that its stations get"`
	MaxUses int        `json:"max_uses,omitempty" minimum:"1" maximum:"1000000" doc:"absent: no limit"`
	Expires *time.Time `json:"expires,omitempty" doc:"absent: never"`
}

type addEnrolmentKeyInput struct {
	Body NewEnrolmentKey
}

type addEnrolmentKeyOutput struct {
	Body struct {
		Key     EnrolmentKey `json:"key"`
		Secret  string       `json:"secret" doc:"shown once"`
		Command string       `json:"command,omitempty" doc:"the line that installs an agent on Linux; absent where this server hears no agents"`
	}
}

// enrolmentKeyPrefix begins every enrolment key, so that leaks are found by scanners.
const enrolmentKeyPrefix = "ejk_"

// newEnrolmentKey returns a random secret, in letters and digits that can be read
// out over the telephone, and the hash under which it is kept.
func newEnrolmentKey() (secret string, hash [sha256.Size]byte) {
	raw := make([]byte, 20)
	rand.Read(raw) // never fails
	secret = enrolmentKeyPrefix + strings.ToLower(base32.StdEncoding.EncodeToString(raw))
	return secret, sha256.Sum256([]byte(secret))
}

func (a *API) addEnrolmentKey(ctx context.Context, in *addEnrolmentKeyInput) (*addEnrolmentKeyOutput, error) {
	secret, hash := newEnrolmentKey()
	k, err := a.makeKey(ctx, &in.Body, hash)
	if err != nil {
		return nil, err
	}
	out := &addEnrolmentKeyOutput{}
	out.Body.Key, out.Body.Secret = *k, secret
	if a.Agents != nil {
		out.Body.Command = fmt.Sprintf("sudo eljefe-agent install --server %s --authority %s --key %s", a.Agents.Address, a.Agents.Authority, secret)
	}
	return out, nil
}

// makeKey makes a key, of which the first secret has a hash.
func (a *API) makeKey(ctx context.Context, in *NewEnrolmentKey, hash [sha256.Size]byte) (*EnrolmentKey, error) {
	name := strings.TrimSpace(in.Name)
	if name == "" {
		return nil, fault.Invalidf("the key needs a name that says what it is for").Coded("key_no_name")
	}
	if in.Expires != nil && !in.Expires.After(a.Now()) {
		return nil, fault.Invalidf("the key would have expired already at %s", in.Expires.Format(time.RFC3339)).Coded("key_expired", "end_time")
	}
	k, err := a.Store.AddEnrolmentKey(ctx, store.EnrolmentKey{
		Name: name, Labels: in.Labels, MaxUses: in.MaxUses, Expires: in.Expires, CreatedBy: caller(ctx).User.Name,
	}, hash)
	if err != nil {
		return nil, err
	}
	j := enrolmentKeyJSON(k, a.Now())
	return &j, a.audit(ctx, "enrolment-key.add", k.Name, map[string]any{"id": k.ID, "labels": k.Labels, "max_uses": k.MaxUses, "expires": k.Expires})
}

// enrolmentKey returns one key.
func (a *API) enrolmentKey(ctx context.Context, id int64) (*store.EnrolmentKey, error) {
	keys, err := a.Store.EnrolmentKeys(ctx)
	if err != nil {
		return nil, err
	}
	for i := range keys {
		if keys[i].ID == id {
			return &keys[i], nil
		}
	}
	return nil, fault.NotFoundf("there is no enrolment key %d", id).Coded("no_enrolment_key", "id")
}

func (a *API) revokeEnrolmentKey(ctx context.Context, in *IDInput) (*struct{}, error) {
	return a.endEnrolmentKey(ctx, in.ID, "enrolment-key.revoke", a.Store.RevokeEnrolmentKey)
}

func (a *API) removeEnrolmentKey(ctx context.Context, in *IDInput) (*struct{}, error) {
	return a.endEnrolmentKey(ctx, in.ID, "enrolment-key.remove", a.Store.RemoveEnrolmentKey)
}

func (a *API) endEnrolmentKey(ctx context.Context, id int64, action string, end func(context.Context, int64) error) (*struct{}, error) {
	k, err := a.enrolmentKey(ctx, id)
	if err != nil {
		return nil, err
	}
	if err := end(ctx, id); err != nil {
		return nil, err
	}
	return nil, a.audit(ctx, action, k.Name, map[string]any{"id": id, "uses": k.Uses})
}
