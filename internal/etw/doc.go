// Package etw reads the process events of Event Tracing for Windows: bytes in,
// events out. It has no system calls, so recordings exercise it on any machine.
//
// Two kernel sources report each process, and neither says all. The classic
// Process events have command line and user; the manifest provider
// Microsoft-Windows-Kernel-Process has full path, exact times, sequence numbers
// and what was used. There are three steps, and each can be used alone:
//
//   - File and Records read an ETL file. A live session makes its own Records.
//   - Decode turns a Record into a Message: the fields that it holds.
//   - A Joiner makes event.Process of Messages: it joins the halves, knows what
//     runs, and finds what was missed.
//
// Every byte may be forged. A payload that does not fit gives a *DecodeError that
// says what is wrong and where, and a newer version than the newest known one is
// decoded with the newest known layout if that makes sense. Nothing panics, and
// memory is bounded. What accounts and paths are called for people (LookupAccount,
// drive letters) is left to the caller, as are files and tokens.
package etw
