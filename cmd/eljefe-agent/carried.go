package main

import (
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/eljefe/eljefe/internal/agent/identity"
	"github.com/eljefe/eljefe/internal/installer/tag"
)

// carried returns the settings that the client given by --package carries, or
// this program itself; nil if it carries none. They take the place of those of an
// installed agent, whose file system is, unless that belongs to another server.
func (s *settings) carried(system string, now time.Time) (*identity.Config, error) {
	path := s.Package
	if path == "" {
		var err error
		if path, err = os.Executable(); err != nil {
			return nil, fmt.Errorf("find this program: %w", err)
		}
	}
	client, err := tag.FromFile(path)
	if errors.Is(err, tag.ErrNone) || errors.Is(err, tag.ErrNoPlace) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	c := &identity.Config{
		Server: client.Server, Authority: client.Authority, EnrolmentKey: client.EnrolmentKey,
		Proxy: client.Proxy, EndProcess: client.EndProcess, Sensor: client.Sensor, Limits: identity.Limits{SpoolBytes: client.SpoolBytes},
	}
	expired := client.CheckKey(now)
	if s.Key != "" || s.KeyFile != "" {
		expired = nil // another one is used
	}
	installed, err := identity.ReadConfig(system)
	switch {
	case err != nil: // there is none, or it is to be replaced
		return c, expired
	case installed.Authority != client.Authority:
		return nil, fmt.Errorf("this station belongs to the server %s, and the client is for %s, which is another (authority %s): if it is to change hands, run \"eljefe-agent uninstall --purge\" first",
			installed.Server, client.Server, client.Authority)
	case expired != nil: // for an upgrade none is needed
		c.EnrolmentKey, c.EnrolmentKeyFile = installed.EnrolmentKey, installed.EnrolmentKeyFile
	}
	return c, nil
}
