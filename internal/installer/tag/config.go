// Package tag is the configuration that a client carries in its own file: what
// it says, who signed it, and where in a program or an MSI package it stands.
//
// The authority of the server that made it signs it, so an agent notices that a
// byte was changed, and knows which authority to expect before it has called
// anybody. It does not prove that the server is the right one: whoever has a
// server of their own can make a tag of their own. What the agent does with a
// configuration is the agent's; making files that have a place for one is
// package installer's.
package tag

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/eljefe/eljefe/internal/event"
	"github.com/eljefe/eljefe/internal/fault"
)

// Config is what a client is made for: whose the station becomes, and what is
// special about it. All but Server and EnrolmentKey may be left out.
type Config struct {
	Server       string       `json:"server"`                // URL of the listener for agents
	EnrolmentKey string       `json:"enrolment_key"`         // a secret with which stations are added
	KeyExpires   time.Time    `json:"key_expires,omitzero"`  // zero: never
	Proxy        string       `json:"proxy,omitempty"`       // as the agent's setting of that name
	EndProcess   bool         `json:"end_process,omitempty"` // the server may have processes ended
	Sensor       event.Sensor `json:"sensor,omitempty"`      // the only way to see processes that is tried; "": the best
	SpoolBytes   int64        `json:"spool_bytes,omitempty"` // 0: the agent's own limit
	Made         time.Time    `json:"made"`                  // when the client was made, by the server's clock

	// Authority is the fingerprint of the authority that signed. It is not part of
	// the text: Open takes it from the signature.
	Authority string `json:"-"`
}

// LeastSpool and MostSpool bound SpoolBytes, as the agent has it.
const (
	LeastSpool = 4 << 20
	MostSpool  = 1 << 40
)

const (
	maxServer     = 300
	maxKey        = 200
	maxProxy      = 500
	proxyNone     = "none"
	exampleServer = "https://eljefe.example.org:8444"
)

// Check says what is wrong with the configuration.
func (c *Config) Check() error {
	server, err := url.Parse(c.Server)
	switch {
	case err != nil || server.Scheme != "https" || server.Hostname() == "" || len(c.Server) > maxServer:
		return fault.Invalidf("the server's address is %.100q; it must be https://, a host and a port, as in %s", c.Server, exampleServer).Coded("client_server_form", "address", "example")
	case strings.Trim(server.Path, "/") != "" || server.RawQuery != "" || server.Fragment != "" || server.User != nil:
		return fault.Invalidf("the server's address is %.100q; nothing may follow host and port, and no name stand before them", server.Redacted()).Coded("client_server_more", "address")
	case c.EnrolmentKey == "":
		return fault.Invalidf("the enrolment key is missing: without one the client cannot enrol").Coded("client_no_key")
	case len(c.EnrolmentKey) > maxKey || strings.ContainsFunc(c.EnrolmentKey, unprintable):
		return fault.Invalidf("this is no enrolment key: copy it from the page as it is").Coded("client_key_form")
	case c.SpoolBytes != 0 && (c.SpoolBytes < LeastSpool || c.SpoolBytes > MostSpool):
		return fault.Invalidf("the spool has %d bytes; between %d and %d are possible", c.SpoolBytes, int64(LeastSpool), int64(MostSpool)).Coded("client_spool", "spool_bytes", "least_bytes", "most_bytes")
	case c.Sensor != "" && !slices.Contains(slices.Concat(Sensors("windows"), Sensors("linux")), c.Sensor):
		return fault.Invalidf("a source %.40q is unknown", c.Sensor).Coded("client_source_unknown", "source")
	}
	return c.checkProxy()
}

func (c *Config) checkProxy() error {
	if c.Proxy == "" || c.Proxy == proxyNone {
		return nil
	}
	proxy, err := url.Parse(c.Proxy)
	if err != nil || proxy.Hostname() == "" || proxy.Scheme != "http" && proxy.Scheme != "https" || len(c.Proxy) > maxProxy {
		// The text may hold a password.
		return fault.Invalidf(`the proxy is no address of one; write it as "http://proxy.example.org:3128", or "none"`).Coded("client_proxy")
	}
	return nil
}

// CheckFor is Check, and whether a client for that system (as in GOOS) can do
// what is asked.
func (c *Config) CheckFor(system string) error {
	if err := c.Check(); err != nil {
		return err
	}
	if known := Sensors(system); c.Sensor != "" && !slices.Contains(known, c.Sensor) {
		return fault.Invalidf("the source %s does not exist on %s; there are %q", c.Sensor, system, known).Coded("client_source_system", "source", "system", "known")
	}
	return nil
}

func unprintable(r rune) bool { return r <= ' ' || r > '~' }

// Sensors returns the ways to see processes that can be chosen for a system (as
// in GOOS), the best first.
func Sensors(system string) []event.Sensor {
	switch system {
	case "windows":
		return []event.Sensor{event.SensorETW, event.SensorSysmon, event.SensorSecurity, event.SensorPoll}
	case "linux":
		return []event.Sensor{event.SensorEBPF, event.SensorConnector, event.SensorPoll}
	}
	return nil
}

// CheckKey returns an error if the enrolment key is of no use any more.
func (c *Config) CheckKey(now time.Time) error {
	if c.KeyExpires.IsZero() || now.Before(c.KeyExpires) {
		return nil
	}
	return fault.Invalidf("the enrolment key in this client expired on %s: download the client anew from the server's page (Client), or install with --key and another key; if the date seems wrong, look at this station's clock",
		c.KeyExpires.UTC().Format("2006-01-02 15:04 MST"))
}

// Settings returns the configuration as the agent reads it from a file. The
// enrolment key is in it, or, if keyFile is not empty, in a file of that name.
func (c *Config) Settings(keyFile string) ([]byte, error) {
	type limits struct {
		SpoolBytes int64 `json:"spool_bytes,omitempty"`
	}
	key := c.EnrolmentKey
	if keyFile != "" {
		key = ""
	}
	raw, err := json.MarshalIndent(struct {
		Server           string       `json:"server"`
		Authority        string       `json:"authority"`
		EnrolmentKey     string       `json:"enrolment_key,omitempty"`
		EnrolmentKeyFile string       `json:"enrolment_key_file,omitempty"`
		Proxy            string       `json:"proxy,omitempty"`
		EndProcess       bool         `json:"end_process,omitempty"`
		Sensor           event.Sensor `json:"sensor,omitempty"`
		Limits           limits       `json:"limits,omitzero"`
	}{c.Server, c.Authority, key, keyFile, c.Proxy, c.EndProcess, c.Sensor, limits{c.SpoolBytes}}, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("write the client's settings: %w", err)
	}
	return append(raw, '\n'), nil
}
