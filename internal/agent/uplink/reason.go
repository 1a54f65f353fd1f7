package uplink

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"

	"github.com/eljefe/eljefe/internal/wire"
)

// A Reason is why there is no contact with the server, in one stable word, by
// which others explain it to people.
type Reason string

// The reasons.
const (
	ReasonName        Reason = "name"        // nobody here knows the server's name
	ReasonClosed      Reason = "closed"      // its machine answers, and nothing listens on the port
	ReasonUnreachable Reason = "unreachable" // nothing answers, or the line is cut
	ReasonProxy       Reason = "proxy"       // a proxy is in the way
	ReasonForeign     Reason = "foreign"     // what answers is no server for agents
	ReasonTrust       Reason = "trust"       // what answers is not of the authority
	ReasonTime        Reason = "time"        // its certificate is not valid by this station's clock
	ReasonKey         Reason = "key"         // it does not take the enrolment key
	ReasonNoKey       Reason = "no_key"      // there is no enrolment key, and one is needed
	ReasonRevoked     Reason = "revoked"     // the station was revoked
	ReasonRetired     Reason = "retired"     // the station was retired
	ReasonVersion     Reason = "version"     // it does not speak this agent's version of the protocol
	ReasonClock       Reason = "clock"       // it does not take this station's clock
	ReasonBusy        Reason = "busy"        // it has no time now
	ReasonOther       Reason = "other"
)

// ReasonOf returns the reason that is behind err.
func ReasonOf(err error) Reason {
	if p, ok := errors.AsType[*Problem](err); ok {
		return p.reason()
	}
	if errors.Is(err, errNoKey) {
		return ReasonNoKey
	}
	if _, ok := errors.AsType[*ProxyError](err); ok {
		return ReasonProxy
	}
	if e, ok := errors.AsType[*TrustError](err); ok {
		if invalid, ok := errors.AsType[x509.CertificateInvalidError](e.Err); ok && invalid.Reason == x509.Expired {
			return ReasonTime
		}
		return ReasonTrust
	}
	if isForeign(err) {
		return ReasonForeign
	}
	if _, ok := errors.AsType[*net.DNSError](err); ok {
		return ReasonName
	}
	if isClosed(err) {
		return ReasonClosed
	}
	if _, ok := errors.AsType[net.Error](err); ok || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return ReasonUnreachable
	}
	return ReasonOther
}

// tell notes why there is no contact; nil: there is.
func (s *Status) tell(err error) {
	s.Problem, s.Reason, s.Said = "", "", ""
	if err == nil {
		return
	}
	s.Problem, s.Reason = short(err.Error()), ReasonOf(err)
	if p, ok := errors.AsType[*Problem](err); ok {
		s.Said = short(p.Detail)
	}
}

// short bounds what a stranger may have written, for those who are shown it.
func short(text string) string {
	const most = 1000
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + "…"
}

func (p *Problem) reason() Reason {
	switch p.Code {
	case wire.CodeKey:
		return ReasonKey
	case wire.CodeRevoked:
		return ReasonRevoked
	case wire.CodeRetired:
		return ReasonRetired
	case wire.CodeVersion:
		return ReasonVersion
	case wire.CodeClock:
		return ReasonClock
	case wire.CodeBusy:
		return ReasonBusy
	}
	return ReasonOther
}

// isForeign tells whether something answered that is no El Jefe server, or the
// wrong door of one.
func isForeign(err error) bool {
	if _, ok := errors.AsType[*ForeignError](err); ok {
		return true
	}
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok || errors.Is(err, http.ErrSchemeMismatch) {
		return true
	}
	e, ok := errors.AsType[*net.OpError](err)
	return ok && e.Op == "remote error" // it says by TLS that it does not want this
}

// isClosed tells whether the machine answered that nothing listens there.
func isClosed(err error) bool {
	const windows = syscall.Errno(10061) // WSAECONNREFUSED; no other system has that number
	return errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, windows)
}
