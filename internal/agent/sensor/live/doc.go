// Package live opens the best sensor that a station can have, and says in its
// state why it is not a better one.
//
// On Linux that is programs in the kernel (package ebpf), else the process
// connector (package procconn), else looking at /proc (package poll). On Windows
// it is a trace session with both of the kernel's sources, or with one of them
// (package etwsession), else Sysmon's log, else that of security auditing
// (package eventlog), else looking at the system's list (package poll).
package live
