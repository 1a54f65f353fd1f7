package event

import (
	"encoding/json"
	"fmt"
	"iter"
	"maps"
	"math"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"
)

// full returns an event in which every field is set to something of its own.
func full(tb testing.TB) Process {
	tb.Helper()
	n := uint64(1000)
	var set func(v reflect.Value)
	set = func(v reflect.Value) {
		n++
		switch value := v.Addr().Interface().(type) {
		case *time.Time:
			*value = at.Add(time.Duration(n) * time.Second)
			return
		case *PrivilegeSet:
			*value = PrivilegeSet(n)
			return
		case *CapabilitySet:
			*value = CapabilitySet(n)
			return
		}
		switch v.Kind() {
		case reflect.String:
			v.SetString(fmt.Sprintf("C:\\Users\\Äpfel\\%d <\"x\">\t\u2028", n))
		case reflect.Uint32, reflect.Uint64:
			v.SetUint(n)
		case reflect.Float64:
			v.SetFloat(float64(n) / 100)
		case reflect.Bool:
			v.SetBool(true)
		case reflect.Pointer:
			v.Set(reflect.New(v.Type().Elem()))
			set(v.Elem())
		case reflect.Struct:
			for i := range v.NumField() {
				set(v.Field(i))
			}
		default:
			tb.Fatalf("this test does not know how to fill a %s", v.Type())
		}
	}
	var p Process
	set(reflect.ValueOf(&p).Elem())
	return p
}

// hold tells where a Decoder and json.Unmarshal have different results.
func hold(tb testing.TB, d *Decoder, line []byte) {
	tb.Helper()
	var want Process
	wrong := unmarshal(line, &want)
	got := Process{Image: "what was there before", Statistics: &Statistics{Handles: 1}}
	err := d.Decode(line, &got)
	if fmt.Sprint(err) != fmt.Sprint(wrong) {
		tb.Fatalf("%q: error %v, want %v", line, err, wrong)
	}
	if !reflect.DeepEqual(got, want) {
		tb.Fatalf("%q:\ngot  %+v\nwant %+v", line, got, want)
	}
}

