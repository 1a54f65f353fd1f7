// Package scenario reads the files that say what happens on a simulated network:
// which stations and programs there are, who works when, what starts what, and
// what goes wrong. docs/demo.md explains how to write one.
//
// A scenario is one or more files of YAML that are read one after the other; a
// later one may use what an earlier one defines. What it promises: a scenario
// that Load returns can be played. Every name that it uses exists, and every
// mistake is reported with its file and line.
//
// The office and the intrusion that the demo shows are such files, and lie in
// this package. When things happen, and with what chance, is package world's.
package scenario

import (
	"time"

	"github.com/eljefe/eljefe/internal/event"
)

// Scenario is what may happen on a network.
type Scenario struct {
	Office   Office
	Makers   map[string]*Maker
	Classes  map[string]*Class
	Programs map[string]*Program
	Devices  map[string]*Device
	Lists    map[string][]string
	Kinds    map[string]*Kind
	Stations []*Station
	Acts     map[string][]*Step
	Days     []*Rule
	Story    []*Episode
	Troubles []*Trouble

	// Digest is that of the files: equal digests, equal scenarios.
	Digest [32]byte
}

// Office is the company.
type Office struct {
	Domain string `yaml:"domain"`  // that its accounts are in
	SID    string `yaml:"sid"`     // of the domain, without the last number
	Admin  string `yaml:"admin"`   // account of its administrator
	Host   string `yaml:"console"` // program that Windows starts beside each console program; none if empty
}

// Maker is who made a program.
type Maker struct {
	Place   `yaml:"-"`
	Company string `yaml:"company"`
	Product string `yaml:"product"`
	Signer  string `yaml:"signer"` // empty: what it makes is not signed
}

// Class is how a kind of program behaves.
type Class struct {
	Place        `yaml:"-"`
	Life         Span `yaml:"life"` // zero: until the station shuts down
	Handles      int  `yaml:"handles"`
	Threads      int  `yaml:"threads"`
	CPU          int  `yaml:"cpu"`            // ms of a run
	CPUPerMinute int  `yaml:"cpu_per_minute"` // ms
	Reads        int  `yaml:"reads"`
	Writes       int  `yaml:"writes"`
	OpsPerMinute int  `yaml:"ops_per_minute"`
	KiBPerOp     int  `yaml:"kib_per_op"`
	Commit       int  `yaml:"commit"` // MiB
}

// Program is an executable file.
type Program struct {
	Place       `yaml:"-"`
	Path        Text     `yaml:"path"`
	KiB         int      `yaml:"kib"` // 0: it is no file
	Version     string   `yaml:"version"`
	Maker       string   `yaml:"maker"`
	Original    string   `yaml:"original"` // name that it was built under; "=" for the name of its file
	Description string   `yaml:"description"`
	Class       string   `yaml:"class"`
	Console     bool     `yaml:"console"`
	WOW64       bool     `yaml:"wow64"`
	File        string   `yaml:"file"` // "harmless": the simulator makes such a file, and gives it out
	Like        string   `yaml:"like"` // program whose file this is, under another path or in another class
	Updates     []Update `yaml:"updates"`

	MadeBy *Maker `yaml:"-"` // nil: nobody says
	Kind   *Class `yaml:"-"`
	Name   string `yaml:"-"`
}

// Update is a new version of a program.
type Update struct {
	Day     int    `yaml:"day"` // that many workdays before the demo began
	Version string `yaml:"version"`
}

// Harmless is the value of Program.File for a file that does nothing but exit.
const Harmless = "harmless"

// Kind is what stations of a sort have in common.
type Kind struct {
	Place  `yaml:"-"`
	System string `yaml:"system"` // operating system
	Boot   string `yaml:"boot"`   // act
	Logon  string `yaml:"logon"`  // act; none if nobody works there
	Always bool   `yaml:"always"` // it is not shut down in the evening
	Days   Days   `yaml:"days"`   // on which it is used
}

// Station is a computer.
type Station struct {
	Place `yaml:"-"`
	Name  string   `yaml:"name"`
	Kind  string   `yaml:"kind"`
	User  string   `yaml:"user"`
	Roles []string `yaml:"roles"`
	Hours Hours    `yaml:"hours"` // from when to when it is used

	Of *Kind `yaml:"-"`
}

// Step is a start of a program, or a device that is plugged in.
type Step struct {
	Place   `yaml:"-"`
	Run     string   `yaml:"run"`
	Plug    string   `yaml:"plug"`    // device, instead of a program
	By      string   `yaml:"by"`      // name of the process that starts it; else that of the step around it
	Name    string   `yaml:"name"`    // by which others can be started by it
	As      string   `yaml:"as"`      // account; else the parent's
	Command Text     `yaml:"command"` // else the path in quotation marks
	Encoded string   `yaml:"encoded"` // PowerShell, appended as -EncodedCommand takes it
	Dir     Text     `yaml:"dir"`
	After   Span     `yaml:"after"` // since the step before, or the start of the step around
	Life    Span     `yaml:"life"`
	Stays   bool     `yaml:"stays"`  // until the station shuts down
	Little  bool     `yaml:"little"` // it does next to nothing before it ends
	Exit    uint32   `yaml:"exit"`
	Fails   float64  `yaml:"fails"`  // chance of exit code 1
	Chance  float64  `yaml:"chance"` // that it happens at all; 0: always
	Times   Count    `yaml:"times"`
	Roles   []string `yaml:"roles"` // only on stations with one of them
	Starts  []*Step  `yaml:"starts"`
	Program *Program `yaml:"-"`
	Device  *Device  `yaml:"-"`
}

// Rule is something that happens again and again.
type Rule struct {
	Place    `yaml:"-"`
	Do       Choices  `yaml:"do"`
	Reboot   bool     `yaml:"reboot"` // instead of Do
	Roles    []string `yaml:"roles"`  // on stations with one of them
	Stations []string `yaml:"stations"`
	Days     Days     `yaml:"days"`
	At       []Clock  `yaml:"at"`     // about then,
	Spread   Span     `yaml:"spread"` // that much later
	During   []Hours  `yaml:"during"` // or again and again within these hours,
	Each     Span     `yaml:"each"`   // that long after one another
	Chance   float64  `yaml:"chance"` // 0: always
}

// Episode is something that happens once.
type Episode struct {
	Place   `yaml:"-"`
	Do      string        `yaml:"do"`
	Station string        `yaml:"station"`
	Day     int           `yaml:"day"`  // that many workdays before the demo began,
	At      Clock         `yaml:"at"`   // at this time,
	Live    time.Duration `yaml:"live"` // or that long after it began; before, if it is negative
}

// Trouble is something that goes wrong with a station's record. One of Gap,
// AgentOff, Silent, Reinstalled and Clock is set.
type Trouble struct {
	Place   `yaml:"-"`
	Station string        `yaml:"station"`
	Day     int           `yaml:"day"`
	At      Clock         `yaml:"at"`
	For     time.Duration `yaml:"for"`

	Gap         event.Cause   `yaml:"gap"`         // events get lost
	AgentOff    bool          `yaml:"agent_off"`   // the station runs without its agent
	Silent      bool          `yaml:"silent"`      // nothing is heard of it any more
	Reinstalled bool          `yaml:"reinstalled"` // it comes back as a new station on the same machine
	Clock       time.Duration `yaml:"clock"`       // all the time, its clock is that far ahead
	Detail      string        `yaml:"detail"`
}

// Accounts returns the names that Step.As may have.
func Accounts() []string {
	return []string{"system", "session", "hosted", "local", "network", "dwm", "user", "low", "untrusted", "admin", "remote"}
}
