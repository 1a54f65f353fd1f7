// Package api is the HTTP API under /api/v1 that the page, the commands and
// other programs use. Its OpenAPI description is at /api/openapi.json.
//
// A handler is a function of typed input. Who may call it stands in the list of
// routes; errors become RFC 9457 problems in one place.
package api

import (
	"context"
	"log/slog"
	"net/http"
	"reflect"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/eljefe/eljefe/internal/blob"
	"github.com/eljefe/eljefe/internal/event"
	"github.com/eljefe/eljefe/internal/fault"
	"github.com/eljefe/eljefe/internal/importer"
	"github.com/eljefe/eljefe/internal/server/auth"
	"github.com/eljefe/eljefe/internal/store"
)

// Config configures an API.
type Config struct {
	Store   *store.Store
	Auth    *auth.Auth
	Imports *importer.Jobs // nil: no imports, as for the commands that run beside a server
	Files   *blob.Store    // contents of files from stations; nil: none are given, as above
	Stored  *Broker        // tells of stored events; nil: no live updates
	Agents  *Agents        // where agents report; nil: they cannot
	Clients *Clients       // what clients are made with; nil: none are
	Log     *slog.Logger
	Version string
	Demo    bool // the server plays the demo
	Private bool // the database is the server's own
	Now     func() time.Time
	Closing <-chan struct{} // closed when the server begins to drain; streams end then
}

// API answers requests under /api/.
type API struct {
	Config
	mux       *http.ServeMux
	huma      huma.API
	downloads *downloads // of clients
}

// New returns an API with all its routes.
func New(cfg Config) *API {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	a := &API{Config: cfg, mux: http.NewServeMux(), downloads: newDownloads()}
	hc := huma.DefaultConfig("El Jefe", cfg.Version)
	hc.OpenAPIPath, hc.DocsPath, hc.SchemasPath = "/api/openapi", "", ""
	hc.CreateHooks = nil // no $schema links in answers
	hc.RejectUnknownQueryParameters = true
	hc.Transformers = append(hc.Transformers, withCodes)
	hc.Info.Description = "Everything the page does, it does through this API. Programs send a bearer token, made under Settings, Tokens or with `eljefe token add`."
	hc.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"token":   {Type: "http", Scheme: "bearer"},
		"session": {Type: "apiKey", In: "cookie", Name: auth.CookieName},
	}
	// It is written as a list of names.
	hc.Components.Schemas.RegisterTypeAlias(reflect.TypeFor[event.PrivilegeSet](), reflect.TypeFor[[]string]())
	hc.Components.Schemas.RegisterTypeAlias(reflect.TypeFor[event.CapabilitySet](), reflect.TypeFor[[]string]())
	a.huma = humago.New(a.mux, hc)
	a.huma.UseMiddleware(a.authorize)
	a.routes()
	return a
}

// ServeHTTP answers a request.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	// Answers hold what an attacker typed: nobody is to guess their type, nor keep them.
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Cache-Control", "no-store")
	if _, pattern := a.mux.Handler(r); pattern == "" {
		writeProblem(w, newProblem(fault.NotFoundf("there is nothing at %.200q; the API is described at /api/openapi.json", r.URL.Path).Coded("no_route", "path")))
		return
	}
	a.mux.ServeHTTP(w, r)
}

// OpenAPI returns the description of the API as JSON.
func (a *API) OpenAPI() ([]byte, error) { return a.huma.OpenAPI().MarshalJSON() }

// Who may call a route: anybody, anybody who is logged in even with a password
// that must be changed, or a role.
const (
	public   = "public"
	loggedIn = "session"
)

// route registers an operation. access is public, loggedIn or a role.
func route[I, O any](a *API, method, path, access, summary string, handler func(context.Context, *I) (*O, error), adjust ...func(*huma.Operation)) {
	op := huma.Operation{
		OperationID: operationID(handlerName(handler)), Method: method, Path: "/api/v1" + path, Summary: summary,
		Metadata: map[string]any{"access": access},
	}
	if access != public {
		op.Security = []map[string][]string{{"session": {}}, {"token": {}}}
		op.Description = "Needs the role " + access + "."
		if access == loggedIn {
			op.Description = ""
		}
	}
	for _, f := range adjust {
		f(&op)
	}
	huma.Register(a.huma, op, func(ctx context.Context, in *I) (*O, error) {
		out, err := handler(ctx, in)
		if err != nil {
			return nil, a.problem(ctx, err)
		}
		return out, nil
	})
}

// authorize lets a request through if its sender may call the operation.
func (a *API) authorize(ctx huma.Context, next func(huma.Context)) {
	access, _ := ctx.Operation().Metadata["access"].(string)
	if access == public {
		next(ctx)
		return
	}
	r, w := humago.Unwrap(ctx)
	caller := auth.CallerOf(r.Context()) // set for the commands that run beside the database
	if caller == nil {
		var err error
		if caller, err = a.Auth.Identify(r); err != nil {
			writeProblem(w, a.problem(r.Context(), err))
			return
		}
	}
	switch {
	case access == loggedIn:
	case caller.User.MustChangePassword && caller.Session != nil:
		p := newProblem(fault.New(fault.Forbidden, "the password must be changed first").Coded("password_change_required"))
		p.Type = "urn:eljefe:password-change-required"
		writeProblem(w, p)
		return
	case !auth.Allows(caller.Role, access):
		writeProblem(w, newProblem(fault.New(fault.Forbidden, "this needs the role %s; yours is %s", access, caller.Role).Coded("role_needed", "needed_role", "role")))
		return
	}
	next(huma.WithContext(ctx, auth.WithCaller(ctx.Context(), caller)))
}

// caller returns who is calling; authorize has made sure that there is one.
func caller(ctx context.Context) *auth.Caller { return auth.CallerOf(ctx) }

// audit records what the caller did; that it cannot be recorded fails the call.
func (a *API) audit(ctx context.Context, action, subject string, detail map[string]any) error {
	return a.Store.Audit(ctx, caller(ctx).User.Name, action, subject, detail)
}
