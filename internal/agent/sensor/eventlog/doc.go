// Package eventlog sees processes by what others write into the Windows event
// log: Sysmon (events 1 and 5) or security auditing (4688 and 4689).
//
// It is for stations where no trace session can be had. What it sees is what the
// log has: with Sysmon everything, with auditing everything but the exact times,
// and command lines only where a policy says so; facts that the process tells
// itself are added (package winproc). Records are mapped as those of a file are,
// by package evtx.
//
// The place in the log is kept over restarts of the agent, so that what was
// written meanwhile is told too. A log that was cleared, or that was written
// round before it was read, is a gap.
package eventlog
