package agentapi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strconv"

	"github.com/eljefe/eljefe/internal/fault"
	"github.com/eljefe/eljefe/internal/wire"
)

// Codes that say nothing to an agent but that it failed.
const (
	codeInternal = "internal"
	codeUnknown  = "unknown"
)

// failure is a request that failed, as its sender is told.
type failure struct {
	wire.Problem
	retryAfter int // seconds; 0: not said
}

func (f *failure) Error() string { return f.Detail }

// fail returns a failure with a text for people.
func fail(status int, code, format string, args ...any) *failure {
	return &failure{Problem: wire.Problem{Title: http.StatusText(status), Status: status, Code: code, Detail: fmt.Sprintf(format, args...)}}
}

func malformed(format string, args ...any) *failure {
	return fail(http.StatusUnprocessableEntity, wire.CodeMalformed, format, args...)
}

func tooLarge(format string, args ...any) *failure {
	return fail(http.StatusRequestEntityTooLarge, wire.CodeTooLarge, format, args...)
}

// busy is a failure that time heals soon.
func busy(format string, args ...any) *failure {
	f := fail(http.StatusTooManyRequests, wire.CodeBusy, format, args...)
	f.retryAfter = seconds(1, 5)
	return f
}

func internalFailure() *failure {
	f := fail(http.StatusInternalServerError, codeInternal, "internal error; the server's log says more")
	f.retryAfter = seconds(30, 90)
	return f
}

// failure turns err into what the agent may know. An error without a kind is
// ours: it is logged in full here, once, and answered as a bare 500.
func (a *API) failure(ctx context.Context, err error) *failure {
	if f, ok := errors.AsType[*failure](err); ok {
		return f
	}
	if tooMuch, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return tooLarge("the request has more than the %d bytes that are taken", tooMuch.Limit)
	}
	late := errors.Is(err, context.DeadlineExceeded)
	if errors.Is(err, os.ErrDeadlineExceeded) && !late {
		f := fail(http.StatusRequestTimeout, wire.CodeBusy, "the request did not arrive in time; send less at a time")
		f.retryAfter = seconds(5, 20)
		return f
	}
	e, ok := errors.AsType[*fault.Error](err)
	if !ok && late {
		e, ok = fault.Wrap(fault.Timeout, err, "the database did not answer in time; try again later"), true
	}
	switch {
	case ok && e.Kind == fault.TooMany:
		return busy("%s", e.Message)
	case ok && (e.Kind == fault.Unavailable || e.Kind == fault.Timeout):
		// All agents meet it at once: the log has it once in a while.
		if a.warned.allow(e.Message, a.cfg.Now()) {
			a.cfg.Log.WarnContext(ctx, "agents' requests not served", "err", err)
		}
		f := fail(http.StatusServiceUnavailable, wire.CodeBusy, "%s", e.Message)
		f.retryAfter = seconds(5, 20)
		return f
	case ok && e.Kind == fault.TooLarge:
		return tooLarge("%s", e.Message)
	case ok && e.Kind == fault.Invalid:
		return malformed("%s", e.Message)
	case ok && e.Kind == fault.NotFound: // the only thing that all requests need
		return fail(http.StatusUnauthorized, wire.CodeCertificate, "this server does not have the station any more: enrol again")
	case ctx.Err() != nil: // the agent is gone, and does not read this
		return busy("the request was given up")
	}
	a.cfg.Log.ErrorContext(ctx, "agent's request failed", "err", err)
	return internalFailure()
}

func (a *API) writeFailure(w http.ResponseWriter, f *failure) {
	if f.retryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(f.retryAfter))
	}
	writeJSON(w, f.Status, "application/problem+json", f.Problem)
}

func writeRaw(w http.ResponseWriter, raw rawAnswer) {
	w.Header().Set("Content-Type", "application/octet-stream")
	_, _ = w.Write(raw) // the agent may be gone; there is nobody left to tell
}

func writeJSON(w http.ResponseWriter, status int, contentType string, v any) {
	if v == nil {
		w.WriteHeader(status)
		return
	}
	w.Header().Set("Content-Type", contentType)
	w.WriteHeader(status)
	// The agent may be gone; there is nobody left to tell.
	_ = json.NewEncoder(w).Encode(v)
}
