package event

import "testing"

func TestIntegrityOf(t *testing.T) {
	for rid, want := range map[uint32]Integrity{
		0: Untrusted, 0x1000: Low, 0x2000: Medium, 0x2100: MediumPlus, 0x2010: Medium, 0x3000: High, 0x4000: System, 0x5000: Protected,
	} {
		if got := IntegrityOf(rid); got != want {
			t.Errorf("%#x is %s; want %s", rid, got, want)
		}
	}
}

func TestElevationOf(t *testing.T) {
	for kind, want := range map[uint32]Elevation{0: "", 1: ElevationDefault, 2: ElevationFull, 3: ElevationLimited, 4: ""} {
		if got := ElevationOf(kind); got != want {
			t.Errorf("%d is %q; want %q", kind, got, want)
		}
	}
}
