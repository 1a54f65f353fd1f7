package detect

import (
	"encoding/base64"
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"

	"gopkg.in/yaml.v3"

	"github.com/eljefe/eljefe/internal/event"
)

// The oracle evaluates a rule straight from its YAML, for one event, in the
// plainest way: no tree, no index, texts compared by regular expressions. It shares
// nothing with what it checks but the library that reads YAML.
type oracle struct {
	selections []namedNode
	conditions []string
	lists      map[string][]string
	compiled   map[string]*regexp.Regexp
	sources    map[string][]string // expressions made of values
}

type namedNode struct {
	name string
	node *yaml.Node
}

func newOracle(text string, lists map[string][]string) *oracle {
	var root struct{ Detection yaml.Node }
	if err := yaml.Unmarshal([]byte(text), &root); err != nil {
		panic(err)
	}
	o := &oracle{lists: lists, compiled: map[string]*regexp.Regexp{}, sources: map[string][]string{}}
	for i := 0; i < len(root.Detection.Content); i += 2 {
		name, n := root.Detection.Content[i].Value, root.Detection.Content[i+1]
		switch {
		case name != "condition":
			o.selections = append(o.selections, namedNode{name, n})
		case n.Kind == yaml.ScalarNode:
			o.conditions = append(o.conditions, n.Value)
		default:
			for _, c := range n.Content {
				o.conditions = append(o.conditions, c.Value)
			}
		}
	}
	return o
}

// facts are what an event has, by Sigma's names; what is absent is not there.
type facts map[string]string

func factsOf(p *event.Process) facts {
	f := facts{}
	put := func(name, text string) {
		if text != "" {
			f[name] = text
		}
	}
	put("Image", p.Image)
	put("CommandLine", p.CommandLine)
	put("CurrentDirectory", p.CurrentDirectory)
	put("ParentImage", p.ParentImage)
	put("ParentCommandLine", p.ParentCommandLine)
	put("ParentUser", p.ParentUser)
	put("GrandParentImage", p.GrandparentImage)
	put("User", p.User)
	put("OriginalFileName", p.OriginalFileName)
	put("Company", p.Company)
	put("Product", p.Product)
	put("Description", p.Description)
	put("FileVersion", p.FileVersion)
	var hashes []string
	for _, h := range []struct{ name, digits string }{{"SHA1", p.SHA1}, {"MD5", p.MD5}, {"SHA256", p.SHA256}, {"IMPHASH", p.IMPHASH}} {
		if h.digits != "" {
			hashes = append(hashes, h.name+"="+h.digits)
		}
	}
	put("Hashes", strings.Join(hashes, ","))
	if len(hashes) > 0 { // the file was read
		for _, name := range []string{"Company", "Product", "Description", "FileVersion", "OriginalFileName"} {
			if f[name] == "" && !(name == "OriginalFileName" && p.Sensor == event.SensorSysmon) {
				f[name] = "-"
			}
		}
	}
	if p.LogonID != 0 {
		f["LogonId"] = fmt.Sprintf("0x%x", p.LogonID)
	}
	f["ProcessId"] = fmt.Sprint(p.PID)
	f["UtcTime"] = p.Time.Format("2006-01-02 15:04:05.000")
	if p.Integrity != "" {
		put("IntegrityLevel", strings.ToUpper(string(p.Integrity[:1]))+string(p.Integrity[1:]))
	}
	return f
}

// words are the fields in which keywords are looked for.
var words = []string{
	"Image", "CommandLine", "CurrentDirectory", "ParentImage", "ParentCommandLine", "ParentUser", "GrandParentImage",
	"User", "OriginalFileName", "Company", "Product", "Description", "FileVersion", "Hashes",
}

func (o *oracle) matches(f facts) bool {
	for _, c := range o.conditions {
		rest := strings.Fields(strings.NewReplacer("(", " ( ", ")", " ) ").Replace(c))
		if o.or(&rest, f) {
			return true
		}
	}
	return false
}

func next(rest *[]string, word string) bool {
	if len(*rest) == 0 || (*rest)[0] != word {
		return false
	}
	*rest = (*rest)[1:]
	return true
}

func (o *oracle) or(rest *[]string, f facts) bool {
	holds := o.and(rest, f)
	for next(rest, "or") {
		right := o.and(rest, f)
		holds = holds || right
	}
	return holds
}

func (o *oracle) and(rest *[]string, f facts) bool {
	holds := o.not(rest, f)
	for next(rest, "and") {
		right := o.not(rest, f)
		holds = holds && right
	}
	return holds
}

