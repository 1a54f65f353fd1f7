package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/eljefe/eljefe/internal/agent/identity"
	"github.com/eljefe/eljefe/internal/cli"
)

// settings are the flags that say whose the station is. They go before what the
// configuration file says.
type settings struct {
	Config          string `help:"Configuration; ${config} if it is there." type:"path" placeholder:"FILE"`
	Package         string `help:"Client (a program or an MSI package) that carries the settings; otherwise this program, if it does." type:"path" placeholder:"FILE"`
	Server          string `help:"Address of the server for agents." placeholder:"https://HOST:8444"`
	Authority       string `help:"Fingerprint of the server's authority, as the page shows it." placeholder:"HEX"`
	Key             string `help:"Enrolment key, needed once." placeholder:"KEY" xor:"key"`
	KeyFile         string `help:"File with the enrolment key; it is removed once the station has enrolled." type:"path" placeholder:"FILE" xor:"key"`
	Proxy           string `help:"HTTP proxy, or none; otherwise the environment's, then the system's." placeholder:"http://HOST:PORT"`
	AllowEndProcess bool   `help:"Allow the server to have processes of this station ended."`
	NoDevices       bool   `help:"Do not report USB devices."`
	NoUpdates       bool   `help:"Take no newer agent from the server."`

	SelftestEvery time.Duration `help:"Time from one test of the sensor to the next; 5m unless the configuration says otherwise." placeholder:"TIME"`
}

// given tells whether a flag says whose the station is.
func (s *settings) given() bool { return s.Server != "" || s.Authority != "" }

// read returns the configuration of the file, if there is one, with what the
// flags say. system is where an installed agent has its file.
func (s *settings) read(system string) (*identity.Config, error) {
	c := &identity.Config{}
	path := s.Config
	if path == "" && !s.given() {
		carried, err := s.carried(system, time.Now())
		if err != nil {
			return nil, cli.UsageError{Err: err}
		}
		if carried != nil {
			c = carried
		} else if _, err := os.Stat(system); !errors.Is(err, fs.ErrNotExist) {
			path = system
		}
	}
	if path != "" {
		var err error
		if c, err = identity.ReadConfig(path); err != nil {
			return nil, cli.UsageError{Err: err}
		}
	} else if !s.given() && c.Server == "" {
		return nil, cli.UsageError{Err: errors.New("whose station is this? Give --server, --authority and --key, which the server's page shows (Settings, Enrolment keys), or --config with a file that has them")}
	}
	for _, override := range []struct {
		to   *string
		from string
	}{{&c.Server, s.Server}, {&c.Authority, s.Authority}, {&c.Proxy, s.Proxy}} {
		if override.from != "" {
			*override.to = override.from
		}
	}
	if s.Key != "" || s.KeyFile != "" {
		c.EnrolmentKey, c.EnrolmentKeyFile = s.Key, s.KeyFile
	}
	c.EndProcess = c.EndProcess || s.AllowEndProcess
	c.NoDevices = c.NoDevices || s.NoDevices
	c.NoUpdates = c.NoUpdates || s.NoUpdates
	if s.SelftestEvery != 0 {
		c.SelftestEvery = identity.Duration(s.SelftestEvery)
	}
	if err := c.Check(); err != nil {
		return nil, cli.UsageError{Err: fmt.Errorf("settings: %w", err)}
	}
	return c, nil
}
