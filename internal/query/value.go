package query

import (
	"fmt"
	"math/bits"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/eljefe/eljefe/internal/event"
)

// read sets v from the text of a value of f and the operator before it. Errors
// are at v's span.
func (v *Value) read(f *Field, op, text string, now time.Time) *Error {
	switch f.Type {
	case Text:
		v.Pattern = parsePattern(text)
		return nil
	case Enum:
		if !f.Ordered {
			return v.readName(f, text, &v.Number)
		}
	case Boolean:
		return v.readBoolean(f, text)
	case Hash:
		return v.readHash(f, text)
	case GUID:
		k, ok := event.ParseKey(strings.Trim(text, "{}"))
		if !ok {
			return v.bad(f, "is not a GUID; write 32 hexadecimal digits, with or without dashes", text, "filter_not_guid")
		}
		v.Key = k
		return nil
	case Privilege, Capability:
		return v.readMember(f, f.setKind(), text)
	}
	return v.readComparison(f, op, text, now)
}

// bad is the error that a value of f is not as it should be. Whatever it is, its
// values are the field, what was written, and an example.
func (v *Value) bad(f *Field, what, text, code string) *Error {
	e := errorf(v.Span, "%s: %q %s", f.Name, clip(text), what).coded(code, "field", "value")
	e.Params["example"] = f.Examples[0]
	return e
}

// readComparison reads a value that may have an operator or be a range.
func (v *Value) readComparison(f *Field, op, text string, now time.Time) *Error {
	if op == "" { // it may stand inside quotes
		op = text[:len(text)-len(strings.TrimLeft(text, "<>=!"))]
		text = text[len(op):]
	}
	switch op {
	case "", "=":
	case "==":
		return v.bad(f, "is no comparison", op+text, "filter_no_comparison").suggest(text)
	case "=>", "=<", "<>":
		return v.bad(f, "is no comparison", op+text, "filter_no_comparison").suggest(map[string]string{"=>": ">=", "=<": "<=", "<>": "!="}[op] + text)
	default:
		i := slices.Index(opText[:], op)
		if i <= 0 {
			return v.bad(f, "is no comparison; there are > >= < <= = and !=", op+text, "filter_no_comparison")
		}
		v.Op = Op(i)
	}
	if text == "" || text == "*" {
		return v.bad(f, "compares with nothing; write a value after it, such as "+f.Examples[0], op+text, "filter_compares_nothing")
	}
	from, to, isRange := strings.Cut(text, "..")
	if !isRange {
		return v.readScalar(f, text, now, &v.Number, &v.Time)
	}
	switch {
	case op != "":
		return v.bad(f, "has both a comparison and a range; leave one out", op+text, "filter_comparison_and_range")
	case from == "" && to == "":
		return v.bad(f, "is a range without ends; write one as in "+f.Name+":a..b", text, "filter_range_no_ends")
	case to == "":
		v.Op = GreaterOrEqual
		return v.readScalar(f, from, now, &v.Number, &v.Time)
	case from == "":
		v.Op = LessOrEqual
		return v.readScalar(f, to, now, &v.Number, &v.Time)
	}
	v.Op = Between
	if err := v.readScalar(f, from, now, &v.Number, &v.Time); err != nil {
		return err
	}
	if err := v.readScalar(f, to, now, &v.High, &v.Until); err != nil {
		return err
	}
	if v.Number > v.High || v.Time.At.After(v.Until.At) {
		return v.bad(f, "is a range from the larger to the smaller end; exchange them", text, "filter_range_backwards").suggest(quoteValue(to + ".." + from))
	}
	return nil
}

// readScalar reads a single number or time.
func (v *Value) readScalar(f *Field, text string, now time.Time, number *uint64, moment *Moment) *Error {
	var ok bool
	switch f.Type {
	case Time:
		m, problem := parseMoment(text, now)
		switch problem {
		case notTime:
			return v.bad(f, "is not a time; write one like 2026-11-20, 2026-11-20T08:00, 2026-11-20T08:00:01.5Z or -24h", text, "filter_not_time")
		case beyondYears:
			return v.bad(f, "is outside the years 1601 to 9999", text, "filter_time_beyond")
		}
		*moment = m
		return nil
	case Enum:
		return v.readName(f, text, number)
	case Duration:
		if *number, ok = parseDuration(text, f.bare); !ok {
			e := v.bad(f, "is not a duration; write one like 500ms, 1m30s, 2h or 3d, up to 36500d", text, "filter_not_duration")
			if _, err := strconv.ParseUint(text, 10, 32); err == nil {
				e.suggest(prefix(v.Op) + text + "s")
			}
			return e
		}
	case Size:
		if *number, ok = parseSize(text); !ok {
			return v.bad(f, "is not a size; write a number of bytes, or one like 10KiB or 5MB", text, "filter_not_size")
		}
	case Decimal:
		if *number, ok = parseDecimal(text); !ok {
			return v.bad(f, "is not a number with at most two decimals; write one such as "+f.Examples[0], text, "filter_not_decimal")
		}
	default:
		if *number, ok = parseNumber(text); !ok {
			return v.notNumber(f, text)
		}
	}
	return nil
}

