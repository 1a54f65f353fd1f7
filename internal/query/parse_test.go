package query

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/eljefe/eljefe/internal/event"
	"github.com/eljefe/eljefe/internal/fault"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 123_456_789, time.UTC)

func TestParseCanonical(t *testing.T) {
	for _, test := range []struct{ in, want string }{
		{"", ""},
		{" \t\n", ""},
		{"powershell", "powershell"},
		{"a b", "a b"},
		{"a AND b", "a b"},
		{"a b OR c", "(a b) OR c"},
		{"a OR b OR c", "a OR b OR c"},
		{"(a OR b) c", "(a OR b) c"},
		{"(a b) c", "(a b) c"},
		{"((a))", "a"},
		{"a OR NOT b c", "a OR (-b c)"},
		{"NOT(a b)", "-(a b)"},
		{"-(a OR b)", "-(a OR b)"},
		{"NOT -a", "NOT -a"},
		{"and or not", "and or not"},
		{`"AND"`, `"AND"`},
		{`"-enc"`, `"-enc"`},
		{`foo(bar)`, "foo bar"},

		{`image:*\temp\*.exe user:bob -signed:true`, `image:*\temp\*.exe user:bob -signed:true`},
		{`image:"C:\Program Files\*"`, `image:"C:\Program Files\*"`},
		{`image:"C:\Windows\*"`, `image:C:\Windows\*`},
		{`image:"\\server\share\a b.exe"`, `image:"\\server\share\a b.exe"`},
		{`image:"C:\a b\\"`, `image:"C:\a b\\"`},
		{`command_line:"say \"hi\""`, `command_line:"say \"hi\""`},
		{`command_line:"a\\\"b"`, `command_line:"a\\\"b"`},
		{`command_line:"-enc" started:>2026-11-20T08:00 write_ops:>=1000 duration:<2s prevalence:1`,
			`command_line:-enc started:>2026-11-20T08:00Z write_ops:>=1000 duration:<2s prevalence:1`},
		{`CommandLine:foo OriginalFileName:Bar`, `command_line:foo original_file_name:Bar`},
		{`IMAGE:cmd.exe Privilege:sedebugprivilege`, `image:cmd.exe privileges:SeDebugPrivilege`},
		{`C:\temp http://example.com/a`, `"C:\temp" "http://example.com/a"`},
		{`12:30`, `"12:30"`},

		{`name:(a OR "b c" OR d)`, `name:(a OR "b c" OR d)`},
		{`name:(a)`, `name:a`},
		{`pid:(4 OR >1000 OR 7..9)`, `pid:(4 OR >1000 OR 7..9)`},
		{`user:"" user:* -user:"*"`, `user:"" user:* -user:*`},
		{`image:a** image:"[*][?][[]x]" image:a[b]`, `image:a* image:[*][?][x] image:a[b]`},
		{`image:[[]*]`, `image:[[]*]`},
		{`image:[*`, `image:[[]*`},

		{`pid:=4 pid:!=5 pid:0x10 pid:"7" pid:>"8" pid:">9" pid:..3 pid:3..`, `pid:4 pid:!=5 pid:16 pid:7 pid:>8 pid:>9 pid:<=3 pid:>=3`},
		{`duration:90s duration:1.5m duration:500ms duration:36h duration:1m30s duration:2us duration:0s`,
			`duration:1m30s duration:1m30s duration:500ms duration:1d12h duration:1m30s duration:2us duration:0s`},
		{`kernel_time_us:>1500 user_time_us:1s..2s`, `kernel_time_us:>1ms500us user_time_us:1s..2s`},
		{`file_size:10KiB..5MB write_bytes:>1.5kib read_bytes:7`, `file_size:10240..5000000 write_bytes:>1536 read_bytes:7`},
		{`time:2026-11-20 time:2026-11-20T08:00:01 time:2026-11-20T08:00:01.5Z time:2026-11-20T08:00+02:00`,
			`time:2026-11-20 time:2026-11-20T08:00:01Z time:2026-11-20T08:00:01.5Z time:2026-11-20T06:00Z`},
		{`time:>="2026-11-20 08:00"`, `time:>=2026-11-20T08:00Z`},
		{`time:-24h time:>now-7d time:<=now`, `time:2026-11-22T12:00:00.123456Z time:>2026-11-16T12:00:00.123456Z time:<=2026-11-23T12:00:00.123456Z`},
		{`time:2026-11-20..now`, `time:2026-11-20..2026-11-23T12:00:00.123456Z`},
		{`signed:YES running:no`, `signed:true running:false`},
		{`kind:START integrity:>=MediumPlus IntegrityLevel:System`, `kind:start integrity:>=medium_plus integrity:system`},
		{`hash:44D88612FEA8 sha1:abcdef*`, `hash:44d88612fea8 sha1:abcdef`},
		{`process_guid:{1F0C1E5A-5F0E-6745-A900-000000000A00}`, `process_guid:1f0c1e5a-5f0e-6745-a900-000000000a00`},
		{`capability:CAP_SYS_ADMIN -capabilities:cap_net_* capabilities:(capability-62 OR "")`, `capabilities:cap_sys_admin -capabilities:cap_net_* capabilities:(capability-62 OR "")`},
		{`entry_entropy:<3 entry_entropy:2.50..7.05 -entry_entropy:6`, `entry_entropy:<3 entry_entropy:2.5..7.05 -entry_entropy:6`},
		{`privilege:Se*Token* privilege:privilege-40`, `privileges:Se*Token* privileges:privilege-40`},
		{"a\x00b \xff", "a\u2400b \ufffd"},
	} {
		q, err := Parse(test.in, noon)
		if err != nil {
			t.Errorf("Parse(%q): %v", test.in, err)
			continue
		}
		if got := q.String(); got != test.want {
			t.Errorf("Parse(%q) = %s, want %s", test.in, got, test.want)
		}
		again, err := Parse(q.String(), noon.Add(time.Hour))
		if err != nil {
			t.Errorf("Parse(%q), canonical: %v", q.String(), err)
		} else if !same(q.Root, again.Root) {
			t.Errorf("%q parses to other nodes than its canonical form %q", test.in, q.String())
		}
	}
}

