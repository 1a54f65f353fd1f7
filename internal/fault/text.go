package fault

import (
	"encoding/hex"
	"errors"
	"fmt"
	"reflect"
	"time"
	"unicode/utf8"
)

// A Text is something said to people that is kept or sent: in English, and as a
// code with named values, by which it can be said in another language.
type Text struct {
	Message string         `json:"message"`
	Code    string         `json:"code,omitempty"` // "": there is nothing but the message
	Params  map[string]any `json:"params,omitempty"`
}

// Sayf returns a text that has no code yet.
func Sayf(format string, args ...any) *Said {
	return &Said{Text: Text{Message: fmt.Sprintf(format, args...)}, args: args}
}

// Said is a text of which the values are still to be named. It is an error too:
// the reason of something that went wrong.
type Said struct {
	Text
	args  []any
	cause error
}

// Coded is as that of Error.
func (s *Said) Coded(code string, names ...string) *Said {
	s.Code, s.Params = code, Named(names, s.args)
	if len(s.args) > 0 {
		s.cause, _ = s.args[len(s.args)-1].(error)
	}
	return s
}

// Error returns the message.
func (s *Said) Error() string { return s.Message }

// Unwrap returns the error that is the last value of the message.
func (s *Said) Unwrap() error { return s.cause }

// TextOf returns what err says to people, with its code if it has one.
func TextOf(err error) Text {
	if e, ok := errors.AsType[*Error](err); ok {
		return Text{e.Message, e.Code, e.Params}
	}
	// Only what stands outermost: the code of a cause would hide where it happened.
	if s, ok := err.(*Said); ok {
		return s.Text
	}
	return Text{Message: err.Error()}
}

// longest is how many bytes of a text are told as a value.
const longest = 240

// Named gives values their names, as JSON will have them: numbers stay numbers,
// bytes become hexadecimal digits, times RFC 3339, errors texts with their own
// codes, and long texts are cut.
func Named(names []string, values []any) map[string]any {
	params := map[string]any{}
	for i, name := range names {
		if name != "" && i < len(values) {
			params[name] = plain(values[i])
		}
	}
	return params
}

func plain(v any) any {
	switch v := v.(type) {
	case string:
		return clip(v)
	case []byte:
		return hex.EncodeToString(v)
	case []string:
		return v
	case time.Time:
		return v.UTC().Format(time.RFC3339)
	case Text:
		return v
	case error:
		t := TextOf(v)
		if t.Code == "" {
			return clip(t.Message)
		}
		return t
	case fmt.Stringer:
		return clip(v.String())
	}
	switch r := reflect.ValueOf(v); {
	case r.CanInt(), r.CanUint(), r.CanFloat():
		return v
	case r.Kind() == reflect.Array && r.Type().Elem().Kind() == reflect.Uint8:
		return fmt.Sprintf("%x", v)
	}
	return clip(fmt.Sprint(v))
}

func clip(s string) string {
	if len(s) <= longest {
		return s
	}
	end := longest
	for end > 0 && !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end] + "…"
}