// parseNumber reads a decimal number, or a hexadecimal one after 0x.
func parseNumber(text string) (uint64, bool) {
	base := 10
	if len(text) > 2 && text[0] == '0' && lower(text[1]) == 'x' {
		text, base = text[2:], 16
	}
	n, err := strconv.ParseUint(text, base, 64)
	return n, err == nil
}

// parseDecimal returns hundredths.
func parseDecimal(text string) (uint64, bool) {
	if _, fraction, has := strings.Cut(text, "."); has && len(fraction) > 2 {
		return 0, false
	}
	return scale(text, 100)
}

// prefix returns what is typed before a value for op.
func prefix(op Op) string {
	if int(op) < len(opText) {
		return opText[op]
	}
	return ""
}

func (v *Value) notNumber(f *Field, text string) *Error {
	if n, err := strconv.ParseInt(text, 10, 32); err == nil && n < 0 && f.Name == "exit_code" {
		unsigned := fmt.Sprintf("0x%08x", uint32(n))
		e := errorf(v.Span, "%s: codes are unsigned; %d is %s", f.Name, n, unsigned).coded("filter_unsigned", "field", "value", "unsigned")
		return e.suggest(prefix(v.Op) + unsigned)
	}
	return v.bad(f, "is not a number; write a whole number such as "+f.Examples[0], text, "filter_not_number")
}

// readName reads one of a field's values, in any case, with or without _.
func (v *Value) readName(f *Field, text string, number *uint64) *Error {
	plain := func(s string) string { return strings.ReplaceAll(lowerASCII(s), "_", "") }
	i := slices.IndexFunc(f.Values, func(name string) bool { return plain(name) == plain(text) })
	if i < 0 {
		e := v.bad(f, "is not one of "+strings.Join(f.Values, ", "), text, "filter_not_listed")
		e.Params["values"] = slices.Clone(f.Values)
		return e.suggest(nearest(text, f.Values))
	}
	*number = uint64(i)
	return nil
}

func (v *Value) readBoolean(f *Field, text string) *Error {
	switch lowerASCII(text) {
	case "true", "yes":
		v.Number = 1
	case "false", "no":
	default:
		e := v.bad(f, "is neither true nor false", text, "filter_not_boolean")
		switch lowerASCII(text) {
		case "1", "on", "y", "t":
			e.suggest("true")
		case "0", "off", "n", "f":
			e.suggest("false")
		default:
			e.suggest(nearest(text, []string{"true", "false"}))
		}
		return e
	}
	return nil
}

func (v *Value) readHash(f *Field, text string) *Error {
	hex := strings.TrimSuffix(lowerASCII(text), "*")
	if kind, digits, ok := strings.Cut(hex, "="); ok { // as Sysmon writes it
		if g, known := FieldByName(kind); known && g.Type == Hash {
			if g == f || f.Name == "hash" && slices.Contains([]string{"sha256", "sha1", "md5"}, g.Name) {
				return v.bad(f, "has a name before the digits; leave it out", text, "filter_hash_named").suggest(digits)
			}
			return errorf(v.Span, "%s: %q is another kind of hash; write %s:%s", f.Name, clip(text), g.Name, clip(digits)).
				coded("filter_hash_other", "field", "value", "kind", "digits")
		}
	}
	if strings.Trim(hex, "0123456789abcdef") != "" {
		return v.bad(f, "is not a hash; write hexadecimal digits", text, "filter_not_hash")
	}
	switch {
	case len(hex) < 6:
		return v.bad(f, "is too short for a hash; write at least 6 of its digits", text, "filter_hash_short")
	case len(hex) > f.hexWhole:
		if f.Name == "hash" {
			return errorf(v.Span, "hash: %q has %d digits; the longest kind, SHA-256, has %d", clip(text), len(hex), f.hexWhole).
				coded("filter_hash_longest", "value", "digits", "most")
		}
		return errorf(v.Span, "%[1]s: %[2]q has %[3]d digits; a whole %[1]s has %[4]d", f.Name, clip(text), len(hex), f.hexWhole).
			coded("filter_hash_long", "field", "value", "digits", "most")
	}
	v.Hex = hex
	return nil
}

type unit struct {
	name string
	size uint64
}

// durationUnits are in microseconds, the largest first.
var durationUnits = [...]unit{{"d", 86_400_000_000}, {"h", 3_600_000_000}, {"m", 60_000_000}, {"s", 1_000_000}, {"ms", 1000}, {"us", 1}}

const maxDuration = 36_500 * 86_400_000_000 // microseconds: a hundred years

