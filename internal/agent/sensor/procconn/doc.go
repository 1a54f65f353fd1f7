// Package procconn sees processes by the kernel's process connector: messages of
// netlink that tell of each fork, exec and exit.
//
// It needs CAP_NET_ADMIN and nothing of the kernel but CONFIG_PROC_EVENTS, which
// most have. The messages hold little more than pids: what a process runs is read
// from /proc, and so is unknown of those that are gone when the agent looks. Such
// a process is told with what is known of it, and counted in a gap. A message that
// did not fit into the socket is counted too: messages are numbered.
//
// An exit tells the code, but not what the process has used. What processes are,
// how they are named and which events come of a message is package linuxproc's.
package procconn

import (
	"github.com/eljefe/eljefe/internal/event"
)

// mode is the name of this sensor.
const mode = event.SensorConnector