func (o *oracle) not(rest *[]string, f facts) bool {
	if next(rest, "not") {
		return !o.not(rest, f)
	}
	if next(rest, "(") {
		holds := o.or(rest, f)
		next(rest, ")")
		return holds
	}
	word := (*rest)[0]
	*rest = (*rest)[1:]
	if !next(rest, "of") {
		for _, s := range o.selections {
			if s.name == word {
				return o.selection(s.node, f)
			}
		}
		panic("no selection " + word)
	}
	target := (*rest)[0]
	*rest = (*rest)[1:]
	fits := o.regexp("^" + strings.ReplaceAll(regexp.QuoteMeta(target), `\*`, ".*") + "$")
	some, all := false, true
	for _, s := range o.selections {
		if fits.MatchString(s.name) || target == "them" && !strings.HasPrefix(s.name, "_") {
			holds := o.selection(s.node, f)
			some, all = some || holds, all && holds
		}
	}
	return all && word == "all" || some && word != "all"
}

func (o *oracle) selection(n *yaml.Node, f facts) bool {
	switch n.Kind {
	case yaml.MappingNode:
		for i := 0; i < len(n.Content); i += 2 {
			if !o.item(n.Content[i].Value, n.Content[i+1], f) {
				return false
			}
		}
		return true
	case yaml.SequenceNode:
		return slices.ContainsFunc(n.Content, func(kid *yaml.Node) bool { return o.selection(kid, f) })
	}
	return o.item("", n, f)
}

func (o *oracle) item(key string, n *yaml.Node, f facts) bool {
	modifiers := strings.Split(key, "|")
	values := []*yaml.Node{n}
	if n.Kind == yaml.SequenceNode {
		values = n.Content
	}
	some, all := false, true
	for _, v := range values {
		holds := false
		if modifiers[0] == "" {
			for _, name := range words {
				holds = holds || o.value(name, append(modifiers[1:], "contains"), v, f)
			}
		} else {
			holds = o.value(modifiers[0], modifiers[1:], v, f)
		}
		some, all = some || holds, all && holds
	}
	holds := some
	if slices.Contains(modifiers, "all") {
		holds = all
	}
	return holds != slices.Contains(modifiers, "neq")
}

func (o *oracle) value(field string, modifiers []string, n *yaml.Node, f facts) bool {
	text, there := f[field]
	has := func(m string) bool { return slices.Contains(modifiers, m) }
	switch {
	case n.Tag == "!!null":
		return !there
	case has("exists"):
		return there == (n.Value == "true")
	case has("re"):
		flags := ""
		for _, flag := range []string{"i", "m", "s"} {
			if has(flag) {
				flags += "(?" + flag + ")"
			}
		}
		return there && o.regexp(flags+n.Value).MatchString(text)
	case has("cidr"):
		address, err := netip.ParseAddr(text)
		return there && err == nil && netip.MustParsePrefix(n.Value).Contains(address)
	case has("fieldref"):
		other, also := f[n.Value]
		if !has("cased") {
			text, other = strings.ToLower(text), strings.ToLower(other)
		}
		return there && also && place(text, other, modifiers)
	}
	if holds, is := compare(text, n.Value, modifiers); is {
		return there && holds
	}
	values := []string{n.Value}
	if has("expand") {
		values = nil
		name := regexp.MustCompile("%([^%]+)%").FindStringSubmatch(n.Value)[1]
		for _, entry := range o.lists[name] {
			values = append(values, strings.ReplaceAll(n.Value, "%"+name+"%", entry))
		}
	}
	whole := !has("contains") && !has("startswith") && !has("endswith")
	return slices.ContainsFunc(values, func(v string) bool {
		if !there { // an event does not tell these apart
			return whole && (v == "" || v == "-")
		}
		return o.text(text, v, modifiers)
	})
}

func (o *oracle) regexp(source string) *regexp.Regexp {
	if o.compiled[source] == nil {
		o.compiled[source] = regexp.MustCompile(source)
	}
	return o.compiled[source]
}

func place(text, part string, modifiers []string) bool {
	switch {
	case slices.Contains(modifiers, "contains"):
		return strings.Contains(text, part)
	case slices.Contains(modifiers, "startswith"):
		return strings.HasPrefix(text, part)
	case slices.Contains(modifiers, "endswith"):
		return strings.HasSuffix(text, part)
	}
	return text == part
}

