// Package winproc is what the Windows sensors share: a process that is held, so
// that what it says of itself can be read at once and its end be told exactly,
// and the Table of those that run.
//
// # What a process is
//
// A process is known by boot id and sequence number where Windows tells them
// (from Windows 10 on), and otherwise by its pid and the time of its creation to
// 100 ns. Both come from the process itself, which is opened the moment a sensor
// hears of its pid. From then on the pid is nobody else's, so facts are never
// another process's; one that is gone before it could be opened, or cannot be
// opened, goes without them, and its event says so.
//
// # What is left to others
//
// How a sensor hears of processes is its own. Facts of the image file are added
// by package enrich, when the event has left the sensor. What Windows is asked is
// behind the interface Station, so everything else runs in tests on any system.
package winproc
