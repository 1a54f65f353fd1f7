package etw

import (
	"strings"
)

// Facts is what the records of a file tell of the computer that it was recorded
// on. Not every file has them.
type Facts struct {
	Computer string // its name
	Volumes  []Volume
}

// A Volume is a path of the kernel's and the one that people know it by.
type Volume struct {
	Device string // \Device\HarddiskVolume3\
	Path   string // C:\
}

// maxVolumes is how many volumes are kept.
const maxVolumes = 256

// volumeClass is the class of the records that tools add to a finished file.
var volumeClass = NewGUID(0x9b79ee91, 0xb5fd, 0x41c0, [8]byte{0xa2, 0x43, 0x42, 0x48, 0xe2, 0x66, 0xe9, 0xd0})

// Opcodes of the records with facts.
const (
	opConfigCPU = 10 // of configClass
	opVolume    = 35 // of volumeClass
)

// Facts reads all of the file for what it tells of its computer. Damage is not
// told here: Records tells it.
func (f *File) Facts() (Facts, error) {
	var facts Facts
	for r, err := range f.Records() {
		if err != nil {
			if _, damage := err.(*FileError); damage {
				continue
			}
			return facts, err
		}
		switch {
		case r.Provider == configClass && r.Opcode == opConfigCPU && facts.Computer == "":
			facts.Computer = computer(r)
		case r.Provider == volumeClass && r.Opcode == opVolume && len(facts.Volumes) < maxVolumes:
			c := cursor{data: r.Payload}
			v := Volume{Device: c.wide("NtPath"), Path: c.wide("DosPath")}
			if c.reason == "" && strings.HasPrefix(v.Device, `\Device\`) && strings.HasSuffix(v.Device, `\`) && v.Path != "" {
				facts.Volumes = append(facts.Volumes, v)
			}
		}
	}
	return facts, nil
}

// computer reads the name of the computer from a record about its processors.
func computer(r *Record) string {
	c := cursor{data: r.Payload}
	for _, field := range []string{"MHz", "NumberOfProcessors", "MemSize", "PageSize", "AllocationGranularity"} {
		c.u32(field)
	}
	name := strings.TrimSpace(c.wide("ComputerName"))
	if len(name) > 256 {
		return ""
	}
	return name
}

// Path returns the path that people know, where the facts tell it.
func (f *Facts) Path(device string) string {
	for _, v := range f.Volumes {
		if len(device) > len(v.Device) && strings.EqualFold(device[:len(v.Device)], v.Device) {
			return v.Path + device[len(v.Device):]
		}
	}
	return device
}
