package main

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/eljefe/eljefe/internal/cli"
	"github.com/eljefe/eljefe/internal/server/api"
)

type clientCommand struct {
	Build  clientBuild  `cmd:"" help:"Make a client: an agent that needs nothing said when it is installed."`
	Sign   clientSign   `cmd:"" help:"Sign the clients that this program carries, or take those signed elsewhere."`
	Export clientExport `cmd:"" help:"Write the clients that this program carries to be signed elsewhere."`
	Key    keyCommand   `cmd:"" help:"Manage the keys with which agents enrol."`
}

type keyCommand struct {
	List   keyList   `cmd:"" help:"List enrolment keys."`
	Add    keyAdd    `cmd:"" help:"Make an enrolment key; prints its secret, once."`
	Revoke keyRevoke `cmd:"" help:"Let nobody in by a key any more; its stations stay."`
}

type keyList struct {
	remote
	listFormat
}

// Run lists enrolment keys.
func (c *keyList) Run(ctx context.Context, a *app) error {
	return c.use(ctx, a, func(cl *client) error {
		var out struct {
			Keys []api.EnrolmentKey `json:"keys"`
		}
		if err := cl.call(ctx, http.MethodGet, "/enrolment-keys", nil, nil, &out); err != nil {
			return err
		}
		return printList(a.out, c.listFormat, out.Keys, []string{"id", "name", "state", "labels", "uses", "stations", "expires"}, func(k *api.EnrolmentKey) []string {
			uses := strconv.Itoa(k.Uses)
			if k.MaxUses > 0 {
				uses += " of " + strconv.Itoa(k.MaxUses)
			}
			return []string{
				strconv.FormatInt(k.ID, 10), k.Name, strings.ReplaceAll(k.State, "_", " "), strings.Join(k.Labels, ", "), uses, strconv.Itoa(k.Stations), moment(k.Expires),
			}
		})
	})
}

// moment is a time in a table.
func moment(t *time.Time) string {
	if t == nil {
		return "never"
	}
	return t.Format(time.RFC3339)
}

type keyAdd struct {
	remote
	Name  string   `arg:"" help:"What the key is for."`
	Label []string `env:"-" help:"Label that its stations get; may be given several times." placeholder:"LABEL"`
	Uses  int      `env:"-" help:"How many stations it lets in; 0 for any number." default:"0"`
	Days  int      `env:"-" help:"Days until it expires; 0 for never." default:"0"`
}

// Run makes an enrolment key.
func (c *keyAdd) Run(ctx context.Context, a *app) error {
	if c.Uses < 0 || c.Days < 0 {
		return fmt.Errorf("--uses and --days must not be negative")
	}
	return c.use(ctx, a, func(cl *client) error {
		in := newKey(c.Name, c.Label, c.Uses, c.Days, time.Now())
		var out struct {
			Secret  string `json:"secret"`
			Command string `json:"command"`
		}
		if err := cl.call(ctx, http.MethodPost, "/enrolment-keys", nil, in, &out); err != nil {
			return err
		}
		fmt.Fprintln(a.out, out.Secret)
		if out.Command != "" {
			fmt.Fprintf(a.err, "To install an agent on Linux:\n  %s\n", cli.Printable(out.Command))
		}
		return nil
	})
}

// newKey returns an enrolment key as the API is asked for it; 0 uses are any
// number, 0 days no end.
func newKey(name string, labels []string, uses, days int, now time.Time) map[string]any {
	key := map[string]any{"name": name}
	if labels != nil {
		key["labels"] = labels
	}
	if uses > 0 {
		key["max_uses"] = uses
	}
	if days > 0 {
		key["expires"] = now.AddDate(0, 0, days)
	}
	return key
}

type keyRevoke struct {
	remote
	ID int64 `arg:"" help:"Number of the key, from \"eljefe client key list\"."`
}

// Run revokes an enrolment key.
func (c *keyRevoke) Run(ctx context.Context, a *app) error {
	return c.use(ctx, a, func(cl *client) error {
		if err := cl.call(ctx, http.MethodPost, fmt.Sprintf("/enrolment-keys/%d/revoke", c.ID), nil, nil, nil); err != nil {
			return err
		}
		fmt.Fprintf(a.out, "Key %d is revoked; the stations that it has let in stay.\n", c.ID)
		return nil
	})
}
