package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/eljefe/eljefe/internal/agent"
	"github.com/eljefe/eljefe/internal/agent/identity"
	"github.com/eljefe/eljefe/internal/cli"
)

// A report is what somebody who cannot see this station needs to know of it and
// of its agent. No secret is in it, and no event.
type report struct {
	Made     time.Time `json:"made"`
	Sections []section `json:"sections"`
	Sensors  []seen    `json:"sensors"`
}

// section is a group of facts.
type section struct {
	Title string `json:"title"`
	Facts []fact `json:"facts"`
}

type fact struct {
	Name  string `json:"name"`
	Value string `json:"value,omitempty"`
	Error string `json:"error,omitempty"` // why it is not known
}

// add notes a fact, or why it cannot be had.
func (s *section) add(name, value string, err error) {
	f := fact{Name: name, Value: value}
	if err != nil {
		f = fact{Name: name, Error: err.Error()}
	}
	s.Facts = append(s.Facts, f)
}

func (s *section) addf(name, format string, args ...any) {
	s.add(name, fmt.Sprintf(format, args...), nil)
}

// writeReport writes the report for people at path, and as JSON beside it.
func writeReport(ctx context.Context, a *app, path string, results []seen) error {
	r := report{Made: time.Now().UTC(), Sensors: results}
	config, configPath, err := installedConfig()
	r.Sections = []section{aboutProgram(), aboutMachine(), aboutAgent(a.StateDir, configPath, config, err)}
	r.Sections = append(r.Sections, aboutSystem(ctx, a)...)
	r.Sections = append(r.Sections, aboutProxy(a, config))

	asJSON := strings.TrimSuffix(path, filepath.Ext(path)) + ".json"
	if asJSON == path {
		asJSON = path + ".json"
	}
	raw, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	var text bytes.Buffer
	if err := r.print(&text); err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	for _, f := range []struct {
		path    string
		content []byte
	}{{path, text.Bytes()}, {asJSON, append(raw, '\n')}} {
		if err := os.WriteFile(f.path, f.content, 0o600); err != nil {
			return fmt.Errorf("write the report: %w", err)
		}
	}
	fmt.Fprintf(a.out, "The report is in %s, and as JSON in %s.\n", path, asJSON)
	return nil
}

// print writes the report for people.
func (r *report) print(w io.Writer) error {
	fmt.Fprintf(w, "El Jefe agent, selftest of %s\n", r.Made.Format(time.RFC3339))
	for _, s := range r.Sections {
		fmt.Fprintf(w, "\n%s\n", strings.ToUpper(s.Title))
		t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
		for _, f := range s.Facts {
			if f.Error != "" {
				f.Value = "NOT KNOWN: " + f.Error
			}
			fmt.Fprintf(t, "  %s\t%s\n", f.Name, cli.Line(f.Value))
		}
		if err := t.Flush(); err != nil {
			return err
		}
	}
	fmt.Fprintln(w, "\nSENSORS")
	if err := printSeen(w, r.Sensors); err != nil {
		return err
	}
	for _, s := range r.Sensors {
		if s.Error == "" || len(s.StartFields) > 0 {
			fmt.Fprintf(w, "\n%s (says of itself: %s, %s)\n  start  %s\n  end    %s\n  could not be had  %s\n",
				s.Sensor, s.Mode, s.State, strings.Join(s.StartFields, " "), strings.Join(s.StopFields, " "), s.Missing)
		}
	}
	return nil
}

func aboutProgram() section {
	s := section{Title: "program"}
	s.addf("version", "%s", version)
	s.addf("built with", "%s for %s/%s", runtime.Version(), runtime.GOOS, runtime.GOARCH)
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, setting := range info.Settings {
			if strings.HasPrefix(setting.Key, "vcs.") || setting.Key == "CGO_ENABLED" {
				s.add(setting.Key, setting.Value, nil)
			}
		}
	}
	path, err := os.Executable()
	s.add("file", path, err)
	if err == nil {
		sum, size, err := digest(path)
		s.add("SHA-256", sum, err)
		s.addf("size", "%.1f MB", float64(size)/1e6)
	}
	return s
}

func digest(path string) (sum string, size int64, err error) {
	f, err := os.Open(path)
	if err != nil {
		return "", 0, err
	}
	h := sha256.New()
	size, err = io.Copy(h, f)
	return hex.EncodeToString(h.Sum(nil)), size, errors.Join(err, f.Close())
}

func aboutMachine() section {
	s := section{Title: "machine"}
	m, err := agent.Machine(version)
	s.add("system", m.System, err)
	s.addf("architecture", "%s, %d processors", m.Architecture, runtime.NumCPU())
	s.addf("fingerprint", "%s", m.Fingerprint)
	boot, booted, steady := agent.Boot()
	s.addf("boot", "number %d, began %s", boot, booted.Format(time.RFC3339))
	s.addf("clock that is never set", "%s", steady.Round(time.Millisecond))
	return s
}

// installedConfig returns the installed agent's configuration, and where it is.
func installedConfig() (*identity.Config, string, error) {
	c, err := identity.ReadConfig(systemConfig())
	return c, systemConfig(), err
}

func aboutAgent(state, configPath string, config *identity.Config, err error) section {
	s := section{Title: "agent"}
	s.addf("configuration", "%s", configPath)
	if err != nil {
		s.add("server", "", err)
	} else {
		s.addf("server", "%s, authority %s", config.Server, config.Authority)
	}
	s.addf("state", "%s", state)
	status, err := agent.ReadStatus(state)
	if err != nil {
		s.add("status", "", err)
		return s
	}
	problems := status.Problems()
	if len(problems) == 0 {
		problems = []string{"healthy"}
	}
	s.addf("status", "%s", strings.Join(problems, "; "))
	var lines bytes.Buffer
	if err := printStatus(&lines, status); err != nil {
		s.add("details", "", err)
	}
	for line := range strings.Lines(lines.String()) {
		name, value, _ := strings.Cut(line, "  ") // nothing before it: more on the line above
		s.addf(name, "%s", strings.TrimSpace(value))
	}
	return s
}

// aboutProxy says which proxy the agent would use.
func aboutProxy(a *app, config *identity.Config) section {
	s := section{Title: "proxy"}
	target := &url.URL{Scheme: "https", Host: "eljefe.example.org:8444"}
	if config != nil {
		if config.Proxy != "" {
			s.addf("configured", "%s", redacted(config.Proxy))
		}
		if u, err := url.Parse(config.Server); err == nil {
			target = u
		}
	}
	for _, name := range []string{"HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy"} {
		if value := os.Getenv(name); value != "" {
			s.addf("environment "+name, "%s", redacted(value))
		}
	}
	choose := agent.SystemProxy(a.log(a.err))
	if choose == nil {
		s.addf("system", "has no such setting")
		return s
	}
	began := time.Now()
	proxy, err := choose(target)
	answer := "none"
	if proxy != nil {
		answer = proxy.Redacted()
	}
	s.add("system", fmt.Sprintf("%s for %s, after %s", answer, target, time.Since(began).Round(time.Millisecond)), err)
	return s
}

// redacted is a proxy without its password.
func redacted(text string) string {
	if !strings.Contains(text, "@") {
		return text
	}
	if u, err := url.Parse(text); err == nil && u.User != nil {
		return u.Redacted()
	}
	return "(hidden, because it may hold a password)"
}
