package detect

import (
	"testing"

	"github.com/eljefe/eljefe/internal/event"
)

func TestLineage(t *testing.T) {
	of := func(seq, parent uint64, change func(*event.Process)) *event.Process {
		return start(func(p *event.Process) {
			p.BootID, p.ProcessSeq, p.ParentProcessSeq = 1, seq, parent
			if change != nil {
				change(p)
			}
		})
	}
	var l Lineage
	l.Fill(of(1, 0, func(p *event.Process) { p.Image, p.CommandLine, p.User = "explorer.exe", "explorer", "ana" }))
	l.Fill(of(2, 1, func(p *event.Process) { p.Image = "java.exe" }))
	p := of(3, 2, nil)
	l.Fill(p)
	if p.ParentImage != "java.exe" || p.GrandparentImage != "explorer.exe" || p.ParentUser != "" {
		t.Errorf("the parent is %s, %s, %s", p.ParentImage, p.GrandparentImage, p.ParentUser)
	}
	for name, p := range map[string]*event.Process{
		"another station":              of(4, 1, func(p *event.Process) { p.Station = "PC2" }),
		"one that says it":             of(5, 1, func(p *event.Process) { p.ParentImage = "other.exe" }),
		"one whose start is not known": of(6, 77, nil),
		"a stop":                       of(7, 1, func(p *event.Process) { p.Kind = event.Stop }),
		"one of Sysmon's":              of(8, 1, func(p *event.Process) { p.Sensor = event.SensorSysmon }),
	} {
		if l.Fill(p); p.ParentUser != "" || p.ParentImage == "explorer.exe" {
			t.Errorf("%s gets the parent %s of %s", name, p.ParentImage, p.ParentUser)
		}
	}
	for seq := range uint64(3 * maxKnown) {
		l.Fill(of(100+seq, 0, nil))
	}
	if n := len(l.young) + len(l.old); n > 2*maxKnown {
		t.Errorf("it knows %d processes", n)
	}
	late := of(9, 100+3*maxKnown-1, nil)
	if l.Fill(late); late.ParentImage == "" {
		t.Error("the process seen last is forgotten")
	}
}
