package agent

import (
	"log/slog"
	"net/url"

	"github.com/eljefe/eljefe/internal/agent/uplink"
)

// SystemProxy returns the choice of the system's proxy for an address, or nil
// where the system has no such setting.
func SystemProxy(log *slog.Logger) func(*url.URL) (*url.URL, error) {
	if systemProxy == nil {
		return nil
	}
	return uplink.NewSystemProxy(systemProxy, log).For
}
