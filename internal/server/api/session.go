package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/eljefe/eljefe/internal/fault"
	"github.com/eljefe/eljefe/internal/server/auth"
	"github.com/eljefe/eljefe/internal/store"
)

// Session says who is logged in.
type Session struct {
	User    User       `json:"user"`
	Expires *time.Time `json:"expires,omitempty" doc:"when the session ends; absent for a token"`
	Server  struct {
		Version string `json:"version"`
		Demo    bool   `json:"demo" doc:"the demo's stations are shown"`
	} `json:"server"`
}

type sessionOutput struct {
	SetCookie []*http.Cookie `header:"Set-Cookie"`
	Body      Session
}

type logInInput struct {
	Body struct {
		Name     string `json:"name" maxLength:"64"`
		Password string `json:"password" maxLength:"1024"`
	}
	from string
}

// Resolve notes where the request comes from.
func (in *logInInput) Resolve(ctx huma.Context) []error {
	r, _ := humago.Unwrap(ctx)
	in.from = clientAddress(r)
	return nil
}

func (a *API) logIn(ctx context.Context, in *logInInput) (*sessionOutput, error) {
	c, cookie, err := a.Auth.LogIn(ctx, in.Body.Name, in.Body.Password, in.from)
	if err != nil {
		if fault.KindOf(err) == fault.Unauthorized {
			a.Log.WarnContext(ctx, "log-in failed", "user", in.Body.Name, "from", in.from)
		}
		return nil, err
	}
	if err := a.Store.Audit(ctx, c.User.Name, "session.begin", c.User.Name, map[string]any{"from": in.from}); err != nil {
		return nil, err
	}
	session, err := a.session(ctx, c)
	if err != nil {
		return nil, err
	}
	return &sessionOutput{SetCookie: []*http.Cookie{cookie}, Body: session}, nil
}

func (a *API) session(ctx context.Context, c *auth.Caller) (Session, error) {
	s := Session{User: userJSON(c.User)}
	s.User.Role = c.Role
	if !c.Expires.IsZero() {
		s.Expires = &c.Expires
	}
	stations, err := a.Store.DemoStations(ctx)
	s.Server.Version, s.Server.Demo = a.Version, len(stations) > 0
	return s, err
}

func (a *API) getSession(ctx context.Context, _ *struct{}) (*sessionOutput, error) {
	session, err := a.session(ctx, caller(ctx))
	if err != nil {
		return nil, err
	}
	return &sessionOutput{Body: session}, nil
}

type logOutOutput struct {
	SetCookie []*http.Cookie `header:"Set-Cookie"`
}

func (a *API) logOut(ctx context.Context, _ *struct{}) (*logOutOutput, error) {
	if c := caller(ctx); c.Session != nil {
		if err := a.Store.EndSession(ctx, c.Session); err != nil {
			return nil, err
		}
	}
	return &logOutOutput{SetCookie: []*http.Cookie{auth.NoCookie()}}, nil
}

type changePasswordInput struct {
	Body struct {
		Current string `json:"current" maxLength:"1024"`
		New     string `json:"new" maxLength:"1024"`
	}
}

func (a *API) changePassword(ctx context.Context, in *changePasswordInput) (*struct{}, error) {
	c := caller(ctx)
	if c.Session == nil {
		return nil, fault.New(fault.Forbidden, "a token cannot change its user's password").Coded("token_no_password")
	}
	if !auth.CheckPassword(c.User.PasswordHash, in.Body.Current) {
		return nil, fault.Invalidf("the current password is wrong").Coded("password_wrong")
	}
	if err := auth.AcceptablePassword(in.Body.New, c.User.Name); err != nil {
		return nil, err
	}
	if in.Body.New == in.Body.Current {
		return nil, fault.Invalidf("the new password is the current one; choose another").Coded("password_same")
	}
	if err := a.Store.SetPassword(ctx, c.User.ID, auth.HashPassword(in.Body.New), false, c.Session); err != nil {
		return nil, err
	}
	return nil, a.audit(ctx, "user.password", c.User.Name, nil)
}

// User is an account.
type User struct {
	ID                 int64      `json:"id"`
	Name               string     `json:"name"`
	Role               string     `json:"role" enum:"administrator,analyst,viewer"`
	MustChangePassword bool       `json:"must_change_password"`
	Disabled           bool       `json:"disabled"`
	Created            time.Time  `json:"created"`
	LastLogin          *time.Time `json:"last_login,omitempty"`
}

func userJSON(u *store.User) User {
	return User{ID: u.ID, Name: u.Name, Role: u.Role, MustChangePassword: u.MustChangePassword, Disabled: u.Disabled, Created: u.Created, LastLogin: u.LastLogin}
}