func TestParseErrors(t *testing.T) {
	for _, test := range []struct {
		in               string
		position, length int
		message          string // a part
		suggestion       string
	}{
		{"imag:cmd.exe", 0, 4, `no field "imag"`, "image"},
		{"é  -usr:bob", 4, 3, `no field "usr"`, "user"},
		{"comandline:x", 0, 10, "no field", "command_line"},
		{"host:x", 0, 4, "no field", "station"},
		{"qqqqqqqq:x", 0, 8, "no field", ""},
		{"a AND", 2, 3, "AND needs a term after", ""},
		{"a OR )", 2, 2, "OR needs a term after", ""},
		{"OR a", 0, 2, "OR needs a term before", ""},
		{"a AND OR b", 2, 3, "AND needs a term after", ""},
		{"NOT", 0, 3, "NOT needs", ""},
		{"NOT AND", 0, 3, "NOT needs", ""},
		{")", 0, 1, "no ( before", ""},
		{"a) b", 1, 1, "no ( before", ""},
		{"a (b OR", 5, 2, "OR needs", ""},
		{"a (b", 2, 1, "never closed", ""},
		{"(", 0, 1, "never closed", ""},
		{"a ( ) b", 2, 3, "nothing between", ""},
		{"--force", 0, 7, "quote text that begins with -", `"--force"`},
		{"a - b", 2, 1, "quote text that begins with -", `"-"`},
		{`a "b c`, 2, 4, "never closed", ""},
		{`image:"C:\a b\"`, 6, 9, `write \\"`, `"C:\a b\\"`},
		{`user:a"b"`, 5, 4, "quote stands inside", `"a\"b\""`},
		{`user:"a"b`, 8, 1, "text follows a closing quote", ""},
		{`""`, 0, 2, "looks for nothing", ""},
		{`a *`, 2, 1, "holds for every event", ""},
		{"user: bob", 0, 5, "directly after the colon", ""},
		{"user:", 0, 5, "directly after the colon", ""},
		{"user:()", 5, 2, "list is empty", ""},
		{"user:(a b)", 8, 1, "joined by OR", ""},
		{"user:(a AND b)", 8, 3, "joined by OR", ""},
		{"user:(a OR )", 11, 1, "is missing", ""},
		{"user:(OR a)", 6, 2, "is missing", ""},
		{"user:(a OR b", 5, 1, "never closed", ""},
		{"user:((a))", 6, 1, "only values", ""},
		{"pid:abc", 4, 3, "not a number", ""},
		{"pid:-1", 4, 2, "not a number", ""},
		{"pid:1_000", 4, 5, "not a number", ""},
		{"pid:18446744073709551616", 4, 20, "not a number", ""},
		{"exit_code:-1", 10, 2, "unsigned", "0xffffffff"},
		{"pid:=>4", 4, 3, "no comparison", ">=4"},
		{"pid:==4", 4, 3, "no comparison", "4"},
		{"pid:<=>4", 4, 4, "no comparison", ""},
		{"pid:>", 4, 1, "compares with nothing", ""},
		{"pid:>*", 4, 2, "compares with nothing", ""},
		{"pid:9..7", 4, 4, "larger to the smaller", "7..9"},
		{"pid:>7..9", 4, 5, "both a comparison and a range", ""},
		{"pid:..", 4, 2, "without ends", ""},
		{"duration:<2", 9, 2, "not a duration", "<2s"},
		{"duration:1y", 9, 2, "not a duration", ""},
		{"duration:99999999999d", 9, 12, "not a duration", ""},
		{"file_size:10XB", 10, 4, "not a size", ""},
		{"file_size:99999999TiB", 10, 11, "not a size", ""},
		{"time:yesterday", 5, 9, "not a time", ""},
		{"time:2026-13-01", 5, 10, "not a time", ""},
		{"time:-", 5, 1, "not a time", ""},
		{"time:now*", 5, 4, "not a time", ""},
		{"time:<0001-01-01", 5, 11, "outside the years", ""},
		{"kind:stat", 5, 4, "not one of start, stop, running", "start"},
		{"kind:>start", 5, 6, "not one of", "start"},
		{"signed:maybe", 7, 5, "neither true nor false", ""},
		{"signed:1", 7, 1, "neither true nor false", "true"},
		{"hash:abc", 5, 3, "too short", ""},
		{"hash:xyzxyz", 5, 6, "not a hash", ""},
		{"md5:" + strings.Repeat("a", 33), 4, 33, "a whole md5 has 32", ""},
		{"Hashes:SHA256=abcdef", 7, 13, "leave it out", "abcdef"},
		{"Hashes:IMPHASH=abcdef", 7, 14, "write imphash:abcdef", ""},
		{"process_guid:12", 13, 2, "not a GUID", ""},
		{"privilege:debug", 10, 5, "not a privilege", "SeDebugPrivilege"},
		{"capability:sys_admin", 11, 9, "not a capability", "cap_sys_admin"},
		{"capability:SeDebugPrivilege", 11, 16, "not a capability; they are named like cap_sys_admin", ""},
		{"entry_entropy:<3.125", 14, 6, "two decimals", ""},
		{"entry_entropy:x", 14, 1, "two decimals", ""},
		{"privilege:Xe*", 10, 3, "fits no privilege", ""},
		{strings.Repeat("(", 65) + "a", 64, 1, "64 levels", ""},
		{strings.Repeat("NOT ", 65) + "a", 256, 3, "64 levels", ""},
		{strings.Repeat("a ", 1001), 2000, 1, "more than 1000 terms", ""},
		{"pid:(1" + strings.Repeat(" OR 1", 1000) + ")", 5005, 1, "more than 1000 terms", ""},
		{strings.Repeat("é", 8193), 0, 8193, "16384", ""},
	} {
		q, err := Parse(test.in, noon)
		e, ok := errors.AsType[*Error](err)
		if !ok {
			t.Errorf("Parse(%.80q) = %v, %v, want an *Error", test.in, q, err)
			continue
		}
		if e.Code == "" {
			t.Errorf("Parse(%.80q): %q has no code", test.in, e.Message)
		}
		if e.Position != test.position || e.Length != test.length || !strings.Contains(e.Message, test.message) || e.Suggestion != test.suggestion {
			t.Errorf("Parse(%.80q): at %d+%d %q, suggestion %q; want at %d+%d %q, suggestion %q", test.in,
				e.Position, e.Length, e.Message, e.Suggestion, test.position, test.length, test.message, test.suggestion)
		}
		if fault.KindOf(err) != fault.Invalid {
			t.Errorf("Parse(%.80q): error of kind %v, want Invalid", test.in, fault.KindOf(err))
		}
	}
}

