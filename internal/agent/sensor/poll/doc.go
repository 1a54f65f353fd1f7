// Package poll sees processes by looking at /proc each second.
//
// It needs no rights and nothing of the kernel, and is for stations where nothing
// better can be had. A process that lives for less than a second may never be
// seen, and nobody can count those; an exec is seen where the path of the program
// is another one; an end is told without a code, at the time of the look that
// missed the process. What is seen has its exact start time, parent and command
// line. What processes are and which events come of it is package linuxproc's.
package poll

import (
	"github.com/eljefe/eljefe/internal/event"
)

// mode is the name of this sensor.
const mode = event.SensorPoll
