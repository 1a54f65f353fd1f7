// Package etwsession sees every process of a Windows station by Event Tracing
// for Windows: a session of the agent's own takes both of the kernel's sources,
// the classic Process events and the provider Microsoft-Windows-Kernel-Process.
//
// What the records say and how their halves become one event is package etw's.
// What a process says of itself is read the moment its first record comes, by
// package winproc. Here is what keeps the session honest:
//
//   - A session that an earlier agent left behind is ended and begun anew. At the
//     beginning the sources tell what runs, and the system's list is compared.
//   - What the session, the kernel or the agent lost is counted, told as a gap,
//     and made good as far as the system's list of processes can.
//   - Whoever may administer a station can stop the session, or take a source away
//     from it. Every few seconds it is looked at, and begun anew; the span in which
//     it may have been blind is a gap that says so.
//   - Where no session with both sources can be had, one with the second alone is
//     begun: users, command lines and memory figures are then asked of the
//     processes themselves, and missing for short ones.
//
// What Windows is told and asked is behind the interface session, so that all of
// this is tested on any system. The session itself is in the Windows files.
package etwsession
