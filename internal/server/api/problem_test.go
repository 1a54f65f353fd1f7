//go:build unix

package api

import (
	"encoding/json"
	"net/http"
	"net/url"
	"reflect"
	"testing"
)

// What goes wrong has a code and its values, wherever it is found out: in a
// handler, in a filter, or by the framework before any of them.
func TestProblemsHaveCodes(t *testing.T) {
	a := newTestAPI(t)
	for _, tt := range []struct {
		method, path string
		body         any
		status       int
		code         string         // of the problem
		params       map[string]any // of the problem
		detail       string         // the code of its first detail
		of           map[string]any // its values
	}{
		{"GET", "/stations/77", nil, http.StatusNotFound, "no_station", map[string]any{"id": 77.0}, "", nil},
		{"GET", "/events?q=" + url.QueryEscape("a imag:x"), nil, http.StatusUnprocessableEntity, "filter_no_field", map[string]any{"field": "imag", "of": "events"},
			"filter_no_field", map[string]any{"field": "imag", "of": "events"}},
		{"GET", "/events?q=" + url.QueryEscape("kind:x"), nil, http.StatusUnprocessableEntity, "filter_not_listed",
			map[string]any{"field": "kind", "value": "x", "example": "kind:start", "values": []any{"start", "stop", "running"}}, "filter_not_listed", nil},
		{"GET", "/events?limit=100000", nil, http.StatusUnprocessableEntity, "request_invalid", nil, "member_most", map[string]any{"member": "limit", "most": 500.0}},
		{"GET", "/events?limit=many", nil, http.StatusUnprocessableEntity, "request_invalid", nil, "member_integer", map[string]any{"member": "limit"}},
		{"GET", "/events?nonsense=1", nil, http.StatusUnprocessableEntity, "request_invalid", nil, "member_unknown", map[string]any{"member": "nonsense"}},
		{"GET", "/events?from=yesterday", nil, http.StatusUnprocessableEntity, "request_invalid", nil, "member_time", map[string]any{"member": "from"}},
		{"POST", "/users", map[string]any{"role": "viewer"}, http.StatusUnprocessableEntity, "request_invalid", nil, "member_missing", map[string]any{"member": "name"}},
		{"POST", "/users", map[string]any{"name": "x", "role": "king"}, http.StatusUnprocessableEntity, "request_invalid", nil, "member_one_of",
			map[string]any{"member": "role", "choices": "administrator, analyst, viewer"}},
	} {
		t.Run(tt.method+" "+tt.path, func(t *testing.T) {
			got := a.call("administrator", tt.method, tt.path, tt.body, tt.status)
			if got["code"] != tt.code || tt.params != nil && !reflect.DeepEqual(got["params"], tt.params) {
				t.Errorf("got code %v, params %v; want %s, %v", got["code"], got["params"], tt.code, tt.params)
			}
			if got["detail"] == "" || got["detail"] == nil {
				t.Error("there is no detail for those who read English")
			}
			if tt.detail == "" {
				return
			}
			errors, _ := got["errors"].([]any)
			if len(errors) == 0 {
				t.Fatalf("no errors in %v", got)
			}
			first := errors[0].(map[string]any)
			if first["code"] != tt.detail || tt.of != nil && !reflect.DeepEqual(first["params"], tt.of) {
				raw, _ := json.Marshal(first)
				t.Errorf("got %s; want %s, %v", raw, tt.detail, tt.of)
			}
		})
	}
}
