package auth

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/eljefe/eljefe/internal/fault"
	"github.com/eljefe/eljefe/internal/store"
)

// The roles, each with all rights of those after it.
const (
	Administrator = "administrator" // may do everything
	Analyst       = "analyst"       // may import, mark and comment
	Viewer        = "viewer"        // may look
)

// Roles lists the roles from the strongest to the weakest.
var Roles = []string{Administrator, Analyst, Viewer}

// Weaker returns the role with fewer rights.
func Weaker(a, b string) string {
	return Roles[max(slices.Index(Roles, a), slices.Index(Roles, b))]
}

// Allows tells whether role has the rights of needed.
func Allows(role, needed string) bool {
	have, need := slices.Index(Roles, role), slices.Index(Roles, needed)
	return have >= 0 && have <= need
}

// Caller is who sends a request.
type Caller struct {
	User    *store.User
	Role    string // the user's, or the weaker one of the token
	Session []byte // hash of the session's secret; nil for a token
	Expires time.Time
}

type callerKey struct{}

// WithCaller returns a context that carries who is calling.
func WithCaller(ctx context.Context, c *Caller) context.Context {
	return context.WithValue(ctx, callerKey{}, c)
}

// CallerOf returns who is calling, or nil.
func CallerOf(ctx context.Context) *Caller {
	c, _ := ctx.Value(callerKey{}).(*Caller)
	return c
}

// Store is what auth needs of the database.
type Store interface {
	UserByName(ctx context.Context, name string) (*store.User, error)
	AddSession(ctx context.Context, user int64, secretHash []byte, expires time.Time) error
	Session(ctx context.Context, secretHash []byte, idle time.Duration) (*store.User, time.Time, error)
	TokenUser(ctx context.Context, secretHash []byte) (*store.User, string, error)
}

// CookieName names the session cookie. The prefix makes browsers refuse it
// from anywhere but this host over TLS (RFC 6265bis, section 4.1.3.2).
const CookieName = "__Host-eljefe_session"

// TokenPrefix begins every API token, so that leaks are found by scanners.
const TokenPrefix = "eljefe_"

// A session ends this long after the log-in, or this long after its last use.
const (
	sessionLife = 7 * 24 * time.Hour
	sessionIdle = 24 * time.Hour
)

// Auth finds out who is calling.
type Auth struct {
	store  Store
	tries  *tries
	hashes chan struct{} // a place for each password that is being checked
}

// Checking a password takes 32 MiB: this many at a time.
const parallelHashes = 4

// New returns an Auth on s.
func New(s Store) *Auth {
	return &Auth{store: s, tries: newTries(), hashes: make(chan struct{}, parallelHashes)}
}

// Identify returns who sends r, by cookie or bearer token, or an error of kind
// Unauthorized.
func (a *Auth) Identify(r *http.Request) (*Caller, error) {
	if header := r.Header.Get("Authorization"); header != "" {
		scheme, secret, _ := strings.Cut(header, " ")
		if !strings.EqualFold(scheme, "Bearer") || secret == "" {
			return nil, fault.New(fault.Unauthorized, `the Authorization header is not understood; it must be "Bearer" and a token`).Coded("authorization_malformed")
		}
		user, role, err := a.store.TokenUser(r.Context(), HashSecret(secret))
		if err != nil {
			return nil, err
		}
		return &Caller{User: user, Role: Weaker(role, user.Role)}, nil
	}
	cookie, err := r.Cookie(CookieName)
	if err != nil {
		return nil, fault.New(fault.Unauthorized, "nobody is logged in; log in first").Coded("not_logged_in")
	}
	hash := HashSecret(cookie.Value)
	user, expires, err := a.store.Session(r.Context(), hash, sessionIdle)
	if err != nil {
		return nil, err
	}
	return &Caller{User: user, Role: user.Role, Session: hash, Expires: expires}, nil
}

// dummy is a hash to compare with where there is no such user, so that the
// answer takes as long.
var dummy = sync.OnceValue(func() string { return HashPassword("nobody's password") })

// LogIn checks name and password and begins a session. It returns the cookie
// to set. from is the address of the caller; too many failures make it wait.
func (a *Auth) LogIn(ctx context.Context, name, password, from string) (*Caller, *http.Cookie, error) {
	name = strings.TrimSpace(name)
	user, err := a.check(ctx, name, password, from)
	if err != nil {
		return nil, nil, err
	}
	if user == nil {
		return nil, nil, fault.New(fault.Unauthorized, "name or password is wrong").Coded("login_wrong")
	}
	secret, hash := NewSecret("")
	expires := time.Now().Add(sessionLife)
	if err := a.store.AddSession(ctx, user.ID, hash, expires); err != nil {
		return nil, nil, err
	}
	return &Caller{User: user, Role: user.Role, Session: hash, Expires: expires}, cookie(secret, expires), nil
}

// Confirm makes sure that whoever sits before a browser that is logged in knows
// the password. A token has none and needs none. Failures count as those of
// log-ins do.
func (a *Auth) Confirm(ctx context.Context, c *Caller, password, from string) error {
	if c.Session == nil {
		return nil
	}
	if password == "" {
		return fault.New(fault.Forbidden, "this needs the own password once more").Coded("confirm_missing")
	}
	user, err := a.check(ctx, c.User.Name, password, from)
	if err == nil && user == nil {
		return fault.New(fault.Forbidden, "the password is wrong").Coded("confirm_wrong")
	}
	return err
}

// check returns the user that has the name and the password; nil: there is none.
func (a *Auth) check(ctx context.Context, name, password, from string) (*store.User, error) {
	if wait := a.tries.wait(from, name); wait > 0 {
		return nil, fault.New(fault.TooMany, "too many failed log-ins; try again in %d seconds", int(wait.Seconds())+1).Coded("login_too_many", "seconds")
	}
	select {
	case a.hashes <- struct{}{}:
		defer func() { <-a.hashes }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	user, err := a.store.UserByName(ctx, name)
	switch {
	case fault.KindOf(err) == fault.NotFound:
		CheckPassword(dummy(), password)
	case err != nil:
		return nil, err
	case CheckPassword(user.PasswordHash, password) && !user.Disabled:
		a.tries.succeeded(from, name)
		return user, nil
	}
	a.tries.failed(from, name)
	return nil, nil
}

func cookie(value string, expires time.Time) *http.Cookie {
	return &http.Cookie{Name: CookieName, Value: value, Path: "/", Expires: expires, Secure: true, HttpOnly: true, SameSite: http.SameSiteStrictMode}
}

// NoCookie is the cookie that ends a session in the browser.
func NoCookie() *http.Cookie { return cookie("", time.Unix(1, 0)) }
