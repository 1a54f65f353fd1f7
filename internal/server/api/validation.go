package api

import (
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/validation"
)

// withCodes gives codes to the errors of requests that never came to a handler:
// what the framework says of them, it says in English only.
func withCodes(_ huma.Context, _ string, v any) (any, error) {
	e, ok := v.(*huma.ErrorModel)
	if !ok {
		return v, nil
	}
	p := &Problem{ErrorModel: *e, Code: requestCode(e.Status)}
	p.ErrorModel.Errors = nil
	for _, d := range e.Errors {
		detail := &Detail{ErrorDetail: *d}
		detail.Code, detail.Params = demandOf(d.Message)
		if detail.Params == nil {
			detail.Params = map[string]any{}
		}
		if _, named := detail.Params["member"]; !named {
			detail.Params["member"] = d.Location[strings.LastIndexByte(d.Location, '.')+1:]
		}
		p.Errors = append(p.Errors, detail)
	}
	return p, nil
}

// requestCode is the code of a request that never came to a handler.
func requestCode(status int) string {
	switch status {
	case http.StatusRequestEntityTooLarge:
		return "request_too_large"
	case http.StatusRequestTimeout:
		return "request_slow"
	case http.StatusUnsupportedMediaType, http.StatusNotAcceptable:
		return "request_type"
	}
	return "request_invalid"
}

// A demand is what a member of a request has to be, as the framework says it.
type demand struct {
	format string // with %d, %v or %s for its value
	code   string
	name   string // of the value; "": it has none that matters
}

// demands are those that routes make; the others have no code.
func demands() []demand {
	return []demand{
		{validation.MsgUnexpectedProperty, "member_unknown", ""},
		{"unknown query parameter", "member_unknown", ""},
		{"required query parameter is missing", "member_missing", ""},
		{validation.MsgExpectedRequiredProperty, "member_missing", "member"},
		{validation.MsgExpectedRFC3339DateTime, "member_time", ""},
		{"invalid date/time for format 2006-01-02T15:04:05.999999999Z07:00", "member_time", ""},
		{validation.MsgExpectedBoolean, "member_boolean", ""},
		{"invalid boolean", "member_boolean", ""},
		{validation.MsgExpectedNumber, "member_number", ""},
		{validation.MsgExpectedInteger, "member_integer", ""},
		{"invalid integer", "member_integer", ""},
		{validation.MsgExpectedString, "member_string", ""},
		{validation.MsgExpectedArray, "member_list", ""},
		{validation.MsgExpectedObject, "member_object", ""},
		{validation.MsgExpectedOneOf, "member_one_of", "choices"},
		{validation.MsgExpectedMinimumNumber, "member_least", "least"},
		{validation.MsgExpectedMaximumNumber, "member_most", "most"},
		{validation.MsgExpectedMinLength, "member_short", "least"},
		{validation.MsgExpectedMaxLength, "member_long", "most"},
		{validation.MsgExpectedMatchPattern, "member_pattern", "pattern"},
		{validation.MsgExpectedMinItems, "member_few", "least"},
		{validation.MsgExpectedMaxItems, "member_many", "most"},
	}
}

type reader struct {
	demand
	match *regexp.Regexp
}

var readers = sync.OnceValue(func() []reader {
	verb := regexp.MustCompile(`%[dvs]`)
	var all []reader
	for _, d := range demands() {
		pattern := verb.ReplaceAllString(regexp.QuoteMeta(d.format), "(.*)")
		all = append(all, reader{d, regexp.MustCompile("^" + pattern + "$")})
	}
	return all
})

// demandOf returns the code of what the framework says of a member, and the
// value that belongs to it.
func demandOf(message string) (code string, params map[string]any) {
	for _, r := range readers() {
		found := r.match.FindStringSubmatch(message)
		if found == nil {
			continue
		}
		if r.name == "" || len(found) < 2 {
			return r.code, nil
		}
		var value any = found[1]
		if n, err := strconv.ParseFloat(found[1], 64); err == nil {
			value = n
		}
		return r.code, map[string]any{r.name: value}
	}
	return "", nil
}
