package identity

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/eljefe/eljefe/internal/event"
	"github.com/eljefe/eljefe/internal/pki"
)

// Config is the configuration of a client, a file of JSON. The agent reads it
// and never changes it.
type Config struct {
	Server    string `json:"server"`    // URL of the listener for agents; its host need not be in the server's certificate
	Authority string `json:"authority"` // fingerprint of the server's authority

	// The enrolment key, or a file that holds nothing else. It is needed once. A
	// key in the configuration stays there. A file of its own is removed once the
	// station has its certificate; the installer uses one, so that no station
	// keeps a secret with which others could enrol.
	EnrolmentKey     string `json:"enrolment_key,omitempty"`
	EnrolmentKeyFile string `json:"enrolment_key_file,omitempty"`

	// Proxy is the URL of an HTTP proxy, perhaps with name and password; "none"
	// for none; empty for what the environment says, else the system.
	Proxy string `json:"proxy,omitempty"`

	// EndProcess allows the server to have processes ended. It is off unless the
	// client was made for it.
	EndProcess bool `json:"end_process,omitempty"`

	// Sensor is the only way to see processes that is tried; empty: the best that works.
	Sensor event.Sensor `json:"sensor,omitempty"`

	// NoDevices leaves USB devices unwatched.
	NoDevices bool `json:"no_devices,omitempty"`

	// NoUpdates refuses newer agents that the server offers. The server cannot switch
	// that off.
	NoUpdates bool `json:"no_updates,omitempty"`

	// SelftestEvery is the time from one test of the sensor to the next; 0: the agent's own.
	SelftestEvery Duration `json:"selftest_every,omitempty"`

	Limits Limits `json:"limits,omitzero"`
}

// Limits bound what the agent takes of its station. Zero means the default.
type Limits struct {
	SpoolBytes     int64    `json:"spool_bytes,omitempty"`      // on disk; 200 MB
	SpoolAge       Duration `json:"spool_age,omitempty"`        // until records are given up that no server took; 7 days
	FileBytes      int64    `json:"file_bytes,omitempty"`       // size of a file that is sent; 256 MiB
	BytesPerSecond int64    `json:"bytes_per_second,omitempty"` // while a file is sent; 4 MiB
}

// Duration is written as Go writes durations: "36h", "90m".
type Duration time.Duration

// UnmarshalText implements encoding.TextUnmarshaler.
func (d *Duration) UnmarshalText(text []byte) error {
	parsed, err := time.ParseDuration(string(text))
	if err != nil {
		return fmt.Errorf("%.40q is no duration; write one as 36h or 90m", text)
	}
	*d = Duration(parsed)
	return nil
}

// MarshalText implements encoding.TextMarshaler.
func (d Duration) MarshalText() ([]byte, error) { return []byte(time.Duration(d).String()), nil }

const (
	defaultSpoolBytes     = 200 << 20
	defaultSpoolAge       = Duration(7 * 24 * time.Hour)
	defaultFileBytes      = 256 << 20
	defaultBytesPerSecond = 4 << 20

	leastSelftest = time.Minute // each test starts a process

	// NoProxy is the value of Config.Proxy for none at all.
	NoProxy = "none"

	maxConfig = 64 << 10
)

// ReadConfig reads and checks the configuration at path. Nobody but its owner
// may change the file, and nobody else may read one that holds a secret.
func ReadConfig(path string) (*Config, error) {
	if err := checkUnchangeable(path); err != nil {
		return nil, err
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read the configuration: %w", err)
	}
	defer f.Close()
	raw, err := io.ReadAll(io.LimitReader(f, maxConfig+1))
	if err != nil {
		return nil, fmt.Errorf("read the configuration: %w", err)
	}
	c, err := parseConfig(raw)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if c.secret() {
		if err := checkPrivate(path); err != nil {
			return nil, fmt.Errorf("the configuration holds a secret: %w", err)
		}
	}
	if c.EnrolmentKeyFile != "" && !filepath.IsAbs(c.EnrolmentKeyFile) {
		c.EnrolmentKeyFile = filepath.Join(filepath.Dir(path), c.EnrolmentKeyFile)
	}
	return c, nil
}

func parseConfig(raw []byte) (*Config, error) {
	if len(raw) > maxConfig {
		return nil, fmt.Errorf("the file has more than %d bytes; this is no configuration", maxConfig)
	}
	c := &Config{}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(c); err != nil {
		return nil, place(raw, d.InputOffset(), err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, place(raw, d.InputOffset(), errors.New("something follows the closing brace"))
	}
	return c, c.Check()
}

// place says in which line of the file err was met.
func place(raw []byte, offset int64, err error) error {
	if e, ok := errors.AsType[*json.SyntaxError](err); ok {
		offset = e.Offset
	} else if e, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		offset, err = e.Offset, fmt.Errorf("%s must be a %s, and is a %s", e.Field, e.Type, e.Value)
	}
	line := 1 + bytes.Count(raw[:min(offset, int64(len(raw)))], []byte("\n"))
	return fmt.Errorf("line %d: %s", line, strings.TrimPrefix(err.Error(), "json: "))
}

