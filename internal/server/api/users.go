package api

import (
	"context"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/eljefe/eljefe/internal/fault"
	"github.com/eljefe/eljefe/internal/server/auth"
	"github.com/eljefe/eljefe/internal/store"
)

// clientAddress returns the address a request comes from, without the port.
func clientAddress(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

// IDInput names a thing by its number.
type IDInput struct {
	ID int64 `path:"id" minimum:"1"`
}

type usersOutput struct {
	Body struct {
		Users []User `json:"users"`
	}
}

func (a *API) listUsers(ctx context.Context, _ *struct{}) (*usersOutput, error) {
	users, err := a.Store.Users(ctx)
	if err != nil {
		return nil, err
	}
	out := &usersOutput{}
	out.Body.Users = make([]User, len(users))
	for i := range users {
		out.Body.Users[i] = userJSON(&users[i])
	}
	return out, nil
}

type addUserInput struct {
	Body struct {
		Name string `json:"name" minLength:"1" maxLength:"64" pattern:"^[\\p{L}\\p{N}._@-]+$" patternDescription:"letters, digits and . _ @ -"`
		Role string `json:"role" enum:"administrator,analyst,viewer"`
	}
}

type addUserOutput struct {
	Body struct {
		User            User   `json:"user"`
		OneTimePassword string `json:"one_time_password" doc:"shown once; must be changed at the first log-in"`
	}
}

func (a *API) addUser(ctx context.Context, in *addUserInput) (*addUserOutput, error) {
	password := auth.OneTimePassword()
	u, err := a.Store.AddUser(ctx, store.User{Name: strings.TrimSpace(in.Body.Name), Role: in.Body.Role, PasswordHash: auth.HashPassword(password), MustChangePassword: true})
	if err != nil {
		return nil, err
	}
	out := &addUserOutput{}
	out.Body.User, out.Body.OneTimePassword = userJSON(u), password
	return out, a.audit(ctx, "user.add", u.Name, map[string]any{"role": u.Role})
}

type changeUserInput struct {
	IDInput
	Body struct {
		Role     *string `json:"role,omitempty" enum:"administrator,analyst,viewer"`
		Disabled *bool   `json:"disabled,omitempty"`
	}
}

type userOutput struct {
	Body User
}

func (a *API) changeUser(ctx context.Context, in *changeUserInput) (*userOutput, error) {
	u, err := a.Store.UserByID(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	if in.Body.Role != nil {
		u.Role = *in.Body.Role
	}
	if in.Body.Disabled != nil {
		u.Disabled = *in.Body.Disabled
	}
	if err := a.Store.ChangeUser(ctx, u.ID, u.Role, u.Disabled); err != nil {
		return nil, err
	}
	return &userOutput{Body: userJSON(u)}, a.audit(ctx, "user.change", u.Name, map[string]any{"role": u.Role, "disabled": u.Disabled})
}

type passwordOutput struct {
	Body struct {
		OneTimePassword string `json:"one_time_password" doc:"shown once; must be changed at the next log-in"`
	}
}

func (a *API) resetPassword(ctx context.Context, in *IDInput) (*passwordOutput, error) {
	u, err := a.Store.UserByID(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	out := &passwordOutput{}
	out.Body.OneTimePassword = auth.OneTimePassword()
	if err := a.Store.SetPassword(ctx, u.ID, auth.HashPassword(out.Body.OneTimePassword), true, nil); err != nil {
		return nil, err
	}
	return out, a.audit(ctx, "user.reset-password", u.Name, nil)
}

func (a *API) removeUser(ctx context.Context, in *IDInput) (*struct{}, error) {
	u, err := a.Store.UserByID(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	if err := a.Store.RemoveUser(ctx, in.ID); err != nil {
		return nil, err
	}
	return nil, a.audit(ctx, "user.remove", u.Name, nil)
}

// Token lets a program use the API.
type Token struct {
	ID       int64      `json:"id"`
	Name     string     `json:"name"`
	Role     string     `json:"role" enum:"administrator,analyst,viewer"`
	User     string     `json:"user" doc:"in whose name it acts"`
	Created  time.Time  `json:"created"`
	LastUsed *time.Time `json:"last_used,omitempty"`
	Expires  *time.Time `json:"expires,omitempty"`
}

func tokenJSON(t *store.Token) Token {
	return Token{ID: t.ID, Name: t.Name, Role: t.Role, User: t.UserName, Created: t.Created, LastUsed: t.LastUsed, Expires: t.Expires}
}

type tokensOutput struct {
	Body struct {
		Tokens []Token `json:"tokens"`
	}
}

// tokensOf returns whose tokens the caller may see and revoke; 0 is everybody's.
func tokensOf(c *auth.Caller) int64 {
	if auth.Allows(c.Role, auth.Administrator) {
		return 0
	}
	return c.User.ID
}

func (a *API) listTokens(ctx context.Context, _ *struct{}) (*tokensOutput, error) {
	tokens, err := a.Store.Tokens(ctx, tokensOf(caller(ctx)))
	if err != nil {
		return nil, err
	}
	out := &tokensOutput{}
	out.Body.Tokens = make([]Token, len(tokens))
	for i := range tokens {
		out.Body.Tokens[i] = tokenJSON(&tokens[i])
	}
	return out, nil
}

type addTokenInput struct {
	Body struct {
		Name    string     `json:"name" minLength:"1" maxLength:"128" doc:"what it is for"`
		Role    string     `json:"role" enum:"administrator,analyst,viewer"`
		Expires *time.Time `json:"expires,omitempty" doc:"absent: never"`
		User    string     `json:"user,omitempty" maxLength:"64" doc:"in whose name; an administrator may name another user"`
	}
}

type addTokenOutput struct {
	Body struct {
		Token
		Secret string `json:"secret" doc:"shown once"`
	}
}

func (a *API) addToken(ctx context.Context, in *addTokenInput) (*addTokenOutput, error) {
	c := caller(ctx)
	user := c.User
	if in.Body.User != "" && !strings.EqualFold(in.Body.User, user.Name) {
		if !auth.Allows(c.Role, auth.Administrator) {
			return nil, fault.New(fault.Forbidden, "only an administrator can make tokens for others").Coded("token_for_others")
		}
		var err error
		if user, err = a.Store.UserByName(ctx, in.Body.User); err != nil {
			return nil, err
		}
	}
	if user.ID == 0 {
		return nil, fault.Invalidf("name the user in whose name the token acts").Coded("token_no_user")
	}
	if !auth.Allows(auth.Weaker(c.Role, user.Role), in.Body.Role) {
		return nil, fault.New(fault.Forbidden, "a token cannot have more rights than its user: at most %s", auth.Weaker(c.Role, user.Role)).Coded("token_rights", "role")
	}
	if in.Body.Expires != nil && in.Body.Expires.Before(a.Now()) {
		return nil, fault.Invalidf("the token would have expired already at %s", in.Body.Expires.Format(time.RFC3339)).Coded("token_expired", "end_time")
	}
	secret, hash := auth.NewSecret(auth.TokenPrefix)
	t, err := a.Store.AddToken(ctx, store.Token{Name: in.Body.Name, Role: in.Body.Role, UserID: user.ID, Expires: in.Body.Expires}, hash)
	if err != nil {
		return nil, err
	}
	out := &addTokenOutput{}
	out.Body.Token, out.Body.Secret = tokenJSON(t), secret
	return out, a.audit(ctx, "token.add", t.Name, map[string]any{"role": t.Role, "user": t.UserName})
}

func (a *API) removeToken(ctx context.Context, in *IDInput) (*struct{}, error) {
	if err := a.Store.RemoveToken(ctx, in.ID, tokensOf(caller(ctx))); err != nil {
		return nil, err
	}
	return nil, a.audit(ctx, "token.remove", "", map[string]any{"id": in.ID})
}
