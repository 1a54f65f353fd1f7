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

type userCommand struct {
	List          userList   `cmd:"" help:"List users."`
	Add           userAdd    `cmd:"" help:"Add a user; prints a one-time password."`
	ResetPassword userReset  `cmd:"" help:"Give a user a new one-time password."`
	Change        userChange `cmd:"" help:"Change a user's role, or disable or enable the user."`
	Remove        userRemove `cmd:"" help:"Remove a user."`
}

type userList struct{ remote }

// Run lists users.
func (c *userList) Run(ctx context.Context, a *app) error {
	return c.use(ctx, a, func(cl *client) error {
		users, err := cl.users(ctx)
		if err != nil {
			return err
		}
		var rows [][]string
		for _, u := range users {
			state := "active"
			switch {
			case u.Disabled:
				state = "disabled"
			case u.MustChangePassword:
				state = "must change password"
			}
			last := "never"
			if u.LastLogin != nil {
				last = u.LastLogin.Format(time.RFC3339)
			}
			rows = append(rows, []string{u.Name, u.Role, state, last})
		}
		return printTable(a.out, []string{"name", "role", "state", "last log-in"}, rows)
	})
}

func (c *client) users(ctx context.Context) ([]api.User, error) {
	var out struct {
		Users []api.User `json:"users"`
	}
	err := c.call(ctx, http.MethodGet, "/users", nil, nil, &out)
	return out.Users, err
}

// userPath returns the API path of the user called name.
func (c *client) userPath(ctx context.Context, name string) (string, error) {
	users, err := c.users(ctx)
	if err != nil {
		return "", err
	}
	for _, u := range users {
		if strings.EqualFold(u.Name, name) {
			return "/users/" + strconv.FormatInt(u.ID, 10), nil
		}
	}
	return "", fmt.Errorf("there is no user %q; \"eljefe user list\" names them", name)
}

type userAdd struct {
	remote
	Name string `arg:"" help:"Name to log in with."`
	Role string `env:"-" help:"${enum}." enum:"administrator,analyst,viewer" default:"analyst"`
}

// Run adds a user.
func (c *userAdd) Run(ctx context.Context, a *app) error {
	return c.use(ctx, a, func(cl *client) error {
		var out struct {
			OneTimePassword string `json:"one_time_password"`
		}
		if err := cl.call(ctx, http.MethodPost, "/users", nil, map[string]string{"name": c.Name, "role": c.Role}, &out); err != nil {
			return err
		}
		fmt.Fprintf(a.out, "User %s is added with the role %s.\nOne-time password: %s\n", cli.Printable(c.Name), c.Role, out.OneTimePassword)
		return nil
	})
}

type userReset struct {
	remote
	Name string `arg:"" help:"Name of the user."`
}

// Run sets a new one-time password.
func (c *userReset) Run(ctx context.Context, a *app) error {
	return c.use(ctx, a, func(cl *client) error {
		path, err := cl.userPath(ctx, c.Name)
		if err != nil {
			return err
		}
		var out struct {
			OneTimePassword string `json:"one_time_password"`
		}
		if err := cl.call(ctx, http.MethodPost, path+"/reset-password", nil, nil, &out); err != nil {
			return err
		}
		fmt.Fprintf(a.out, "One-time password of %s: %s\nAll sessions of the user have ended.\n", cli.Printable(c.Name), out.OneTimePassword)
		return nil
	})
}

type userChange struct {
	remote
	Name    string `arg:"" help:"Name of the user."`
	Role    string `env:"-" help:"New role: ${enum}." enum:",administrator,analyst,viewer" default:""`
	Disable bool   `env:"-" help:"The user cannot log in any more." xor:"state"`
	Enable  bool   `env:"-" help:"The user can log in again." xor:"state"`
}

// Run changes a user.
func (c *userChange) Run(ctx context.Context, a *app) error {
	change := map[string]any{}
	if c.Role != "" {
		change["role"] = c.Role
	}
	if c.Disable || c.Enable {
		change["disabled"] = c.Disable
	}
	if len(change) == 0 {
		return fmt.Errorf("nothing to change; give --role, --disable or --enable")
	}
	return c.use(ctx, a, func(cl *client) error {
		path, err := cl.userPath(ctx, c.Name)
		if err != nil {
			return err
		}
		if err := cl.call(ctx, http.MethodPatch, path, nil, change, nil); err != nil {
			return err
		}
		fmt.Fprintf(a.out, "User %s is changed.\n", cli.Printable(c.Name))
		return nil
	})
}

type userRemove struct {
	remote
	Name string `arg:"" help:"Name of the user."`
}

// Run removes a user.
func (c *userRemove) Run(ctx context.Context, a *app) error {
	return c.use(ctx, a, func(cl *client) error {
		path, err := cl.userPath(ctx, c.Name)
		if err != nil {
			return err
		}
		if err := cl.call(ctx, http.MethodDelete, path, nil, nil, nil); err != nil {
			return err
		}
		fmt.Fprintf(a.out, "User %s is removed, with all sessions and tokens.\n", cli.Printable(c.Name))
		return nil
	})
}
