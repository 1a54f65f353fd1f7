package main

import (
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/eljefe/eljefe/internal/agent/identity"
	"github.com/eljefe/eljefe/internal/agent/plain"
	"github.com/eljefe/eljefe/internal/installer/tag"
)

// carried returns the settings that the client given by --package carries, or
// this program itself; nil if it carries none. They take the place of those of an
// installed agent, whose file system is, unless that belongs to another server.
func (s *settings) carried(system string, now time.Time) (*identity.Config, error) {
	client, err := readClient(s.Package)
	if err != nil || client == nil {
		return nil, err
	}
	c := &identity.Config{
		Server: client.Server, Authority: client.Authority, EnrolmentKey: client.EnrolmentKey,
		Proxy: client.Proxy, EndProcess: client.EndProcess, Sensor: client.Sensor, Limits: identity.Limits{SpoolBytes: client.SpoolBytes},
	}
	expired := checkKey(client, now)
	if s.Key != "" || s.KeyFile != "" {
		expired = nil // another one is used
	}
	installed, err := identity.ReadConfig(system)
	switch {
	case err != nil: // there is none, or it is to be replaced
		return c, expired
	case installed.Authority != client.Authority:
		return nil, &plain.Error{Key: plain.Elsewhere, Values: []string{
			"installed", installed.Server, "server", client.Server, "authority", client.Authority, "program", agentProgram(),
		}}
	case expired != nil: // for an upgrade none is needed
		c.EnrolmentKey, c.EnrolmentKeyFile = installed.EnrolmentKey, installed.EnrolmentKeyFile
	}
	// What a client cannot say stays as it was set here.
	c.NoDevices, c.NoUpdates, c.SelftestEvery = installed.NoDevices, installed.NoUpdates, installed.SelftestEvery
	c.Limits = installed.Limits
	c.Limits.SpoolBytes = client.SpoolBytes
	return c, nil
}

// checkKey returns an error if the client's enrolment key is of no use any more.
func checkKey(client *tag.Config, now time.Time) error {
	if client.CheckKey(now) == nil {
		return nil
	}
	return &plain.Error{Key: plain.Expired, Values: []string{"date", client.KeyExpires.Local().Format("2006-01-02 15:04 MST")}}
}

// readClient returns the settings that the client at path carries, or for "" this
// program; nil if there are none.
func readClient(path string) (*tag.Config, error) {
	if path == "" {
		var err error
		if path, err = os.Executable(); err != nil {
			return nil, fmt.Errorf("find this program: %w", err)
		}
	}
	client, err := tag.FromFile(path)
	switch {
	case errors.Is(err, tag.ErrNone), errors.Is(err, tag.ErrNoPlace):
		return nil, nil
	case errors.Is(err, tag.ErrDamaged):
		err = &plain.Error{Key: plain.Damaged, Err: err}
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return client, nil
}
