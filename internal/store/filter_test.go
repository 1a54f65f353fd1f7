//go:build unix

package store_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/eljefe/eljefe/internal/event"
	"github.com/eljefe/eljefe/internal/query"
	"github.com/eljefe/eljefe/internal/store"
	"github.com/eljefe/eljefe/internal/store/storetest"
)

// filterMaker makes random events, and random queries that some of them fit.
type filterMaker struct {
	*rand.Rand
	rows []query.Row
	keys []string         // of the rows, see eventName
	json []map[string]any // of the rows, by the names of fields
}

func pick[T any](m *filterMaker, list ...T) T { return list[m.IntN(len(list))] }

// some returns a value two times in three, and else the zero value.
func some[T any](m *filterMaker, list ...T) (v T) {
	if m.IntN(3) > 0 {
		v = pick(m, list...)
	}
	return v
}

func optional[T any](m *filterMaker, list ...T) *T {
	if m.IntN(3) == 0 {
		return nil
	}
	v := pick(m, list...)
	return &v
}

var filterPaths = []string{
	`C:\Windows\System32\cmd.exe`, `c:\windows\SYSTEM32\CMD.EXE`, `C:\Users\Ángel\AppData\Local\Temp\a_b%c.exe`, `C:\Users\áNGEL\TEMP\`,
	`\\server\share\x y.exe`, `/usr/bin/CMD.exe`, `cmd.exe`, `C:\odd[1]*?.exe`, `C:\I\İı\kK\ΑΣ.exe`, `C:\dir\`, `\`, `C:\100%\_\'"$1.exe`,
}

