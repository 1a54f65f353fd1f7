package api

import (
	"context"
	"strings"
	"time"

	"github.com/eljefe/eljefe/internal/fault"
	"github.com/eljefe/eljefe/internal/query"
)

// Field describes a field of the filter language.
type Field struct {
	Name        string   `json:"name"`
	Sigma       string   `json:"sigma,omitempty" doc:"its name in Sigma rules, accepted too"`
	Type        string   `json:"type" enum:"text,number,size,duration,time,boolean,enum,hash,guid,privilege,decimal,capability"`
	Description string   `json:"description"`
	Values      []string `json:"values,omitempty" doc:"all values it can have"`
	Examples    []string `json:"examples,omitempty"`
}

type fieldsOutput struct {
	Body struct {
		Fields []Field `json:"fields"`
	}
}

// OfInput says of what a filter chooses.
type OfInput struct {
	Of string `query:"of" enum:"events,binaries,devices" default:"events" doc:"what the filter is for"`
}

func (in *OfInput) parse(q string, now time.Time) (*query.Query, error) {
	switch in.Of {
	case "binaries":
		return query.ParseBinaries(q, now)
	case "devices":
		return query.ParseDevices(q, now)
	}
	return query.Parse(q, now)
}

func (in *OfInput) fields() []*query.Field {
	switch in.Of {
	case "binaries":
		return query.BinaryFields()
	case "devices":
		return query.DeviceFields()
	}
	return query.Fields()
}

func (in *OfInput) field(name string) (*query.Field, bool) {
	switch in.Of {
	case "binaries":
		return query.BinaryFieldByName(name)
	case "devices":
		return query.DeviceFieldByName(name)
	}
	return query.FieldByName(name)
}

func (a *API) queryFields(_ context.Context, in *OfInput) (*fieldsOutput, error) {
	out := &fieldsOutput{}
	for _, f := range in.fields() {
		out.Body.Fields = append(out.Body.Fields, Field{
			Name: f.Name, Sigma: f.Sigma, Type: string(f.Type), Description: f.Description, Values: f.Choices(), Examples: f.Examples,
		})
	}
	return out, nil
}

type valuesInput struct {
	OfInput
	Field  string `query:"field" required:"true" maxLength:"64"`
	Prefix string `query:"prefix" maxLength:"256" doc:"what has been typed of it"`
	Limit  int    `query:"limit" minimum:"1" maximum:"100" default:"20"`
}

// FieldValue is a value that a field has.
type FieldValue struct {
	Value string `json:"value"`
	Count int64  `json:"count,omitempty" doc:"process starts with it, where that is known"`
}

type valuesOutput struct {
	Body struct {
		Values []FieldValue `json:"values"`
	}
}

func (a *API) queryValues(ctx context.Context, in *valuesInput) (*valuesOutput, error) {
	f, ok := in.field(in.Field)
	if !ok {
		return nil, fault.Invalidf("there is no field %q; /query/fields lists them", in.Field).Coded("no_field", "field")
	}
	out := &valuesOutput{}
	out.Body.Values = []FieldValue{}
	fixed := f.Choices()
	for _, v := range fixed {
		if len(out.Body.Values) < in.Limit && strings.Contains(strings.ToLower(v), strings.ToLower(in.Prefix)) {
			out.Body.Values = append(out.Body.Values, FieldValue{Value: v})
		}
	}
	if fixed != nil {
		return out, nil
	}
	list := a.Store.FieldValues
	if in.Of == "devices" {
		list = a.Store.DeviceFieldValues
	}
	values, err := list(ctx, f.Name, in.Prefix, in.Limit)
	if err != nil {
		return nil, err
	}
	for _, v := range values {
		out.Body.Values = append(out.Body.Values, FieldValue(v))
	}
	return out, nil
}

type checkInput struct {
	OfInput
	Q string `query:"q" maxLength:"16384"`
}

// TermJSON is one of the terms that must all hold: a chip of the filter bar.
type TermJSON struct {
	Text     string `json:"text" doc:"in canonical form"`
	Position int    `json:"position" doc:"where it stands in the filter, in characters from 0"`
	Length   int    `json:"length"`
	Negated  bool   `json:"negated"`
	Field    string `json:"field,omitempty" doc:"of a single term"`
}

type checkOutput struct {
	Body struct {
		OK        bool       `json:"ok"`
		Canonical string     `json:"canonical" doc:"the filter in canonical form"`
		Terms     []TermJSON `json:"terms"`
	}
}

func (a *API) checkQuery(_ context.Context, in *checkInput) (*checkOutput, error) {
	q, err := in.parse(in.Q, a.Now())
	if err != nil {
		return nil, err
	}
	out := &checkOutput{}
	out.Body.OK, out.Body.Canonical, out.Body.Terms = true, q.String(), []TermJSON{}
	for _, n := range q.Terms() {
		t := TermJSON{Text: query.Format(n), Position: n.Place().Position, Length: n.Place().Length}
		inner := n
		if not, ok := n.(*query.Not); ok {
			t.Negated, inner = true, not.Node
		}
		if term, ok := inner.(*query.Term); ok && term.Field != nil {
			t.Field = term.Field.Name
		}
		out.Body.Terms = append(out.Body.Terms, t)
	}
	return out, nil
}
