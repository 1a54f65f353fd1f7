// Package poll sees processes by looking at what runs: on Linux at /proc each
// second, on Windows at the system's list twice a second.
//
// It needs no rights and nothing of the kernel, and is for stations where nothing
// better can be had. A process that lives for a shorter time may never be seen,
// and nobody can count those. What is seen has its exact start time, parent and
// command line.
//
// On Linux an exec is seen where the path of the program is another one, and an
// end is told without a code, at the time of the look that missed the process;
// what processes are and which events come of it is package linuxproc's. On
// Windows a process that was seen is held, so that its end has its exact time,
// its code and what the process used; that is package winproc's.
package poll

import (
	"github.com/eljefe/eljefe/internal/event"
)

// mode is the name of this sensor.
const mode = event.SensorPoll
