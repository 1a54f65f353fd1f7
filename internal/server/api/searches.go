package api

import (
	"context"
	"strings"
	"time"

	"github.com/eljefe/eljefe/internal/fault"
	"github.com/eljefe/eljefe/internal/query"
	"github.com/eljefe/eljefe/internal/server/auth"
	"github.com/eljefe/eljefe/internal/store"
)

// SavedSearch is a search that somebody keeps under a name.
type SavedSearch struct {
	ID          int64      `json:"id"`
	Name        string     `json:"name" doc:"unique among those of one owner, without case"`
	Description string     `json:"description"`
	Page        string     `json:"page" enum:"events,processes,binaries,stations,devices,device_events"`
	Q           string     `json:"q" doc:"filter; of stations, a part of the name"`
	Range       string     `json:"range" doc:"span up to now, as 24h; or all; empty with from and to"`
	From        *time.Time `json:"from,omitempty"`
	To          *time.Time `json:"to,omitempty"`
	Order       string     `json:"order,omitempty" doc:"as in the page's address"`
	Shared      bool       `json:"shared" doc:"everybody sees it"`
	Owner       string     `json:"owner" doc:"empty: the user was removed"`
	Mine        bool       `json:"mine"`
	Created     time.Time  `json:"created"`
	Updated     time.Time  `json:"updated"`
}

func savedSearchJSON(s *store.SavedSearch, c *auth.Caller) SavedSearch {
	return SavedSearch{
		ID: s.ID, Name: s.Name, Description: s.Description, Page: s.Page, Q: s.Q, Range: s.Range, From: s.From, To: s.To, Order: s.Order,
		Shared: s.Shared, Owner: s.Owner, Mine: ownsSearch(s, c), Created: s.Created, Updated: s.Updated,
	}
}

func ownsSearch(s *store.SavedSearch, c *auth.Caller) bool {
	return s.OwnerID != 0 && s.OwnerID == c.User.ID
}

type searchesOutput struct {
	Body struct {
		Searches []SavedSearch `json:"searches" doc:"by name"`
	}
}

func (a *API) listSearches(ctx context.Context, _ *struct{}) (*searchesOutput, error) {
	c := caller(ctx)
	list, err := a.Store.SavedSearches(ctx, c.User.ID)
	if err != nil {
		return nil, err
	}
	out := &searchesOutput{}
	out.Body.Searches = make([]SavedSearch, len(list))
	for i := range list {
		out.Body.Searches[i] = savedSearchJSON(&list[i], c)
	}
	return out, nil
}

type searchOutput struct {
	Body SavedSearch
}

func (a *API) getSearch(ctx context.Context, in *IDInput) (*searchOutput, error) {
	c := caller(ctx)
	s, err := a.Store.SavedSearch(ctx, in.ID, c.User.ID)
	if err != nil {
		return nil, err
	}
	return &searchOutput{Body: savedSearchJSON(s, c)}, nil
}

// SearchChange is what a saved search is made of, or what of it changes: a
// member that is absent stays.
type SearchChange struct {
	Name        *string    `json:"name,omitempty" minLength:"1" maxLength:"128"`
	Description *string    `json:"description,omitempty" maxLength:"2000"`
	Page        *string    `json:"page,omitempty" enum:"events,processes,binaries,stations,devices,device_events"`
	Q           *string    `json:"q,omitempty" maxLength:"16384"`
	Range       *string    `json:"range,omitempty" pattern:"^(all|[1-9][0-9]{0,4}[mhd])?$" patternDescription:"all, or a span as 24h" doc:"takes the place of from and to"`
	From        *time.Time `json:"from,omitempty" doc:"with to, takes the place of range"`
	To          *time.Time `json:"to,omitempty"`
	Order       *string    `json:"order,omitempty" maxLength:"64"`
	Shared      *bool      `json:"shared,omitempty" doc:"needs the role analyst"`
}

