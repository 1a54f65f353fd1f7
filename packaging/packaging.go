// Package packaging holds what systems need beside the programs. What is
// embedded here is the very file that packages ship.
package packaging

import "embed"

// AgentUnit is the systemd unit of eljefe-agent. Its paths are those of an
// installation with the prefix /usr/local.
//
//go:embed systemd/eljefe-agent.service
var AgentUnit string

// Scripts are what dpkg runs (deb/preinst and so on), and what installs from an
// archive (tar/install.sh).
//
//go:embed deb tar
var Scripts embed.FS
