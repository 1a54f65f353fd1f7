package world

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"time"

	"github.com/eljefe/eljefe/internal/event"
)

// digest sets the hashes of content.
func (f *file) digest(content []byte) {
	s256, s1, m5 := sha256.Sum256(content), sha1.Sum(content), md5.Sum(content)
	f.sha256, f.sha1, f.md5 = hex.EncodeToString(s256[:]), hex.EncodeToString(s1[:]), hex.EncodeToString(m5[:])
}

// describe fills in what is known of a process's file and of its token.
func (s *Station) describe(p *process) {
	e, prog, a := &p.start, p.program, p.as
	e.User, e.UserSID, e.LogonID, e.Session = a.user, a.sid, a.logon, &a.session
	e.Integrity, e.Elevation, e.Elevated = a.integrity, a.elevation, &a.elevated
	e.Privileges = &a.enabled
	if a.present != 0 {
		e.PrivilegesPresent = &a.present
	}
	if prog.KiB == 0 {
		return
	}
	version := -1
	for i, u := range prog.Updates {
		// Updates come at night, to one station after the other.
		if !s.now.Before(s.world.day(u.Day).Add(time.Duration(2*60+s.no*3) * time.Minute)) {
			version = i
		}
	}
	f := s.world.file(prog, version)
	e.SHA256, e.FileSize, e.FileVersion = f.sha256, f.size, f.version
	signed := prog.MadeBy != nil && prog.MadeBy.Signer != ""
	e.Signed = &signed
	if prog.MadeBy != nil {
		e.Company, e.Product, e.Signer = prog.MadeBy.Company, prog.MadeBy.Product, prog.MadeBy.Signer
	}
	if !signed {
		e.SHA1, e.MD5 = f.sha1, f.md5
	}
	e.OriginalFileName, e.Description = prog.Original, prog.Description
	e.WOW64 = prog.WOW64 || strings.Contains(e.Image, `\SysWOW64\`)
}

// little is what a process had used that did next to nothing before it ended: it
// only unpacked itself into another.
var little = event.Statistics{
	Handles: 11, Threads: 1, KernelTimeUS: 15_625, CPUCycles: 48_112_907, ReadOps: 2, WriteOps: 1, OtherOps: 61,
	ReadBytes: 191_488, WriteBytes: 191_488, OtherBytes: 2210, PageFaults: 612, CommitPeak: 1_003_520,
	PeakWorkingSet: 2_412_544, PeakVirtualSize: 18_350_080, PeakPagedPool: 31_208, PeakNonpaged: 2104,
}

// statistics invents what the process had used, from its class and its life.
// It counts in whole numbers, which are the same on every machine.
func (s *Station) statistics(p *process) *event.Statistics {
	if p.step != nil && p.step.Little {
		few := little
		return &few
	}
	c := p.program.Kind
	vary := func(n int) uint64 {
		if n <= 0 {
			return 0
		}
		return uint64((n*(70+s.rng.IntN(61)) + 50) / 100)
	}
	seconds := int(s.now.Sub(p.start.Time) / time.Second)
	perRun := func(n, perMinute int) int { return n + perMinute*seconds/60 }
	cpu := vary(perRun(c.CPU, c.CPUPerMinute)) * 1000
	kernel := cpu * uint64(20+s.rng.IntN(30)) / 100
	commit := vary(c.Commit) << 20
	stats := &event.Statistics{
		Handles: vary(c.Handles), Threads: max(1, vary(c.Threads)),
		KernelTimeUS: kernel, UserTimeUS: cpu - kernel, CPUCycles: cpu*2611 + vary(40_000),
		ReadOps: vary(perRun(c.Reads, c.OpsPerMinute)), WriteOps: vary(perRun(c.Writes, c.OpsPerMinute/2)), OtherOps: vary(perRun(c.Handles*4, c.OpsPerMinute)),
		PageFaults: commit/4096*2 + vary(700), HardFaults: vary(c.Threads * 2),
		CommitPeak: commit, PeakWorkingSet: commit + commit/8 + vary(3_000_000)&^4095,
		PeakVirtualSize: 2_203_318_222_848 + commit*3, PeakPagedPool: vary(c.Handles*420 + 60_000), PeakNonpaged: vary(c.Handles*60 + 6000),
	}
	if p.start.WOW64 {
		stats.PeakVirtualSize = 46<<20 + commit*3
	}
	stats.ReadBytes, stats.WriteBytes = stats.ReadOps*vary(c.KiBPerOp<<10), stats.WriteOps*vary(c.KiBPerOp<<9)
	stats.OtherBytes = stats.OtherOps * vary(90)
	return stats
}
