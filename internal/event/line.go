package event

import "encoding/json"

// StatisticsList are Statistics in the order of their fields.
type StatisticsList [20]uint64

// List returns the figures of s.
func (s *Statistics) List() StatisticsList {
	return StatisticsList{
		s.Handles, s.Threads, s.KernelTimeUS, s.UserTimeUS, s.CPUCycles, s.ReadOps, s.WriteOps, s.OtherOps, s.ReadBytes, s.WriteBytes, s.OtherBytes,
		s.HardFaults, s.PageFaults, s.CommitCharge, s.CommitPeak, s.PeakWorkingSet, s.PeakVirtualSize, s.PeakPagefile, s.PeakPagedPool, s.PeakNonpaged,
	}
}

// Statistics returns the figures by their names.
func (l *StatisticsList) Statistics() *Statistics {
	return &Statistics{
		Handles: l[0], Threads: l[1], KernelTimeUS: l[2], UserTimeUS: l[3], CPUCycles: l[4], ReadOps: l[5], WriteOps: l[6], OtherOps: l[7],
		ReadBytes: l[8], WriteBytes: l[9], OtherBytes: l[10], HardFaults: l[11], PageFaults: l[12], CommitCharge: l[13], CommitPeak: l[14],
		PeakWorkingSet: l[15], PeakVirtualSize: l[16], PeakPagefile: l[17], PeakPagedPool: l[18], PeakNonpaged: l[19],
	}
}

// Listed is the member of a line that has the Statistics as a list. Where a line
// has both, the list counts. One that is longer than we know loses what is behind
// the end, as members do that we do not know; one that is shorter ends in zeros.
type Listed struct {
	List *StatisticsList `json:"statistics,omitempty"`
}

// Line returns p as JSON the way agents send it: with the Statistics as a list.
// Of a stop that is packed among its like that saves two fifths of the bytes:
// between names, figures that never repeat are twenty texts of their own. A
// Decoder reads both forms.
func (p *Process) Line() ([]byte, error) {
	if p.Statistics == nil {
		return json.Marshal(p)
	}
	unlisted, list := *p, p.Statistics.List()
	unlisted.Statistics = nil
	return json.Marshal(struct {
		*Process
		Listed
	}{&unlisted, Listed{&list}})
}

// unmarshal reads a line of either form.
func unmarshal(line []byte, p *Process) error {
	if err := json.Unmarshal(line, p); err != nil {
		return err
	}
	var l Listed
	if err := json.Unmarshal(line, &l); err != nil {
		return err
	}
	if l.List != nil {
		p.Statistics = l.List.Statistics()
	}
	return nil
}

// readList reads the Statistics as a list of as many as there are, in an event
// that has no other.
func (d *Decoder) readList(to **Statistics) bool {
	if *to != nil || !d.skip('[') {
		return false
	}
	var list StatisticsList
	for i := range list {
		if i > 0 && !d.skip(',') || !d.readNumber(&list[i]) {
			return false
		}
	}
	*to = list.Statistics()
	return d.skip(']')
}
