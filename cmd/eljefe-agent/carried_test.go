package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/eljefe/eljefe/internal/agent/identity"
	"github.com/eljefe/eljefe/internal/cli"
	"github.com/eljefe/eljefe/internal/event"
	"github.com/eljefe/eljefe/internal/installer/tag"
	"github.com/eljefe/eljefe/internal/pki"
)

// carrier writes an MSI package that carries settings which a signed.
func carrier(t *testing.T, a *pki.Authority, c *tag.Config) string {
	t.Helper()
	file, err := os.ReadFile("../../internal/installer/tag/testdata/client.msi")
	if err != nil {
		t.Fatal(err)
	}
	place, err := tag.Find(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	if c != nil {
		document, err := tag.Seal(c, a)
		if err != nil {
			t.Fatal(err)
		}
		if err := place.Write(file, document); err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(t.TempDir(), "client.msi")
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestCarriedSettings(t *testing.T) {
	a, err := pki.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	client := tag.Config{
		Server: "https://new:8444", EnrolmentKey: "new-key", KeyExpires: time.Now().Add(time.Hour),
		Proxy: "none", EndProcess: true, Sensor: event.SensorPoll, SpoolBytes: 8 << 20,
	}
	expired := client
	expired.KeyExpires = time.Now().Add(-time.Hour)
	good, late, empty := carrier(t, a, &client), carrier(t, a, &expired), carrier(t, a, nil)
	damaged := carrier(t, a, &client)
	raw, err := os.ReadFile(damaged)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(damaged, bytes.Replace(raw, []byte("new:8444"), []byte("bad:8444"), 1), 0o600); err != nil {
		t.Fatal(err)
	}

	for _, test := range []struct {
		name      string
		settings  settings
		installed string // authority of the agent that is there; "": none
		want      identity.Config
		err       string
	}{
		{name: "first", settings: settings{Package: good}, want: identity.Config{Server: "https://new:8444", EnrolmentKey: "new-key"}},
		{name: "upgrade", settings: settings{Package: good}, installed: a.Fingerprint(), want: identity.Config{Server: "https://new:8444", EnrolmentKey: "new-key"}},
		{name: "of another server", settings: settings{Package: good}, installed: authority, err: "belongs to the server https://old:8444"},
		{name: "expired", settings: settings{Package: late}, err: "so nothing was installed. Download the client anew"},
		{name: "expired, with another key", settings: settings{Package: late, Key: "k"}, want: identity.Config{Server: "https://new:8444", EnrolmentKey: "k"}},
		{name: "expired, upgrade", settings: settings{Package: late}, installed: a.Fingerprint(), want: identity.Config{Server: "https://new:8444", EnrolmentKey: "old-key"}},
		{name: "changed", settings: settings{Package: damaged}, err: "changed or damaged"},
		{name: "empty", settings: settings{Package: empty}, err: "whose station is this"},
		{name: "empty, upgrade", settings: settings{Package: empty}, installed: authority, want: identity.Config{Server: "https://old:8444", EnrolmentKey: "old-key"}},
		{name: "not there", settings: settings{Package: "/nowhere"}, err: "/nowhere"},
		{name: "flags go before it", settings: settings{Package: damaged, Server: "https://flag:1", Authority: authority}, want: identity.Config{Server: "https://flag:1"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			system := filepath.Join(t.TempDir(), "config.json")
			if test.installed != "" {
				raw, err := json.Marshal(identity.Config{
					Server: "https://old:8444", Authority: test.installed, EnrolmentKey: "old-key", Proxy: "http://old:1", NoDevices: true, NoUpdates: true,
					SelftestEvery: identity.Duration(time.Hour), Limits: identity.Limits{SpoolBytes: 5 << 20, FileBytes: 7 << 20},
				})
				if err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(system, raw, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			c, err := test.settings.read(system)
			if test.err != "" {
				if err == nil || !strings.Contains(cli.ForPeople(err), test.err) {
					t.Errorf("error %v; want it to say %q", err, test.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if c.Server != test.want.Server || c.EnrolmentKey != test.want.EnrolmentKey {
				t.Errorf("got server %s and key %s; want %s and %s", c.Server, c.EnrolmentKey, test.want.Server, test.want.EnrolmentKey)
			}
			if kept := c.NoDevices && c.NoUpdates && c.SelftestEvery == identity.Duration(time.Hour) && c.Limits.FileBytes == 7<<20; kept != (test.installed != "") {
				t.Errorf("what a client cannot say is kept: %t; the settings are %+v", kept, c)
			}
			if carried := c.Server == client.Server; carried != (c.Sensor == client.Sensor && c.EndProcess && c.Proxy == "none" && c.Limits.SpoolBytes == client.SpoolBytes) {
				t.Errorf("the settings are %+v", c)
			}
		})
	}
}
