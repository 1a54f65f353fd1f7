package agent

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"runtime"
	"runtime/metrics"
	"strings"
	"time"

	"github.com/eljefe/eljefe/internal/wire"
)

// What only the system can tell, set by the platform's file; nil where it does
// not say.
var (
	sinceBoot    func() time.Duration // a clock that is never set and counts suspension
	currentBoot  func() boot
	machineParts func() []string // that differ from machine to machine
	systemName   func() string   // "Debian GNU/Linux 12"
	ownCost      func() (resident uint64, cpu time.Duration)

	// systemProxy asks which proxies the system wants for an address, and for which
	// hosts none, as WinHTTP writes such lists.
	systemProxy func(address string) (proxies, bypass string, err error)
)

// thisBoot returns the boot that the station is in, as far as it is known.
func thisBoot() boot {
	if currentBoot == nil {
		return boot{}
	}
	return currentBoot()
}

// bootNumber makes a boot id of a system's random one. It has 52 bits, so that
// programs that know whole numbers only as floating point keep it.
func bootNumber(random uint64) uint64 { return max(1, random>>12) }

// Machine tells which machine this is.
func Machine(version string) (wire.Machine, error) {
	name, err := os.Hostname()
	if err != nil {
		return wire.Machine{}, err
	}
	m := wire.Machine{Name: name, System: runtime.GOOS, Architecture: runtime.GOARCH, AgentVersion: version}
	if systemName != nil {
		if s := systemName(); s != "" {
			m.System = s
		}
	}
	var parts []string
	if machineParts != nil {
		parts = machineParts()
	}
	if strings.Join(parts, "") == "" {
		parts = []string{name} // better than to call all machines one
	}
	// A digest, because what identifies a machine is nobody else's business.
	sum := sha256.Sum256([]byte("eljefe machine\n" + strings.Join(parts, "\n")))
	m.Fingerprint = hex.EncodeToString(sum[:])
	return m, nil
}

// self tells what the agent costs.
func self(queues map[string]uint64) wire.Self {
	s := wire.Self{Goroutines: runtime.NumGoroutine(), Queues: queues}
	if ownCost != nil {
		resident, cpu := ownCost()
		s.MemoryBytes, s.CPUSeconds = resident, cpu.Seconds()
		return s
	}
	samples := []metrics.Sample{
		{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"},
		{Name: "/cpu/classes/total:cpu-seconds"}, {Name: "/cpu/classes/idle:cpu-seconds"},
	}
	metrics.Read(samples)
	s.MemoryBytes = samples[0].Value.Uint64() - samples[1].Value.Uint64()
	s.CPUSeconds = max(0, samples[2].Value.Float64()-samples[3].Value.Float64())
	return s
}

// Boot returns the number of this boot and when it began, as hellos tell them, and
// what the clock shows that is never set; zeros where the system does not say.
func Boot() (id uint64, began time.Time, steady time.Duration) {
	b := thisBoot()
	if sinceBoot != nil {
		steady = sinceBoot()
	}
	return b.ID, b.Began, steady
}