// compare answers what is about numbers and times; is is false for all else.
func compare(text, value string, modifiers []string) (holds, is bool) {
	want, err := strconv.ParseFloat(value, 64)
	got, gotErr := strconv.ParseFloat(text, 64)
	for _, m := range modifiers {
		if at, timeErr := time.Parse("2006-01-02 15:04:05.000", text); timeErr == nil {
			_, week := at.ISOWeek()
			part, is := map[string]int{"minute": at.Minute(), "hour": at.Hour(), "day": at.Day(), "week": week, "month": int(at.Month()), "year": at.Year()}[m]
			if is {
				got, gotErr = float64(part), nil
			}
		}
	}
	for _, m := range modifiers {
		switch m {
		case "gt":
			return err == nil && gotErr == nil && got > want, true
		case "gte":
			return err == nil && gotErr == nil && got >= want, true
		case "lt":
			return err == nil && gotErr == nil && got < want, true
		case "lte":
			return err == nil && gotErr == nil && got <= want, true
		}
	}
	for _, m := range modifiers {
		if slices.Contains([]string{"minute", "hour", "day", "week", "month", "year"}, m) {
			return err == nil && gotErr == nil && got == want, true
		}
	}
	return false, false
}

// text compares with a text that may have wildcards, by expressions made of it.
func (o *oracle) text(text, value string, modifiers []string) bool {
	fold := strings.ToLower
	if slices.Contains(modifiers, "cased") {
		fold = strings.Clone
	}
	key := value + "\x00" + strings.Join(modifiers, "|")
	if o.sources[key] == nil {
		o.sources[key] = o.expressions(value, modifiers, fold)
	}
	return slices.ContainsFunc(o.sources[key], func(source string) bool { return o.regexp(source).MatchString(fold(text)) })
}

func (o *oracle) expressions(value string, modifiers []string, fold func(string) string) []string {
	sources := []string{o.source(value, slices.Contains(modifiers, "windash"), fold)}
	for _, m := range modifiers {
		if m == "base64" || m == "base64offset" {
			sources = nil
			for _, encoded := range encode(unescape(value), modifiers) {
				sources = append(sources, regexp.QuoteMeta(fold(encoded)))
			}
		}
	}
	for i, source := range sources {
		switch {
		case slices.Contains(modifiers, "contains"):
		case slices.Contains(modifiers, "startswith"):
			source = "^(?:" + source + ")"
		case slices.Contains(modifiers, "endswith"):
			source = "(?:" + source + ")$"
		default:
			source = "^(?:" + source + ")$"
		}
		sources[i] = "(?s)" + source
	}
	return sources
}

// source writes a Sigma text as a regular expression.
func (o *oracle) source(value string, windash bool, fold func(string) string) string {
	var b strings.Builder
	runes := []rune(value)
	word := func(i int) bool {
		return i >= 0 && i < len(runes) && o.regexp(`[\pL\p{Nd}_]`).MatchString(string(runes[i]))
	}
	for i := 0; i < len(runes); i++ {
		r := runes[i]
		switch {
		case r == '\\' && i+1 < len(runes) && strings.ContainsRune(`\*?`, runes[i+1]):
			i++
			b.WriteString(regexp.QuoteMeta(string(runes[i])))
		case r == '*':
			b.WriteString(".*")
		case r == '?':
			b.WriteString(".")
		case windash && (r == '-' || r == '/') && !word(i-1) && word(i+1):
			b.WriteString("[-/\u2013\u2014\u2015]")
		default:
			b.WriteString(regexp.QuoteMeta(fold(string(r))))
		}
	}
	return b.String()
}

func unescape(value string) string {
	return strings.NewReplacer(`\\`, `\`, `\*`, `*`, `\?`, `?`).Replace(value)
}

// encode encodes as the modifiers say, in their order.
func encode(s string, modifiers []string) []string {
	for _, m := range modifiers {
		switch m {
		case "wide", "utf16le", "utf16be", "utf16":
			var b []byte
			if m == "utf16" {
				b = []byte{0xff, 0xfe}
			}
			for _, u := range utf16.Encode([]rune(s)) {
				if m == "utf16be" {
					b = append(b, byte(u>>8), byte(u))
				} else {
					b = append(b, byte(u), byte(u>>8))
				}
			}
			s = string(b)
		case "base64":
			return []string{base64.StdEncoding.EncodeToString([]byte(s))}
		case "base64offset":
			return offsets(s)
		}
	}
	return nil
}

// offsets encodes s at each of three places, among bytes of zeros and of ones:
// what is the same in all encodings is what does not depend on them.
func offsets(s string) []string {
	var all []string
	for shift := range 3 {
		var encodings []string
		for _, before := range []string{"\x00\x00", "\xff\xff"} {
			for _, after := range []string{"\x00\x00\x00", "\xff\xff\xff"} {
				encodings = append(encodings, base64.StdEncoding.EncodeToString([]byte(before[:shift]+s+after)))
			}
		}
		var same strings.Builder
		for i := range encodings[0] {
			c := encodings[0][i]
			if !slices.ContainsFunc(encodings, func(e string) bool { return e[i] != c }) {
				same.WriteByte(c)
			}
		}
		if text := strings.TrimRight(same.String(), "="); text != "" {
			all = append(all, text)
		}
	}
	return all
}
