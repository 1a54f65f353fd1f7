package query

import (
	"slices"
	"strings"
	"unicode"
)

// Completion says what is being typed at the cursor, and what would fit.
type Completion struct {
	Kind CompletionKind
	// Field is whose value is being typed; nil for the other kinds. Values that
	// only the database knows, such as names of stations, are not in Options.
	Field   *Field
	Text    string   // what stands before the cursor of it, without quotes and comparison
	Replace Span     // what an option replaces
	Options []Option // best first; may be empty
}

// CompletionKind tells what is being typed.
type CompletionKind string

// The kinds of completion.
const (
	CompleteField    CompletionKind = "field"    // a field's name, or a bare word
	CompleteOperator CompletionKind = "operator" // AND, OR or NOT; fields may fit too
	CompleteValue    CompletionKind = "value"
	CompleteNothing  CompletionKind = "nothing" // a quoted phrase
)

// Option is one text that fits.
type Option struct {
	Text        string // to insert
	Description string
}

// Complete looks at input before the cursor, which counts code points. The
// input need not be a valid query.
func Complete(input string, cursor int) Completion {
	if len(input) > MaxLength {
		return Completion{Kind: CompleteNothing}
	}
	in := clean(input)
	cursor = min(max(cursor, 0), len(in))
	t := typedAt(in, cursor)
	if t.field != nil {
		c := Completion{Kind: CompleteValue, Field: t.field, Replace: Span{t.start, t.end - t.start}}
		c.Text = strings.TrimPrefix(string(in[t.start:cursor]), `"`)
		for _, o := range valueOptions(t.field) {
			if strings.HasPrefix(lowerASCII(o.Text), lowerASCII(c.Text)) {
				c.Options = append(c.Options, o)
			}
		}
		return c
	}
	if t.start < t.end && in[t.start] == '-' {
		t.start++
	}
	c := Completion{Kind: CompleteField, Text: string(in[min(t.start, cursor):cursor]), Replace: Span{t.start, t.end - t.start}}
	if strings.HasPrefix(c.Text, `"`) {
		c.Kind = CompleteNothing
		return c
	}
	for _, op := range [...]Option{{"AND", "both hold"}, {"OR", "one of both holds"}, {"NOT", "what follows does not hold"}} {
		if c.Text != "" && strings.HasPrefix(op.Text, c.Text) && (t.after || op.Text == "NOT") {
			c.Kind = CompleteOperator
			c.Options = append(c.Options, op)
		}
	}
	c.Options = append(c.Options, fieldOptions(c.Text)...)
	return c
}

// typed is the word at the cursor.
type typed struct {
	start, end int
	field      *Field // whose value it is; then start is after the colon and the comparison
	after      bool   // a term stands before it
}

func typedAt(in []rune, cursor int) typed {
	t := typed{}
	var list *Field // of the list that we are in
	for i := 0; ; {
		for i < len(in) && i < cursor && (unicode.IsSpace(in[i]) || in[i] == '(' || in[i] == ')') {
			if in[i] == ')' {
				list = nil
				t.after = true
			}
			i++
		}
		t.start, t.field = i, list
		end := wordEnd(in, i)
		if list == nil {
			if f, at := fieldBefore(in, i, end); f != nil {
				if at < len(in) && at < cursor && in[at] == '(' {
					list, i = f, at+1
					continue
				}
				if at <= cursor {
					t.field, t.start = f, at
					end = wordEnd(in, at)
				}
			}
		}
		if t.field != nil && t.field.compares() {
			for t.start < end && t.start < cursor && strings.ContainsRune("<>=!", in[t.start]) {
				t.start++
			}
			end = max(end, wordEnd(in, t.start))
		}
		if cursor <= end || i >= len(in) {
			t.end = max(end, t.start)
			return t
		}
		switch string(in[i:end]) {
		case "AND", "OR", "NOT":
			t.after = false
		default:
			t.after = true
		}
		i = max(end, i+1)
	}
}

// wordEnd returns where the word or quoted text that begins at i ends.
func wordEnd(in []rune, i int) int {
	if i < len(in) && in[i] == '"' {
		slashes := 0
		for i++; i < len(in); i++ {
			switch {
			case in[i] == '"' && slashes%2 == 0:
				return i + 1
			case in[i] == '\\':
				slashes++
			default:
				slashes = 0
			}
		}
		return i
	}
	for i < len(in) && !endsWord(in[i]) {
		i++
	}
	return i
}

// fieldBefore returns the field that the word from i to end names before its
// first colon, and where the value begins.
func fieldBefore(in []rune, i, end int) (*Field, int) {
	if i < end && in[i] == '-' {
		i++
	}
	colon := slices.Index(in[i:max(i, end)], ':')
	if colon < 0 {
		return nil, 0
	}
	f, ok := FieldByName(string(in[i : i+colon]))
	if !ok {
		return nil, 0
	}
	return f, i + colon + 1
}

func valueOptions(f *Field) []Option {
	var options []Option
	for _, text := range f.Choices() {
		options = append(options, Option{Text: text})
	}
	return append(options, Option{"*", "any known value"}, Option{`""`, "empty or not known"})
}

// fieldOptions returns the fields whose name begins with text, then those that
// have it elsewhere, or under another name.
func fieldOptions(text string) []Option {
	text = lowerASCII(text)
	var first, then []Option
	for _, f := range Fields() {
		o := Option{f.Name + ":", f.Description}
		switch {
		case strings.HasPrefix(f.Name, text):
			first = append(first, o)
		case strings.HasPrefix(lowerASCII(f.Sigma), text), strings.HasPrefix(f.Alias, text), strings.Contains(f.Name, text),
			slices.ContainsFunc(strings.Fields(f.also), func(w string) bool { return strings.HasPrefix(w, text) }):
			then = append(then, o)
		}
	}
	return append(first, then...)
}
