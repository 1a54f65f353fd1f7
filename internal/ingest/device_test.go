package ingest

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/eljefe/eljefe/internal/event"
)

// A record of a device is stored, or refused and counted in a gap, like any other.
func TestLiveRefusesDevices(t *testing.T) {
	now := time.Now().UTC()
	good := event.Device{Kind: event.DevicePlugged, Time: now, Device: "usb 1-1", VendorID: "0951", ProductID: "1666"}
	b := LiveBatch{Station: 1, Gaps: []event.Gap{{Kind: event.GapKind, Seq: 4, Cause: event.SourceLost, From: now, To: now}}}
	for i, spoil := range []func(*event.Device){
		func(*event.Device) {},
		func(d *event.Device) { d.VendorID = "09g1" },
		func(d *event.Device) { d.Time = now.Add(72 * time.Hour) },
		nil, // the gap
		func(d *event.Device) { d.Time = now.AddDate(0, 0, -40) },
		func(d *event.Device) { d.Serial = strings.Repeat("x", event.MaxWord+1) },
		func(d *event.Device) { d.Volumes = make([]event.Volume, event.MaxVolumes+1) },
		func(d *event.Device) { d.Kind = event.DeviceRemoved },
	} {
		if spoil == nil {
			continue
		}
		d := good
		d.Seq = uint64(i + 1)
		spoil(&d)
		b.Devices = append(b.Devices, d)
	}
	batch, refused := NewLive(nil, LiveConfig{Retention: 30}).check(b)
	numbers := func(n int, of func(int) uint64) (list []uint64) {
		for i := range n {
			list = append(list, of(i))
		}
		return list
	}
	if got, want := numbers(len(batch.Devices), func(i int) uint64 { return batch.Devices[i].Seq }), []uint64{1, 8}; !slices.Equal(got, want) {
		t.Errorf("records %v are to be stored; want %v", got, want)
	}
	want := []uint64{2, 3, 5, 6, 7}
	if got := numbers(len(refused), func(i int) uint64 { return refused[i].Seq }); !slices.Equal(got, want) {
		t.Errorf("records %v are refused; want %v", got, want)
	}
	want = []uint64{2, 3, 4, 5, 6, 7}
	if got := numbers(len(batch.Gaps), func(i int) uint64 { return batch.Gaps[i].Seq }); !slices.Equal(got, want) {
		t.Errorf("gaps %v; want %v", got, want)
	}
}