// Suggestions for a single place are taken: what they give must parse.
func TestSuggestionsParse(t *testing.T) {
	for _, in := range []string{"imag:cmd.exe", "--force", `image:"C:\a b\"`, `user:a"b" x`, "exit_code:<-1", "pid:=>4", "pid:9..7", "duration:<2", "kind:stat", "privilege:debug", "Hashes:SHA256=abcdef", `time:"2026-11-21..2026-11-20"`} {
		_, err := Parse(in, noon)
		e, ok := errors.AsType[*Error](err)
		if !ok || e.Suggestion == "" {
			t.Errorf("Parse(%q): %v, want a suggestion", in, err)
			continue
		}
		r := []rune(in)
		mended := string(r[:e.Position]) + e.Suggestion + string(r[e.Position+e.Length:])
		if _, err := Parse(mended, noon); err != nil {
			t.Errorf("Parse(%q), mended from %q: %v", mended, in, err)
		}
	}
}

func TestTerms(t *testing.T) {
	const in = `é (a b) -user:bob AND (x OR y)`
	q, err := Parse(in, noon)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, n := range q.Terms() {
		s := n.Place()
		got = append(got, string([]rune(in)[s.Position:s.Position+s.Length]))
	}
	if want := "é|(a b)|-user:bob|(x OR y)"; strings.Join(got, "|") != want {
		t.Errorf("terms of %q are %q, want %s", in, got, want)
	}
	for _, test := range []struct {
		in   string
		want int
	}{{"", 0}, {"a", 1}, {"a OR b", 1}, {"(a b)", 2}} {
		if q, err := Parse(test.in, noon); err != nil || len(q.Terms()) != test.want {
			t.Errorf("Parse(%q) has %d terms, %v, want %d", test.in, len(q.Terms()), err, test.want)
		}
	}
	if n := len((*Query)(nil).Terms()); n != 0 {
		t.Errorf("no query has %d terms", n)
	}
}

