package api

import (
	"context"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
)

// From notes where a request comes from; inputs embed it.
type From struct {
	address string
	host    string // that the caller called, with the port; as the request says
}

// Resolve notes it.
func (f *From) Resolve(ctx huma.Context) []error {
	r, _ := humago.Unwrap(ctx)
	f.address, f.host = clientAddress(r), r.Host
	return nil
}

// confirm makes sure that the caller knows the own password, before something that
// nobody should do who only found a browser open.
func (a *API) confirm(ctx context.Context, password string, from From) error {
	err := a.Auth.Confirm(ctx, caller(ctx), password, from.address)
	if err != nil && password != "" {
		a.Log.WarnContext(ctx, "password not confirmed", "user", caller(ctx).User.Name, "from", from.address)
	}
	return err
}
