package api

import (
	"context"
	"encoding/json"
	"time"

	"github.com/eljefe/eljefe/internal/store"
)

// AuditEntry is something that somebody did.
type AuditEntry struct {
	ID      int64           `json:"id"`
	Time    time.Time       `json:"time"`
	Who     string          `json:"who" doc:"user, or what of the system it was"`
	Action  string          `json:"action" doc:"as in station.retire"`
	Subject string          `json:"subject" doc:"to what it was done"`
	Detail  json.RawMessage `json:"detail" doc:"an object; its members depend on the action"`
}

type listAuditInput struct {
	Action string `query:"action" maxLength:"64" doc:"absent: all"`
	Who    string `query:"who" maxLength:"256" doc:"in any case; absent: everybody"`
	PartInput
}

type auditOutput struct {
	Body struct {
		Entries []AuditEntry `json:"entries" doc:"newest first"`
		Next    string       `json:"next,omitempty" doc:"cursor of the next page; absent at the end"`
	}
}

func (a *API) listAudit(ctx context.Context, in *listAuditInput) (*auditOutput, error) {
	list, next, err := a.Store.AuditEntries(ctx, store.AuditList{Action: in.Action, Who: in.Who, Cursor: in.Cursor, Limit: in.Limit})
	if err != nil {
		return nil, err
	}
	out := &auditOutput{}
	out.Body.Entries, out.Body.Next = make([]AuditEntry, len(list)), next
	for i, e := range list {
		out.Body.Entries[i] = AuditEntry{ID: e.ID, Time: e.Time.UTC(), Who: e.Who, Action: e.Action, Subject: e.Subject, Detail: e.Detail}
	}
	return out, nil
}