// Check says what is wrong with the configuration, and fills in the defaults.
func (c *Config) Check() error {
	if c.Server == "" {
		return errors.New(`server is missing: the address for agents that the server shows, for example "https://eljefe.example.org:8444"`)
	}
	server, err := url.Parse(c.Server)
	switch {
	case err != nil:
		return fmt.Errorf("server is no URL: %w", err)
	case server.Scheme != "https" || server.Hostname() == "":
		return fmt.Errorf("server is %q; it must be https://, a host and perhaps a port", c.Server)
	case strings.Trim(server.Path, "/") != "" || server.RawQuery != "" || server.Fragment != "" || server.User != nil:
		return fmt.Errorf("server is %q; nothing may follow host and port, and no name stand before them", server.Redacted())
	}
	c.Server = "https://" + server.Host
	if c.Authority == "" {
		return errors.New("authority is missing: the fingerprint of the authority that the server shows, 64 hexadecimal digits")
	}
	if c.Authority, err = pki.ParseFingerprint(c.Authority); err != nil {
		return fmt.Errorf("authority: %w", err)
	}
	if c.EnrolmentKey != "" && c.EnrolmentKeyFile != "" {
		return errors.New("enrolment_key and enrolment_key_file are both there: remove one")
	}
	if _, err := c.ProxyURL(); err != nil {
		return err
	}
	if every := time.Duration(c.SelftestEvery); every != 0 && every < leastSelftest {
		return fmt.Errorf("selftest_every is %s; at least %s is needed", every, leastSelftest)
	}
	return c.Limits.check()
}

func (l *Limits) check() error {
	for _, limit := range []struct {
		name         string
		value        *int64
		least, usual int64
	}{
		{"spool_bytes", &l.SpoolBytes, 4 << 20, defaultSpoolBytes},
		{"file_bytes", &l.FileBytes, 1, defaultFileBytes},
		{"bytes_per_second", &l.BytesPerSecond, 16 << 10, defaultBytesPerSecond},
	} {
		if *limit.value == 0 {
			*limit.value = limit.usual
		}
		if *limit.value < limit.least {
			return fmt.Errorf("limits.%s is %d; at least %d is needed", limit.name, *limit.value, limit.least)
		}
	}
	if l.SpoolAge == 0 {
		l.SpoolAge = defaultSpoolAge
	}
	if time.Duration(l.SpoolAge) < time.Hour {
		return fmt.Errorf("limits.spool_age is %s; at least 1h is needed", time.Duration(l.SpoolAge))
	}
	return nil
}

// Except returns the limits with zero for those that are as usual has them.
func (l Limits) Except(usual Limits) Limits {
	for _, limit := range []struct {
		value *int64
		usual int64
	}{{&l.SpoolBytes, usual.SpoolBytes}, {&l.FileBytes, usual.FileBytes}, {&l.BytesPerSecond, usual.BytesPerSecond}} {
		if *limit.value == limit.usual {
			*limit.value = 0
		}
	}
	if l.SpoolAge == usual.SpoolAge {
		l.SpoolAge = 0
	}
	return l
}

// secret tells whether the file itself holds something to be kept from others.
func (c *Config) secret() bool {
	proxy, err := c.ProxyURL()
	return c.EnrolmentKey != "" || err == nil && proxy != nil && proxy.User != nil
}

// ProxyURL returns the proxy that the configuration names, or nil.
func (c *Config) ProxyURL() (*url.URL, error) {
	if c.Proxy == "" || c.Proxy == NoProxy {
		return nil, nil
	}
	proxy, err := url.Parse(c.Proxy)
	if err != nil || proxy.Hostname() == "" || proxy.Scheme != "http" && proxy.Scheme != "https" {
		// The text may hold a password, and so may the error of url.Parse.
		return nil, errors.New(`proxy is no address of one; write it as "http://proxy.example.org:3128", or "none"`)
	}
	return proxy, nil
}

// Key returns the enrolment key, or nothing if there is none (any more).
func (c *Config) Key() (string, error) {
	if c.EnrolmentKeyFile == "" {
		return c.EnrolmentKey, nil
	}
	raw, err := readPrivate(c.EnrolmentKeyFile)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("read the enrolment key: %w", err)
	}
	return strings.TrimSpace(string(raw)), nil
}

// Enrolled removes the file with the enrolment key, if it is in one.
func (c *Config) Enrolled() error {
	if c.EnrolmentKeyFile == "" {
		return nil
	}
	return remove(c.EnrolmentKeyFile)
}

// Secrets returns what must not be shown in logs.
func (c *Config) Secrets() []string {
	var secrets []string
	if key, err := c.Key(); err == nil && key != "" {
		secrets = append(secrets, key)
	}
	if proxy, err := c.ProxyURL(); err == nil && proxy != nil && proxy.User != nil {
		if password, ok := proxy.User.Password(); ok && password != "" {
			secrets = append(secrets, password)
		}
	}
	return secrets
}