func TestFields(t *testing.T) {
	seen := map[string]string{}
	for _, f := range Fields() {
		for _, name := range []string{f.Name, f.Sigma, f.Alias} {
			if name = strings.ToLower(name); name == "" {
				continue
			}
			if other, twice := seen[name]; twice && other != f.Name {
				t.Errorf("%s and %s are both called %s", f.Name, other, name)
			}
			seen[name] = f.Name
		}
		if f.Description == "" || !strings.HasSuffix(f.Description, ".") {
			t.Errorf("%s: description %q is no sentence", f.Name, f.Description)
		}
		if (f.Type == Text) != (f.Match != "") {
			t.Errorf("%s: type %s with match %q", f.Name, f.Type, f.Match)
		}
		if len(f.Examples) == 0 {
			t.Errorf("%s: no example", f.Name)
		}
		for _, e := range f.Examples {
			q, err := Parse(e, noon)
			if err != nil {
				t.Errorf("%s: example %s: %v", f.Name, e, err)
			} else if q.Match(&Row{}) && !strings.Contains(e, "-") && f.Name != "running" {
				t.Errorf("%s: example %s holds for an event of which nothing is known", f.Name, e)
			}
		}
	}
}

// Whatever an event says can be asked for, under its name.
func TestFieldsOfEvents(t *testing.T) {
	for _, of := range []reflect.Type{reflect.TypeFor[event.Process](), reflect.TypeFor[event.Statistics]()} {
		for i := range of.NumField() {
			name, _, _ := strings.Cut(of.Field(i).Tag.Get("json"), ",")
			if _, ok := FieldByName(name); !ok && name != "" && name != "parent_process_seq" {
				t.Errorf("%s.%s: there is no field %s", of, of.Field(i).Name, name)
			}
		}
	}
}

func TestEscape(t *testing.T) {
	for _, text := range []string{`C:\a`, `a*b?c`, `[*]`, `[[]`, `say "x" \"`, `a b\`, `*`, `[`, `(x)`, `..`, `>5`} {
		q, err := Parse("signer:"+Escape(text), noon)
		if err != nil {
			t.Errorf("Escape(%q) = %s: %v", text, Escape(text), err)
			continue
		}
		row := &Row{}
		row.Signer = text
		if !q.Match(row) {
			t.Errorf("signer:%s does not find %q", Escape(text), text)
		}
		row.Signer = text + "x"
		if q.Match(row) {
			t.Errorf("signer:%s finds %q too", Escape(text), row.Signer)
		}
	}
}
