package main

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/eljefe/eljefe/internal/server/api"
)

type tokenCommand struct {
	List   tokenList   `cmd:"" help:"List tokens."`
	Add    tokenAdd    `cmd:"" help:"Make a token; prints its secret, once."`
	Revoke tokenRevoke `cmd:"" help:"Revoke a token."`
}

type tokenList struct{ remote }

// Run lists tokens.
func (c *tokenList) Run(ctx context.Context, a *app) error {
	return c.use(ctx, a, func(cl *client) error {
		var out struct {
			Tokens []api.Token `json:"tokens"`
		}
		if err := cl.call(ctx, http.MethodGet, "/tokens", nil, nil, &out); err != nil {
			return err
		}
		when := func(t *time.Time) string {
			if t == nil {
				return "never"
			}
			return t.Format(time.RFC3339)
		}
		var rows [][]string
		for _, t := range out.Tokens {
			rows = append(rows, []string{strconv.FormatInt(t.ID, 10), t.Name, t.User, t.Role, when(t.LastUsed), when(t.Expires)})
		}
		return printTable(a.out, []string{"id", "name", "user", "role", "last used", "expires"}, rows)
	})
}

type tokenAdd struct {
	remote
	Name string `arg:"" help:"What the token is for."`
	User string `env:"-" help:"In whose name it acts; needed on the server's machine." placeholder:"NAME"`
	Role string `env:"-" help:"At most that user's: ${enum}." enum:"administrator,analyst,viewer" default:"viewer"`
	Days int    `env:"-" help:"Days until it expires; 0 for never." default:"0"`
}

// Run makes a token.
func (c *tokenAdd) Run(ctx context.Context, a *app) error {
	return c.use(ctx, a, func(cl *client) error {
		in := map[string]any{"name": c.Name, "role": c.Role}
		if c.User != "" {
			in["user"] = c.User
		}
		if c.Days > 0 {
			in["expires"] = time.Now().AddDate(0, 0, c.Days)
		}
		var out struct {
			Secret string `json:"secret"`
		}
		if err := cl.call(ctx, http.MethodPost, "/tokens", nil, in, &out); err != nil {
			return err
		}
		fmt.Fprintln(a.out, out.Secret)
		return nil
	})
}

type tokenRevoke struct {
	remote
	ID int64 `arg:"" help:"Number of the token, from \"eljefe token list\"."`
}

// Run revokes a token.
func (c *tokenRevoke) Run(ctx context.Context, a *app) error {
	return c.use(ctx, a, func(cl *client) error {
		if err := cl.call(ctx, http.MethodDelete, "/tokens/"+strconv.FormatInt(c.ID, 10), nil, nil, nil); err != nil {
			return err
		}
		fmt.Fprintf(a.out, "Token %d is revoked.\n", c.ID)
		return nil
	})
}
