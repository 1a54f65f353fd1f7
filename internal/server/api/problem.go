package api

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/eljefe/eljefe/internal/fault"
	"github.com/eljefe/eljefe/internal/query"
)

// Problem is the body of every error (RFC 9457). Code and Params say the same as
// Detail, for pages in other languages and for programs. A filter that is wrong
// says where: Position and Length count characters of the filter from 0.
type Problem struct {
	huma.ErrorModel
	Errors     []*Detail      `json:"errors,omitempty" doc:"each thing that is wrong with the request"`
	Code       string         `json:"code,omitempty" doc:"what is wrong, in one stable word"`
	Params     map[string]any `json:"params,omitempty" doc:"the values that belong to the code, by their names"`
	Position   *int           `json:"position,omitempty" doc:"where a filter is wrong, in characters from 0"`
	Length     *int           `json:"length,omitempty" doc:"how many characters are wrong"`
	Suggestion string         `json:"suggestion,omitempty" doc:"what to put there instead"`
}

// Detail is one thing that is wrong with a request.
type Detail struct {
	huma.ErrorDetail
	Code   string         `json:"code,omitempty" doc:"what is wrong, in one stable word"`
	Params map[string]any `json:"params,omitempty" doc:"the values that belong to the code, by their names"`
}

// statusOf gives the HTTP status of a kind of error.
var statusOf = map[fault.Kind]int{
	fault.Internal:     http.StatusInternalServerError,
	fault.Invalid:      http.StatusUnprocessableEntity,
	fault.Unauthorized: http.StatusUnauthorized,
	fault.Forbidden:    http.StatusForbidden,
	fault.NotFound:     http.StatusNotFound,
	fault.Conflict:     http.StatusConflict,
	fault.TooMany:      http.StatusTooManyRequests,
	fault.TooLarge:     http.StatusRequestEntityTooLarge,
	fault.Unavailable:  http.StatusServiceUnavailable,
	fault.Timeout:      http.StatusGatewayTimeout,
}

// problem turns err into the answer the caller may see. An error without a kind
// is ours: it is logged in full here, once, and answered as a bare 500.
func (a *API) problem(ctx context.Context, err error) *Problem {
	if p, ok := errors.AsType[*Problem](err); ok {
		return p
	}
	if q, ok := errors.AsType[*query.Error](err); ok {
		return queryProblem(q)
	}
	e, ok := errors.AsType[*fault.Error](err)
	switch {
	case ctx.Err() != nil && (!ok || e.Kind == fault.Unavailable): // the caller is gone, and the database was told so
		e = fault.New(fault.Unavailable, "the request was given up").Coded("given_up")
	case ok && e.Kind == fault.Unavailable:
		a.Log.WarnContext(ctx, "request not served", "err", err)
	case ok && e.Kind != fault.Internal:
	default:
		a.Log.ErrorContext(ctx, "request failed", "err", err)
		e = fault.New(fault.Internal, "internal error; the server's log says more").Coded("internal")
	}
	return newProblem(e)
}

func newProblem(e *fault.Error) *Problem {
	status := statusOf[e.Kind]
	return &Problem{ErrorModel: huma.ErrorModel{Status: status, Title: http.StatusText(status), Detail: e.Message}, Code: e.Code, Params: e.Params}
}

func queryProblem(q *query.Error) *Problem {
	p := newProblem(&fault.Error{Kind: fault.Invalid, Message: "the filter is wrong: " + q.Message, Code: q.Code, Params: q.Params})
	p.Errors = []*Detail{{ErrorDetail: huma.ErrorDetail{Location: "query.q", Message: q.Message}, Code: q.Code, Params: q.Params}}
	p.Position, p.Length, p.Suggestion = &q.Position, &q.Length, q.Suggestion
	return p
}

// writeProblem answers outside of a handler.
func writeProblem(w http.ResponseWriter, p *Problem) {
	w.Header().Set("Content-Type", "application/problem+json")
	if p.Status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", `Bearer realm="El Jefe"`)
	}
	w.WriteHeader(p.Status)
	// The caller may be gone; there is nobody left to tell.
	_ = json.NewEncoder(w).Encode(p)
}

// ForeignOrigin answers a request that a page of another site made.
func ForeignOrigin(w http.ResponseWriter, _ *http.Request) {
	writeProblem(w, newProblem(fault.New(fault.Forbidden, "the request comes from a page of another site").Coded("foreign_origin")))
}
