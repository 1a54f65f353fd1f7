//go:build unix

package agentapi_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/eljefe/eljefe/internal/event"
	"github.com/eljefe/eljefe/internal/store"
	"github.com/eljefe/eljefe/internal/wire"
)

// Records of devices stand in the stream beside those of processes; what is wrong
// with one is told, and counted as a gap.
func TestDevicesInTheStream(t *testing.T) {
	r := newRig(t, options{})
	a := r.agent(t, "ACC-07")
	now := time.Now().UTC().Format(time.RFC3339)
	line := func(seq int, kind event.Kind, more string) string {
		return fmt.Sprintf(`{"kind":%q,"seq":%d,"time":%q,"device":"usb 1-1","vendor_id":"0951","product_id":"1666","serial":"\u0000=x"%s}`+"\n", kind, seq, now, more)
	}
	lines := line(1, event.DevicePlugged, `,"volumes":[{"mount":"/media/x"}],"later":{"a":1}`) +
		fmt.Sprintf(`{"kind":"start","seq":2,"time":%q,"pid":4}`+"\n", now) +
		line(3, event.DevicePresent, `,"serial":7`) + line(4, event.DeviceRemoved, `,"vendor_id":"kingston"`) +
		line(5, "device_eaten", "") + line(6, event.DeviceRemoved, "")
	for range 2 {
		var s wire.Stored
		a.send(lines).into(t, &s)
		if s.Acknowledged != 6 {
			t.Errorf("acknowledged %d; want 6", s.Acknowledged)
		}
		var refused []uint64
		for _, f := range s.Refused {
			refused = append(refused, f.Seq)
		}
		if fmt.Sprint(refused) != "[3 4 5]" {
			t.Errorf("refused %v; want 3, 4 and 5", s.Refused)
		}
	}
	list, _, err := r.db.DeviceEvents(t.Context(), store.DeviceEventList{Ascending: true, Limit: 10})
	if err != nil || len(list) != 2 || list[0].Kind != event.DevicePlugged || list[1].Kind != event.DeviceRemoved || list[0].Serial != "\u2400=x" || list[0].Volumes[0].Mount != "/media/x" {
		t.Errorf("stored: %+v, %v", list, err)
	}
	if gaps := a.gaps(); len(gaps) != 3 || a.stored() != 1 {
		t.Errorf("%d starts and these gaps: %+v", a.stored(), gaps)
	}
}