func (m *filterMaker) process(n int) event.Process {
	lines := []string{`cmd.exe /c echo -ENC %TEMP%`, `"C:\a b\c.exe" -k _x_ \"q\" \`, `powershell -enc SQBFAFgA`, "a\nb\x01 @q_1 $1 :x 'y'", "ΑΣΑ έ İ", strings.Repeat("ab*", 500), ""}
	users := []string{`CORP\Bob`, `corp\BOB`, `NT AUTHORITY\SYSTEM`, `bob`, `A\B\bob`, `CORP\`}
	large := []uint64{1, 2, 0x3e7, 1<<63 - 1, 1 << 63, 1<<64 - 1}
	at := monday.Add(time.Duration(n)*time.Minute + time.Duration(m.IntN(3))*1_500_000*time.Nanosecond)
	p := event.Process{
		Kind: pick(m, event.Start, event.Start, event.Running), Time: at, Started: at, PID: uint32(4 * (1 + m.IntN(40))),
		Sensor: pick(m, event.SensorETW, event.SensorSysmon, event.SensorSecurity, event.SensorReplay, ""),
		Image:  some(m, filterPaths...), CommandLine: pick(m, lines...), CurrentDirectory: some(m, filterPaths...),
		FileSize: some(m, large...), OriginalFileName: some(m, "Cmd.Exe", "x*.exe"), Description: some(m, "Windows Command Processor", "É_%"),
		Product: some(m, "Windows"), Company: some(m, "Microsoft Corporation"), FileVersion: some(m, "10.0.1"), Signer: some(m, "CN=Microsoft Windows, C=US"),
		Signed: optional(m, true, false), User: some(m, users...), UserSID: some(m, "S-1-5-18", "S-1-5-21-7"), LogonID: some(m, large...),
		Session: optional(m, uint32(0), 1), Integrity: some(m, event.Untrusted, event.Medium, event.High, event.System),
		Elevation: some(m, event.ElevationDefault, event.ElevationFull), Elevated: optional(m, true, false),
		Privileges: optional(m, event.PrivilegeSet(0), 1<<20, 1<<20|1<<4, 1<<63), PrivilegesDefault: optional(m, event.PrivilegeSet(1<<8)),
		WOW64: m.IntN(2) == 0, Protected: m.IntN(5) == 0, Packaged: m.IntN(5) == 0, Package: some(m, "Microsoft.X_1"),
		Capabilities: optional(m, event.CapabilitySet(0), 1<<21, 1<<21|1<<12, 1<<63), Container: some(m, "4f2a9c81d3e0", "4F2A9C81d3ff"), Namespaces: some(m, "net=4026532284", "net=4026532284 user=4026532280"),
		AppContainer: m.IntN(5) == 0, ImageMismatch: m.IntN(5) == 0, Missing: some(m, "hashes=gone signer=denied", "privileges=exited"),
		Architecture: some(m, "x86", "x64"), EntropyEntry: optional(m, 0, 2.5, 5.25, 8), EntrySHA256: some(m, "abcdef"+strings.Repeat("0", 58)), Compiled: some(m, monday, time.Unix(0, 0).UTC()),
		ParentPID: some(m, uint32(4), 8, 12), ParentImage: some(m, filterPaths...), ParentCommandLine: some(m, lines...), ParentUser: some(m, users...),
		GrandparentImage: some(m, filterPaths...), CreatorPID: some(m, uint32(9)),
	}
	if m.IntN(3) > 0 { // all that is said of one binary is the same
		b := m.IntN(12)
		p.SHA256 = fmt.Sprintf("abcdef%058x", b)
		p.SHA1, p.MD5, p.IMPHASH = some(m, fmt.Sprintf("abcdef%034x", b)), some(m, fmt.Sprintf("abcdee%026x", b)), some(m, "abcdef00000000000000000000000000")
	}
	if p.Capabilities != nil {
		p.CapabilitiesPermitted = optional(m, event.CapabilitySet(1<<12), 1<<21)
	}
	switch p.Sensor {
	case event.SensorSysmon:
		p.ProcessGUID, p.ParentProcessGUID = guid(n), some(m, guid(n/2))
	case event.SensorETW:
		p.BootID, p.ProcessSeq = pick(m, large...), uint64(n+1)
	}
	return p
}

// stop makes the end of p, or of a process that nobody saw start.
func (m *filterMaker) stop(p event.Process) event.Process {
	s := event.Process{
		Kind: event.Stop, Time: p.Started.Add(pick(m, 0, 1500*time.Microsecond, 2*time.Second, 26*time.Hour)), Sensor: p.Sensor, PID: p.PID,
		ProcessGUID: p.ProcessGUID, BootID: p.BootID, ProcessSeq: p.ProcessSeq, Started: p.Started, Image: some(m, p.Image, "other.exe"), User: some(m, p.User, "late"),
		ExitCode: optional(m, uint32(0), 1, 0xc0000005), Inferred: m.IntN(3) == 0, Missing: some(m, "statistics=gone"),
	}
	if p.Sensor == event.SensorSysmon || p.Sensor == event.SensorETW {
		s.Started = some(m, p.Started)
	}
	if m.IntN(4) == 0 {
		s.PID, s.Started, s.ProcessGUID, s.ProcessSeq = uint32(100_000+m.IntN(1000)*4), time.Time{}, "", 0
	}
	if m.IntN(2) == 0 {
		s.Statistics = &event.Statistics{ReadOps: uint64(m.IntN(3)), WriteOps: 1000, KernelTimeUS: 1500, WriteBytes: pick(m, uint64(0), 10240, 1<<31-1, 1<<31, 5<<30, 1<<64-1), PeakNonpaged: 7}
	}
	return s
}

// fill stores events, and returns them as rows.
func (m *filterMaker) fill(t *testing.T, s *store.Store) {
	live, err := s.LiveStation(t.Context(), "key", "SRV-1_%", monday)
	if err != nil {
		t.Fatal(err)
	}
	batches := []store.StationEvents{
		{Station: live, Live: true}, {Station: imported(t, s, "ACC-07")}, {Station: imported(t, s, "acc-08")},
	}
	seq := uint64(0)
	for n := range 240 {
		b := &batches[m.IntN(len(batches))]
		start := m.process(n)
		events := []event.Process{start}
		if m.IntN(3) > 0 {
			events = append(events, m.stop(start))
		}
		for _, p := range events {
			if b.Live {
				seq++
				p.Seq = seq
			} else {
				p.SourceFile, p.SourceRecord = some(m, "Sysmon.evtx", "b.evtx"), uint64(n+1)
			}
			if err := p.Check(); err != nil {
				t.Fatal(err)
			}
			b.Events = append(b.Events, p)
		}
	}
	for i := range batches { // the last stays in the deltas
		if err := s.FoldPrevalence(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, err := s.AddEvents(t.Context(), batches[i:i+1]); err != nil {
			t.Fatal(err)
		}
	}
	page, err := s.ListEvents(t.Context(), store.List{Limit: 10_000})
	if err != nil {
		t.Fatal(err)
	}
	kinds := map[event.Kind]int{}
	for _, e := range page.Events {
		kinds[e.Kind]++
		row := query.Row{
			Process: e.Process, Stopped: e.Stopped, StationID: e.StationID, BinaryID: e.BinaryID, ParentBinaryID: e.ParentBinaryID,
			Prevalence: e.Prevalence, Runs: e.Runs,
		}
		text, err := json.Marshal(e.Process)
		if err != nil {
			t.Fatal(err)
		}
		values := map[string]any{}
		d := json.NewDecoder(strings.NewReader(string(text)))
		d.UseNumber()
		if err := d.Decode(&values); err != nil {
			t.Fatal(err)
		}
		m.rows, m.keys, m.json = append(m.rows, row), append(m.keys, eventName(&e)), append(m.json, values)
	}
	if kinds[event.Start] < 50 || kinds[event.Running] < 30 || kinds[event.Stop] < 80 {
		t.Fatalf("stored %v: too few of a kind", kinds)
	}
}

func eventName(e *store.Event) string { return fmt.Sprint(e.Ref, e.Kind) }

func (m *filterMaker) query(depth int) string {
	switch n := m.IntN(12); {
	case depth == 0 || n < 6:
		return m.term()
	case n < 8:
		return "NOT (" + m.query(depth-1) + ")"
	case n < 10:
		return "(" + m.query(depth-1) + " " + m.query(depth-1) + ")"
	default:
		return "(" + m.query(depth-1) + " OR " + m.query(depth-1) + ")"
	}
}

func (m *filterMaker) term() string {
	sign := pick(m, "", "", "-")
	if m.IntN(10) == 0 {
		for {
			word := m.text(pick(m, filterPaths...) + pick(m, "", " -enc"))
			if _, err := query.Parse(word, monday); err == nil {
				return sign + word
			}
		}
	}
	f := pick(m, query.Fields()...)
	var values []string
	for range max(1, m.IntN(5)-1) {
		values = append(values, m.value(f))
	}
	return sign + f.Name + ":(" + strings.Join(values, " OR ") + ")"
}

// value makes a value of f, as often as not one that a row has.
func (m *filterMaker) value(f *query.Field) string {
	if m.IntN(8) == 0 {
		return pick(m, `""`, "*")
	}
	stored, has := m.json[m.IntN(len(m.json))][f.Name]
	text := fmt.Sprint(stored)
	comparison := pick(m, "", "", "!=", "<", "<=", ">", ">=")
	switch f.Type {
	case query.Text:
		switch {
		case f.Name == "name" || f.Name == "parent_name":
			path := pick(m, filterPaths...)
			text = path[strings.LastIndexAny(path, `\/`)+1:]
		case !has:
			text = pick(m, "a", `C:\Windows`, "Bob")
		}
		return m.text(text)
	case query.Boolean:
		return pick(m, "true", "false")
	case query.Enum:
		if f.Ordered {
			return comparison + pick(m, f.Values...)
		}
		return pick(m, f.Values...)
	case query.Hash:
		if !has {
			text = pick(m, "abcdef", "abcdee", "abcdef00", "012345")
		}
		return text[:min(len(text), 6+m.IntN(60))]
	case query.GUID:
		if !has {
			text = guid(m.IntN(240))
		}
		return text
	case query.Privilege:
		return pick(m, "SeDebugPrivilege", "Se*Token*", "SeSecurityPrivilege", "privilege-63")
	case query.Capability:
		return pick(m, "cap_sys_admin", "cap_net_*", "cap_chown", "capability-63")
	case query.Decimal:
		if !has {
			text = pick(m, "0", "2.5", "2.55", "8")
		}
	case query.Time:
		at := monday.Add(time.Duration(m.IntN(250)) * time.Minute)
		if !has || m.IntN(2) == 0 {
			text = at.Format(pick(m, time.DateOnly, "2006-01-02T15:04", time.RFC3339, "2006-01-02T15:04:05.000Z"))
		}
		if m.IntN(4) == 0 {
			return text + ".." + at.Add(time.Hour*24).Format(time.DateOnly)
		}
		return comparison + text
	case query.Duration:
		text = pick(m, "0s", "1500us", "2s", "1h", "26h")
	default:
		if !has {
			text = pick(m, "0", "1", "2", "3", "9223372036854775807", "18446744073709551615")
		}
	}
	if m.IntN(4) == 0 {
		return pick(m, "0.."+"3", "..5", "2..", "1..9223372036854775808")
	}
	return comparison + text
}

// text makes something that finds text, or something like it.
func (m *filterMaker) text(text string) string {
	runes := []rune(text)
	if m.IntN(3) == 0 {
		runes = []rune(strings.ToUpper(text))
	}
	if n := len(runes); n > 2 && m.IntN(2) == 0 {
		from := m.IntN(n)
		runes = runes[from : from+1+m.IntN(n-from)]
	}
	parts := []string{string(runes)}
	if n := len(runes); n > 1 {
		cut := m.IntN(n)
		parts = []string{string(runes[:cut]), string(runes[cut+1:])}
	}
	for i, p := range parts { // literal, but without the quotes
		parts[i] = strings.NewReplacer(`*`, `[*]`, `?`, `[?]`, `[`, `[[]`).Replace(p)
	}
	var pattern string
	switch m.IntN(4) {
	case 0:
		pattern = strings.Join(parts, pick(m, "*", "?"))
	case 1:
		pattern = "*" + parts[0] + pick(m, "*", "")
	case 2:
		pattern = parts[len(parts)-1] + "*"
	default:
		return query.Escape(string(runes))
	}
	// Quoted as the language demands: backslashes double before a quote.
	var b strings.Builder
	slashes := 0
	for _, r := range pattern {
		if r == '"' {
			b.WriteString(strings.Repeat(`\`, slashes+1))
		}
		slashes++
		if r != '\\' {
			slashes = 0
		}
		b.WriteRune(r)
	}
	return `"` + b.String() + strings.Repeat(`\`, slashes) + `"`
}

// The SQL of a query and its predicate choose the same events.
func TestFilterAgreesWithPredicate(t *testing.T) {
	s := storetest.Open(t)
	m := &filterMaker{Rand: rand.New(rand.NewPCG(5, 6))}
	m.fill(t, s)
	queries := 400
	if testing.Short() {
		queries = 200
	}
	neither := 0
	for i := range queries {
		text := m.query(i % 4)
		q, err := query.Parse(text, monday)
		if err != nil {
			if strings.Contains(text, "..") { // a range may be the wrong way round
				continue
			}
			t.Fatalf("Parse(%s): %v", text, err)
		}
		// In one page and in several: a search for few processes goes another way.
		found := map[string]bool{}
		for l := (store.List{Search: store.Search{Query: q}, Limit: [...]int{10_000, 70, 10_000, 10_000, 9, 10_000}[i%6]}); ; {
			page, err := s.ListEvents(t.Context(), l)
			if err != nil || !page.Complete {
				t.Fatalf("%s: complete %t, %v", q, page != nil && page.Complete, err)
			}
			for _, e := range page.Events {
				if found[eventName(&e)] {
					t.Fatalf("%s, by %d: %s stands twice", q, l.Limit, eventName(&e))
				}
				found[eventName(&e)] = true
			}
			if l.Cursor = page.Next; l.Cursor == "" {
				break
			}
		}
		if n, err := s.CountEvents(t.Context(), store.Search{Query: q}, 10_000); err != nil || n.Events != int64(len(found)) || !n.Complete {
			t.Fatalf("%s: %+v events counted, %d listed, %v", q, n, len(found), err)
		}
		fits := q.Predicate()
		count := 0
		for j := range m.rows {
			if fits(&m.rows[j]) != found[m.keys[j]] {
				t.Errorf("%s\npredicate %t, database %t, on %.600s", q, fits(&m.rows[j]), found[m.keys[j]], fmt.Sprint(m.json[j]))
				return
			}
			if found[m.keys[j]] {
				count++
			}
		}
		if count == 0 || count == len(m.rows) {
			neither++
		}
	}
	if neither > queries*7/10 {
		t.Errorf("%d of %d queries choose all or nothing: the test tests little", neither, queries)
	}
}

// A filter that grew by a hundred clicks is still planned within its time.
func TestFilterOfManyTerms(t *testing.T) {
	s := storetest.Open(t)
	(&filterMaker{Rand: rand.New(rand.NewPCG(7, 8))}).fill(t, s)
	for _, term := range []string{"-image:a%d", "user:*%d*", "-w%d", "(signed:true OR pid:%d)", "prevalence:<=%d"} {
		var terms []string
		for i := range 100 {
			terms = append(terms, strings.Replace(term, "%d", fmt.Sprint(i+1), 1))
		}
		terms = append(terms, "station:x -parent_image:y name:z -description:d source_file:f -parent_user:u parent_command_line:l")
		q, err := query.Parse(strings.Join(terms, " "), monday)
		if err != nil {
			t.Fatal(err)
		}
		page, err := s.ListEvents(t.Context(), store.List{Search: store.Search{Query: q}, Limit: 100})
		if err != nil || !page.Complete {
			t.Errorf("a hundred times %s: complete %t, %v", term, page != nil && page.Complete, err)
		}
	}
}
