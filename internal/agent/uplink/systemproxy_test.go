package uplink

import (
	"errors"
	"net/http"
	"net/url"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestChooseProxy(t *testing.T) {
	for _, test := range []struct{ proxies, bypass, target, want string }{
		{"", "", "https://jefe.corp:8444/", ""},
		{"proxy:3128", "", "https://jefe.corp:8444/", "http://proxy:3128"},
		{"one:80;two:80", "", "https://jefe.corp/", "http://one:80"},
		{"http=one:80;https=two:81", "", "https://jefe.corp/", "http://two:81"},
		{"http=one:80", "", "https://jefe.corp/", ""},
		{"ftp=one:80 three:82", "", "https://jefe.corp/", "http://three:82"},
		{"https://secure:443", "", "https://jefe.corp/", "https://secure:443"},
		{"PROXY one:80; DIRECT", "", "https://jefe.corp/", "http://one:80"},
		{"DIRECT; one:80", "", "https://jefe.corp/", ""},
		{"socks=one:1080", "", "https://jefe.corp/", ""},
		{"socks5://one:1080", "", "https://jefe.corp/", ""},
		{"::::", "", "https://jefe.corp/", ""},
		{"http://one:80/with/path?x", "", "https://jefe.corp/", "http://one:80"},

		{"p:1", "<local>", "https://jefe/", ""},
		{"p:1", "<local>", "https://jefe.corp/", "http://p:1"},
		{"p:1", "<local>", "https://[fe80::1]/", "http://p:1"},
		{"p:1", "*.other; *.CORP", "https://Jefe.corp/", ""},
		{"p:1", "*.corp", "https://corp/", "http://p:1"},
		{"p:1", "10.*;192.168.*", "https://10.1.2.3:8444/", ""},
		{"p:1", "10.*", "https://110.1.2.3/", "http://p:1"},
		{"p:1", "j*e.c*p", "https://jefe.corp/", ""},
		{"p:1", "jefe.corp:8444", "https://jefe.corp:8444/", ""},
		{"p:1", "jefe.corp:443", "https://jefe.corp:8444/", "http://p:1"},
		{"p:1", "https://jefe.corp", "https://jefe.corp/", ""},
		{"p:1", "", "https://localhost:8444/", ""},
		{"p:1", "", "https://127.0.0.1:8444/", ""},
	} {
		target, err := url.Parse(test.target)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		if p := chooseProxy(test.proxies, test.bypass, target); p != nil {
			got = p.String()
		}
		if got != test.want {
			t.Errorf("%q without %q for %s: %q; want %q", test.proxies, test.bypass, test.target, got, test.want)
		}
	}
}

func FuzzChooseProxy(f *testing.F) {
	f.Add("http=one:80;https=two:81", "<local>;*.corp")
	f.Fuzz(func(t *testing.T, proxies, bypass string) {
		p := chooseProxy(proxies, bypass, &url.URL{Scheme: "https", Host: "jefe.corp:8444"})
		if p != nil && (p.Hostname() == "" || p.Scheme != "http" && p.Scheme != "https") {
			t.Errorf("%q gives %q", proxies, p)
		}
	})
}

// The system is asked once in a while, and nobody waits for it but the first.
func TestSystemProxy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var asked atomic.Int32
		answer := "one:80"
		var fails error
		s := NewSystemProxy(func(address string) (string, string, error) {
			if address != "https://jefe.corp:8444/" {
				t.Errorf("asked for %s", address)
			}
			asked.Add(1)
			time.Sleep(20 * time.Second)
			return answer, "", fails
		}, nil)
		ask := func() (string, time.Duration) {
			began := time.Now()
			p, err := s.For(&url.URL{Scheme: "https", Host: "jefe.corp:8444", Path: "/agent/v1/hello"})
			if err != nil {
				t.Error(err)
			}
			if p == nil {
				return "", time.Since(began)
			}
			return p.String(), time.Since(began)
		}
		if p, took := ask(); p != "http://one:80" || took != 20*time.Second {
			t.Errorf("first %q after %s", p, took)
		}
		for range 100 {
			if p, took := ask(); p != "http://one:80" || took != 0 {
				t.Fatalf("again %q after %s; want it at once", p, took)
			}
		}
		answer = "two:80"
		time.Sleep(proxyKept + time.Second)
		if p, took := ask(); p != "http://one:80" || took != 0 {
			t.Errorf("when it is time again %q after %s; want the last answer at once", p, took)
		}
		time.Sleep(21 * time.Second)
		if p, _ := ask(); p != "http://two:80" || asked.Load() != 2 {
			t.Errorf("then %q, asked %d times; want the new answer, and two", p, asked.Load())
		}
		fails = errors.New("no network")
		for range 3 {
			time.Sleep(proxyKept + time.Minute)
			ask()
		}
		time.Sleep(time.Minute)
		if p, _ := ask(); p != "http://two:80" {
			t.Errorf("after failures %q; want the last answer", p)
		}
	})
}

// The configuration goes first, then the environment, then the system.
func TestProxyOrder(t *testing.T) {
	t.Setenv("HTTPS_PROXY", "") // read once by net/http, so no other value can be tested here
	system := &url.URL{Scheme: "http", Host: "system:80"}
	configured := &url.URL{Scheme: "http", Host: "configured:80"}
	for name, test := range map[string]struct {
		cfg  ClientConfig
		want *url.URL
	}{
		"none":       {ClientConfig{NoProxy: true}, nil},
		"configured": {ClientConfig{Proxy: configured}, configured},
		"system":     {ClientConfig{}, system},
	} {
		test.cfg.SystemProxy = func(*url.URL) (*url.URL, error) { return system, nil }
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://jefe.corp:8444/", nil)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := (&Client{cfg: test.cfg}).proxy(req); err != nil || got != test.want {
			t.Errorf("%s: %v, %v; want %v", name, got, err, test.want)
		}
	}
}
