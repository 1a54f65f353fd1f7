package uplink

import (
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"time"
)

// A SystemProxy is the proxy that the system is set to. To ask for it can take
// long, because the system may ask the network: so the answer is kept for a while,
// and while it is asked for anew the last one holds.
//
// The system not answering is no reason to stay silent: then there is no proxy,
// and the log has why.
type SystemProxy struct {
	ask func(address string) (proxies, bypass string, err error)
	log *slog.Logger

	mu      sync.Mutex
	answers map[string]*proxyAnswers
}

// proxyAnswers is what is known for one address.
type proxyAnswers struct {
	mu      sync.Mutex // held while the first answer is asked for
	proxy   *url.URL
	asked   time.Time // zero: never
	asking  bool
	failing bool
}

const proxyKept = 10 * time.Minute

// NewSystemProxy returns one that asks the system by ask: for the proxies of an
// address and the hosts that need none, as WinHTTP writes such lists. log may be nil.
func NewSystemProxy(ask func(address string) (proxies, bypass string, err error), log *slog.Logger) *SystemProxy {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &SystemProxy{ask: ask, log: log, answers: map[string]*proxyAnswers{}}
}

// For returns the proxy for target, or nil for none.
func (s *SystemProxy) For(target *url.URL) (*url.URL, error) {
	address := (&url.URL{Scheme: target.Scheme, Host: target.Host, Path: "/"}).String()
	s.mu.Lock()
	a := s.answers[address]
	if a == nil {
		a = new(proxyAnswers)
		s.answers[address] = a
	}
	s.mu.Unlock()

	a.mu.Lock()
	defer a.mu.Unlock()
	switch {
	case a.asked.IsZero():
		a.take(s, address, target)
	case time.Since(a.asked) > proxyKept && !a.asking:
		a.asking = true
		go func() {
			proxies, bypass, err := s.ask(address)
			a.mu.Lock()
			defer a.mu.Unlock()
			a.asking = false
			a.set(s, target, proxies, bypass, err)
		}()
	}
	return a.proxy, nil
}

func (a *proxyAnswers) take(s *SystemProxy, address string, target *url.URL) {
	proxies, bypass, err := s.ask(address)
	a.set(s, target, proxies, bypass, err)
}

// set notes an answer. A failure is told once, and leaves the last answer.
func (a *proxyAnswers) set(s *SystemProxy, target *url.URL, proxies, bypass string, err error) {
	a.asked = time.Now()
	if err == nil {
		if a.proxy = chooseProxy(proxies, bypass, target); a.proxy != nil && a.failing {
			s.log.Info("the system's proxy is known again", "proxy", a.proxy.Redacted())
		}
	} else if !a.failing {
		s.log.Warn("the system does not say which proxy to use; it is tried without", "err", err)
	}
	a.failing = err != nil
}

// chooseProxy returns the first proxy for target in a list such as
// "http=one:8080;https=two:8080" or "PROXY one:8080; DIRECT", or nil for none.
// What cannot be understood is none.
func chooseProxy(proxies, bypass string, target *url.URL) *url.URL {
	if bypassed(bypass, target) {
		return nil
	}
	var general string
	for entry := range strings.FieldsFuncSeq(proxies, func(r rune) bool { return r == ';' || r == ' ' || r == '\t' || r == '\n' || r == '\r' }) {
		scheme, host, special := strings.Cut(entry, "=")
		switch {
		case special && strings.EqualFold(scheme, target.Scheme):
			return proxyURL(host)
		case special, strings.EqualFold(entry, "PROXY"), strings.EqualFold(entry, "HTTP"), strings.EqualFold(entry, "HTTPS"):
		case general == "":
			general = entry
		}
	}
	if strings.EqualFold(general, "DIRECT") {
		return nil
	}
	return proxyURL(general)
}

func proxyURL(text string) *url.URL {
	if text == "" {
		return nil
	}
	if !strings.Contains(text, "://") {
		text = "http://" + text
	}
	proxy, err := url.Parse(text)
	if err != nil || proxy.Hostname() == "" || proxy.Scheme != "http" && proxy.Scheme != "https" {
		return nil
	}
	return &url.URL{Scheme: proxy.Scheme, User: proxy.User, Host: proxy.Host}
}

// bypassed tells whether target is among the hosts that need no proxy: names and
// addresses with * in them, perhaps with a port, and <local> for names without a dot.
func bypassed(bypass string, target *url.URL) bool {
	host := strings.ToLower(target.Hostname())
	if ip := net.ParseIP(host); host == "localhost" || ip != nil && ip.IsLoopback() {
		return true
	}
	for entry := range strings.FieldsFuncSeq(strings.ToLower(bypass), func(r rune) bool { return r == ';' || r == ' ' || r == '\t' || r == ',' }) {
		if entry == "<local>" {
			if _, err := netip.ParseAddr(host); err != nil && !strings.Contains(host, ".") {
				return true
			}
			continue
		}
		if _, rest, ok := strings.Cut(entry, "://"); ok {
			entry = rest
		}
		want := host
		if h, port, err := net.SplitHostPort(entry); err == nil && port != "" {
			if port != target.Port() {
				continue
			}
			entry = h
		}
		if matchStars(entry, want) {
			return true
		}
	}
	return false
}

// matchStars tells whether text is what pattern says, in which * is any text.
func matchStars(pattern, text string) bool {
	first, rest, stars := strings.Cut(pattern, "*")
	if !stars {
		return pattern == text
	}
	text, ok := strings.CutPrefix(text, first)
	if !ok {
		return false
	}
	for {
		part, more, again := strings.Cut(rest, "*")
		if !again {
			return strings.HasSuffix(text, rest)
		}
		at := strings.Index(text, part)
		if at < 0 {
			return false
		}
		text, rest = text[at+len(part):], more
	}
}