// A field that is new in Process, and not in Decoder.member, fails here.
func TestDecodeMembers(t *testing.T) {
	d := new(Decoder)
	all, err := json.Marshal(full(t))
	if err != nil {
		t.Fatal(err)
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(all, &members); err != nil {
		t.Fatal(err)
	}
	fields := reflect.TypeFor[Process]().NumField() - 1 + reflect.TypeFor[Statistics]().NumField()
	if len(members) != fields {
		t.Fatalf("%d members for %d fields", len(members), fields)
	}
	listed, err := new(full(t)).Line()
	if err != nil {
		t.Fatal(err)
	}
	lines := [][]byte{all, listed}
	for name, value := range members {
		lines = append(lines, fmt.Appendf(nil, "{%q:%s}", name, value))
	}
	for _, line := range lines {
		hold(t, d, line)
		if p := new(Process); !d.decodePlain(line, p) {
			t.Errorf("%s is left to json.Unmarshal", line)
		}
	}
}

// Each of these once is read, or refused, as json.Unmarshal does.
var oddities = []string{
	``, ` `, `{`, `{}`, ` { } `, `{},`, `{}}`, `[]`, `null`, `"kind"`, `1`, "\ufeff{}", `{"kind"}`, `{"kind":}`, `{"kind":"start",}`, `{,}`, `{"kind":"start"`,
	`{"pid":1,"pid":2}`, `{"session":1,"session":null}`, `{"session":null,"session":2}`, `{"handles":null}`, `{"handles":1,"threads":2,"handles":3}`,
	`{"privileges":["SeDebugPrivilege"],"privileges":[]}`, `{"privileges":null}`, `{"privileges":["]"]}`, `{"privileges":["SeNonsense"]}`, `{"privileges":{}}`,
	`{"privileges":[ "privilege-63" , "SEDEBUGprivilege" ] }`, `{"privileges":["privilege-64"]}`, `{"privileges":[null]}`, `{"privileges":[`, `{"privileges":["\u0053eDebugPrivilege"]}`,
	`{"capabilities":["cap_sys_admin","CAP_BPF","capability-63"]}`, `{"capabilities":[],"capabilities":["cap_chown"]}`, `{"capabilities":["SeDebugPrivilege"]}`, `{"capabilities":["capability--1"]}`,
	`{"entry_entropy":0}`, `{"entry_entropy":5.25}`, `{"entry_entropy":05.25}`, `{"entry_entropy":5.}`, `{"entry_entropy":.5}`, `{"entry_entropy":-0.5}`, `{"entry_entropy":5.25e-1}`, `{"entry_entropy":7.999999999999999999999999999}`,
	`{"entry_entropy":5.2.5}`, `{"entry_entropy":null}`, `{"entry_entropy":"5"}`, `{"entry_entropy":18446744073709551616.5}`, `{"entry_entropy":5`, `{"entry_entropy":5.`,
	`{"PID":4}`, `{"Kind":"start","kind":"stop"}`, `{"kind":"stop","KIND":"start"}`, `{"\u006bind":"start"}`, `{"new_member":{"a":[1,2,{"pid":3}]},"pid":4}`, `{"":1}`,
	`{"pid":-1}`, `{"pid":-0}`, `{"pid":01}`, `{"pid":0}`, `{"pid":1.0}`, `{"pid":1e2}`, `{"pid":4294967295}`, `{"pid":4294967296}`, `{"pid":"4"}`, `{"pid":}`, `{"pid":4 4}`,
	`{"seq":18446744073709551615}`, `{"seq":18446744073709551616}`, `{"seq":99999999999999999999999}`, `{"seq":18446744073709551609}`, `{"seq":true}`,
	`{"wow64":true,"wow64":false}`, `{"wow64":TRUE}`, `{"wow64":tru`, `{"wow64":truely}`, `{"wow64":1}`, `{"wow64":null}`, `{"signed":false}`, `{"signed":"true"}`,
	`{"image":"\ud83d\ude00"}`, `{"image":"\ud83d"}`, `{"image":"\ude00\ud83d"}`, `{"image":"\u0000\u001f\u00e4\uFFFF\b\f\n\r\t\/\\\""}`, `{"image":"\x41"}`, `{"image":"\u12"}`, `{"image":"\u12g4"}`,
	`{"image":"\`, `{"image":"`, "{\"image\":\"a\tb\"}", "{\"image\":\"a\x00b\"}", "{\"image\":\"a\x7fb\"}", "{\"image\":\"a\xffb\"}", "{\"image\":\"a\xe2\\u0082\xac\"}", "{\"image\":\"\xed\xa0\x80\"}", "{\"image\":\"\xe2\x82\xac and more of it\"}",
	`{"image":""}`, `{"image":"` + strings.Repeat("x", longestKept+1) + `"}`, `{"image":1}`, `{"image":["a"]}`, `{"image":"a" "b"}`, `{"image":null}`,
	`{"time":"2026-11-23T08:00:00Z"}`, `{"time":"2026-11-23T08:00:00.1234567+02:00"}`, `{"time":"2026-11-23T08:00:00,5Z"}`, `{"time":"2026-02-30T08:00:00Z"}`, `{"time":"2026-11-23T8:00:00Z"}`,
	`{"time":"2026-11-23T24:00:00Z"}`, `{"time":"2026-11-23T08:00:60Z"}`, `{"time":"\u0032026-11-23T08:00:00Z"}`, `{"time":""}`, `{"time":"`, `{"time":null}`, `{"time":0}`, `{"time":"2026-11-23t08:00:00z"}`,
	`{"statistics":[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20]}`, `{"statistics":[ 1 , 2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20 ] }`, `{"statistics":[0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,18446744073709551615]}`,
	`{"statistics":[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19]}`, `{"statistics":[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21]}`, `{"statistics":[]}`, `{"statistics":[1]}`, `{"statistics":null}`, `{"statistics":{}}`, `{"statistics":[-1]}`,
	`{"statistics":[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,"20"]}`, `{"statistics":[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20`, `{"statistics":[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,]}`, `{"statistics":[null]}`,
	`{"statistics":[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20],"handles":9}`, `{"handles":9,"statistics":[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20]}`, `{"handles":"x","statistics":[1]}`, `{"STATISTICS":[1],"handles":9}`,
	`{"statistics":[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20],"statistics":[2,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20]}`, `{"statistics":[1],"statistics":null}`, `{"statistics":[5,5],"statistics":[1]}`,
	`{"kind":"gap","seq":2,"cause":"agent_off","from":"2026-11-23T08:00:00Z"}`, "{\n\t\"kind\" : \"start\" ,\r \"pid\" : 4 }\n", "{\v}", "{\"pid\":4\u00a0}",
}

func TestDecodeOddities(t *testing.T) {
	d := new(Decoder)
	for _, line := range oddities {
		hold(t, d, []byte(line))
		hold(t, d, []byte(line)) // with what it remembers of the first
	}
}

// Whatever happens to an event, a Decoder and json.Unmarshal agree about it.
func TestDecodeChanged(t *testing.T) {
	n := 200_000
	if testing.Short() {
		n = 20_000
	}
	line, err := json.Marshal(full(t))
	if err != nil {
		t.Fatal(err)
	}
	parts := strings.SplitAfter(string(line[1:len(line)-1])+`,"statistics":[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20]`, ",\"")
	source, d := rand.New(rand.NewPCG(1, 2)), new(Decoder)
	plain := 0
	for range n {
		// Some members, in any order, some twice.
		var some []byte
		for range 1 + source.IntN(5) {
			some = append(some, parts[source.IntN(len(parts))]...)
		}
		some = append([]byte(`{"`), strings.TrimPrefix(strings.TrimSuffix(string(some), `,"`), `"`)...)
		some = append(some, '}')
		for range source.IntN(3) {
			i := source.IntN(len(some))
			switch source.IntN(4) {
			case 0:
				some[i] = byte(source.Uint32())
			case 1:
				some[i] = `"\{}[],:0u. `[source.IntN(12)]
			case 2:
				some = append(some[:i], some[i+1:]...)
			default:
				odd := oddities[source.IntN(len(oddities))]
				some = append(append(append([]byte{}, some[:i]...), odd[source.IntN(len(odd)+1):]...), some[i:]...)
			}
			if len(some) == 0 {
				break
			}
		}
		hold(t, d, some)
		if d.decodePlain(some, new(Process)) {
			plain++
		}
	}
	if share := float64(plain) / float64(n); share < 0.2 || share > 0.8 {
		t.Errorf("%.2f of the events were plain: that tests only one of both ways", share)
	}
}

// Nothing that a station sends makes a Decoder hold much.
func TestDecodeForgets(t *testing.T) {
	d := new(Decoder)
	var p Process
	for i := range 4 * keptTexts {
		line := fmt.Sprintf(`{"image":"%d","user":"%0*d","privileges":[%[4]s"privilege-%[5]d"],"capabilities":[%[4]s"capability-%[5]d"]}`, i, longestKept+1, i, strings.Repeat(" ", i%50*100), i%64)
		if err := d.Decode([]byte(line), &p); err != nil || p.Image != fmt.Sprint(i) || *p.Privileges != 1<<(i%64) || *p.Capabilities != 1<<(i%64) {
			t.Fatalf("event %d: %v, %v", i, p, err)
		}
	}
	if err := d.Decode(fmt.Appendf(nil, `{"command_line":"%s\n"}`, strings.Repeat("x", 4*longestScratch)), &p); err != nil || cap(d.scratch) > longestScratch {
		t.Errorf("after a long line, %v, it holds %d bytes for the next", err, cap(d.scratch))
	}
	if len(d.texts) != keptTexts || len(d.privileges) > keptSets || len(d.capabilities) > keptSets {
		t.Errorf("it holds %d texts, %d sets of privileges and %d of capabilities", len(d.texts), len(d.privileges), len(d.capabilities))
	}
	for _, s := range d.texts {
		if len(s) > longestKept {
			t.Errorf("it holds a text of %d bytes", len(s))
		}
	}
	for _, lists := range []iter.Seq[string]{maps.Keys(d.privileges), maps.Keys(d.capabilities)} {
		for s := range lists {
			if len(s) > longestList {
				t.Errorf("it holds a list of %d bytes", len(s))
			}
		}
	}
}

func FuzzDecode(f *testing.F) {
	for _, line := range oddities {
		f.Add([]byte(line))
	}
	line, err := json.Marshal(full(f))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(line)
	d := new(Decoder)
	f.Fuzz(func(t *testing.T, line []byte) { hold(t, d, line) })
}

// BenchmarkDecode measures an event as an agent writes it, beside json.Unmarshal.
func BenchmarkDecode(b *testing.B) {
	line, err := json.Marshal(Process{
		Kind: Start, Time: at, Seq: 71_234, Sensor: SensorETW, PID: 8123, BootID: 912, ProcessSeq: 51_234, Started: at,
		Image: `C:\Windows\System32\svchost.exe`, CommandLine: `C:\Windows\System32\svchost.exe -k netsvcs -p -s Schedule`, CurrentDirectory: `C:\Windows\System32\`,
		SHA256: strings.Repeat("0a", 32), SHA1: strings.Repeat("0b", 20), MD5: strings.Repeat("0c", 16), FileSize: 55_320,
		OriginalFileName: "svchost.exe", Description: "Host Process for Windows Services", Product: "Microsoft® Windows® Operating System",
		Company: "Microsoft Corporation", FileVersion: "10.0.22621.1 (WinBuild.160101.0800)", Signer: "Microsoft Windows Publisher", Signed: new(bool),
		User: `NT AUTHORITY\SYSTEM`, UserSID: "S-1-5-18", LogonID: 999, Session: new(uint32), Integrity: System, Elevation: ElevationDefault, Elevated: new(bool),
		Privileges: new(PrivilegeSet(1<<20 | 1<<23 | 1<<30)), PrivilegesDefault: new(PrivilegeSet(1 << 23)), PrivilegesPresent: new(PrivilegeSet(1<<20 | 1<<23 | 1<<28 | 1<<29 | 1<<30)),
		ParentPID: 912, ParentProcessSeq: 77, ParentStarted: at, ParentImage: `C:\Windows\System32\services.exe`,
	})
	if err != nil {
		b.Fatal(err)
	}
	var p Process
	d := new(Decoder)
	for name, decode := range map[string]func([]byte, *Process) error{
		"Decoder":        d.Decode,
		"json.Unmarshal": func(line []byte, p *Process) error { *p = Process{}; return json.Unmarshal(line, p) },
	} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(line)))
			b.ReportAllocs()
			for b.Loop() {
				if err := decode(line, &p); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// The largest numbers are no exception to the plain way, but for a few.
func TestDecodeNumbers(t *testing.T) {
	for _, n := range []uint64{0, 9, 10, math.MaxUint32, math.MaxInt64, math.MaxUint64/10 - 1} {
		d := new(Decoder)
		d.line = fmt.Appendf(nil, "%d", n)
		var got uint64
		if !d.readNumber(&got) || got != n || d.at != len(d.line) {
			t.Errorf("%d is read as %d", n, got)
		}
	}
}