// parseDuration returns microseconds. Only if bare may the unit be missing.
func parseDuration(text string, bare bool) (uint64, bool) {
	if bare {
		if n, err := strconv.ParseUint(text, 10, 64); err == nil {
			return n, n <= maxDuration
		}
	}
	var sum uint64
	for text != "" {
		digits := len(text) - len(strings.TrimLeft(text, "0123456789."))
		number := text[:digits]
		text = text[digits:]
		letters := strings.IndexAny(text, "0123456789.")
		if letters < 0 {
			letters = len(text)
		}
		name := lowerASCII(text[:letters])
		text = text[letters:]
		if name == "µs" || name == "μs" { // the micro sign, and the Greek letter
			name = "us"
		}
		i := slices.IndexFunc(durationUnits[:], func(u unit) bool { return u.name == name })
		if i < 0 {
			return 0, false
		}
		n, ok := scale(number, durationUnits[i].size)
		if sum += n; !ok || n > maxDuration || sum > maxDuration {
			return 0, false
		}
		text = strings.TrimPrefix(text, " ")
	}
	return sum, true
}

var sizeUnits = map[string]uint64{
	"": 1, "b": 1, "kb": 1e3, "mb": 1e6, "gb": 1e9, "tb": 1e12, "kib": 1 << 10, "mib": 1 << 20, "gib": 1 << 30, "tib": 1 << 40,
}

// parseSize returns bytes.
func parseSize(text string) (uint64, bool) {
	digits := len(text) - len(strings.TrimLeft(text, "0123456789."))
	size, ok := sizeUnits[lowerASCII(strings.TrimPrefix(text[digits:], " "))]
	if !ok {
		return 0, false
	}
	return scale(text[:digits], size)
}

// scale returns a decimal number times size, without its fraction.
func scale(decimal string, size uint64) (uint64, bool) {
	whole, fraction, hasFraction := strings.Cut(decimal, ".")
	n, err := strconv.ParseUint(whole, 10, 64)
	if err != nil {
		return 0, false
	}
	high, n := bits.Mul64(n, size)
	if high != 0 {
		return 0, false
	}
	if hasFraction {
		parts, err := strconv.ParseUint(fraction, 10, 64)
		if err != nil || len(fraction) > 18 {
			return 0, false
		}
		of := uint64(1)
		for range len(fraction) {
			of *= 10
		}
		high, low := bits.Mul64(size, parts)
		more, _ := bits.Div64(high, low, of) // parts < of, so it fits
		var carry uint64
		if n, carry = bits.Add64(n, more, 0); carry != 0 {
			return 0, false
		}
	}
	return n, true
}

const day = 24 * time.Hour

// momentLayouts are the forms of an absolute time, and what span each names.
var momentLayouts = [...]struct {
	width     time.Duration
	canonical string
}{
	{day, "2006-01-02"},
	{time.Minute, "2006-01-02T15:04Z07:00"},
	{time.Second, "2006-01-02T15:04:05Z07:00"},
	{100 * time.Millisecond, "2006-01-02T15:04:05.0Z07:00"},
	{10 * time.Millisecond, "2006-01-02T15:04:05.00Z07:00"},
	{time.Millisecond, "2006-01-02T15:04:05.000Z07:00"},
	{100 * time.Microsecond, "2006-01-02T15:04:05.0000Z07:00"},
	{10 * time.Microsecond, "2006-01-02T15:04:05.00000Z07:00"},
	{time.Microsecond, "2006-01-02T15:04:05.000000Z07:00"},
}

// momentProblem is what is wrong with a time.
type momentProblem int

const (
	noProblem momentProblem = iota
	notTime
	beyondYears
)

// parseMoment reads an absolute or relative time, or tells what is wrong with it.
func parseMoment(text string, now time.Time) (m Moment, problem momentProblem) {
	if rest, relative := strings.CutPrefix(lowerASCII(text), "now"); relative || strings.HasPrefix(text, "-") {
		m = Moment{At: now, Width: time.Microsecond}
		if rest == "" {
			return m, noProblem
		}
		n, ok := parseDuration(rest[1:], false)
		switch {
		case !ok || len(rest) == 1:
			return m, notTime
		case rest[0] == '-':
			m.At = now.Add(-time.Duration(n) * time.Microsecond)
		case rest[0] == '+':
			m.At = now.Add(time.Duration(n) * time.Microsecond)
		default:
			return m, notTime
		}
		return m, noProblem
	}
	text = strings.ToUpper(text)
	if len(text) > 10 && text[10] == ' ' { // as people write it, in quotes
		text = text[:10] + "T" + text[11:]
	}
	for _, l := range momentLayouts[:3] {
		for _, layout := range [...]string{l.canonical, strings.TrimSuffix(l.canonical, "Z07:00")} {
			at, err := time.Parse(layout, text)
			if err != nil {
				continue
			}
			m = Moment{At: at.UTC().Truncate(time.Microsecond), Width: l.width}
			if _, fraction, ok := strings.Cut(strings.ReplaceAll(text, ",", "."), "."); ok {
				digits := len(fraction) - len(strings.TrimLeft(fraction, "0123456789"))
				m.Width = momentLayouts[2+min(digits, 6)].width
			}
			if m.At.Year() < 1601 || m.At.Year() > 9999 {
				return m, beyondYears
			}
			return m, noProblem
		}
	}
	return m, notTime
}