// apply changes s. The filter must be one of its page.
func (c *SearchChange) apply(s *store.SavedSearch, now time.Time) error {
	set := func(to *string, from *string) {
		if from != nil {
			*to = strings.ReplaceAll(*from, "\x00", "")
		}
	}
	set(&s.Name, c.Name)
	set(&s.Description, c.Description)
	set(&s.Page, c.Page)
	set(&s.Q, c.Q)
	set(&s.Order, c.Order)
	s.Name = strings.TrimSpace(s.Name)
	if c.Shared != nil {
		s.Shared = *c.Shared
	}
	between := c.From != nil || c.To != nil
	switch {
	case between && c.Range != nil && *c.Range != "":
		return fault.Invalidf("a search has a range, or from and to, not both").Coded("search_two_ranges")
	case between:
		s.Range, s.From, s.To = "", c.From, c.To
	case c.Range != nil:
		s.Range, s.From, s.To = *c.Range, nil, nil
	}
	if s.Name == "" || s.Page == "" {
		return fault.Invalidf("a saved search needs a name and a page").Coded("search_no_name")
	}
	if s.From != nil && s.To != nil && !s.From.Before(*s.To) {
		return fault.Invalidf("the time range ends before it begins").Coded("range_reversed")
	}
	var err error
	switch s.Page {
	case "events", "processes":
		_, err = query.Parse(s.Q, now)
	case "binaries":
		_, err = query.ParseBinaries(s.Q, now)
	case "devices", "device_events":
		_, err = query.ParseDevices(s.Q, now)
	}
	return err
}

type addSearchInput struct {
	Body SearchChange
}

func (a *API) addSearch(ctx context.Context, in *addSearchInput) (*searchOutput, error) {
	c := caller(ctx)
	if c.User.ID == 0 {
		return nil, fault.Invalidf("a search belongs to a user; log in as one").Coded("search_no_user")
	}
	search := store.SavedSearch{OwnerID: c.User.ID}
	if err := in.Body.apply(&search, a.Now()); err != nil {
		return nil, err
	}
	if search.Shared && !auth.Allows(c.Role, auth.Analyst) {
		return nil, sharingNeeds(c)
	}
	s, err := a.Store.AddSavedSearch(ctx, search)
	if err != nil {
		return nil, err
	}
	return &searchOutput{Body: savedSearchJSON(s, c)}, a.audit(ctx, "search.add", s.Name, map[string]any{"id": s.ID, "shared": s.Shared})
}

func sharingNeeds(c *auth.Caller) error {
	return fault.New(fault.Forbidden, "sharing a search needs the role %s; yours is %s", auth.Analyst, c.Role).Coded("search_share_role", "needed_role", "role")
}

// searchToChange returns a search that the caller may change and remove: one's
// own, or as an administrator a shared one.
func (a *API) searchToChange(ctx context.Context, id int64) (*store.SavedSearch, error) {
	c := caller(ctx)
	s, err := a.Store.SavedSearch(ctx, id, c.User.ID)
	if err != nil {
		return nil, err
	}
	if !ownsSearch(s, c) && !auth.Allows(c.Role, auth.Administrator) {
		return nil, fault.New(fault.Forbidden, "the search belongs to %s; save your own copy, or ask an administrator", ownerName(s)).Coded("search_foreign", "owner")
	}
	return s, nil
}

func ownerName(s *store.SavedSearch) string {
	if s.Owner == "" {
		return "a user who was removed"
	}
	return s.Owner
}

type changeSearchInput struct {
	IDInput
	Body SearchChange
}

func (a *API) changeSearch(ctx context.Context, in *changeSearchInput) (*searchOutput, error) {
	c := caller(ctx)
	s, err := a.searchToChange(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	before := s.Shared
	if err := in.Body.apply(s, a.Now()); err != nil {
		return nil, err
	}
	switch {
	case s.Shared && !before && !auth.Allows(c.Role, auth.Analyst):
		return nil, sharingNeeds(c)
	case !s.Shared && s.OwnerID == 0:
		return nil, fault.Invalidf("the search has no owner any more: nobody would see it if it was not shared; remove it instead").Coded("search_ownerless")
	}
	if s, err = a.Store.ChangeSavedSearch(ctx, *s); err != nil {
		return nil, err
	}
	return &searchOutput{Body: savedSearchJSON(s, c)}, a.audit(ctx, "search.change", s.Name, map[string]any{"id": s.ID, "shared": s.Shared})
}

func (a *API) removeSearch(ctx context.Context, in *IDInput) (*struct{}, error) {
	s, err := a.searchToChange(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	if err := a.Store.RemoveSavedSearch(ctx, in.ID); err != nil {
		return nil, err
	}
	return nil, a.audit(ctx, "search.remove", s.Name, map[string]any{"id": s.ID})
}
