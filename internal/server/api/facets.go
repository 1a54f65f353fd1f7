package api

import (
	"context"
	"time"

	"github.com/eljefe/eljefe/internal/fault"
	"github.com/eljefe/eljefe/internal/query"
	"github.com/eljefe/eljefe/internal/store"
)

// FacetValue is a value and how many events, or binaries, have it.
type FacetValue struct {
	Value string `json:"value" doc:"as in field:value, without quotes; in the spelling that most have"`
	Count int64  `json:"count"`
	ID    int64  `json:"id,omitempty" doc:"of the station, where the field is station"`
}

// Facet is the values that a field has.
type Facet struct {
	Field  string       `json:"field"`
	Values []FacetValue `json:"values" doc:"in the order of their counts"`
	Others int64        `json:"others" doc:"events, or binaries, with further values"`
	Blank  int64        `json:"blank" doc:"those in which the field has no value"`
}

type facetsInput struct {
	SearchInput
	Field []string `query:"field,explode" required:"true" minItems:"1" maxItems:"8" doc:"once for each field"`
	Limit int      `query:"limit" minimum:"1" maximum:"100" default:"10" doc:"values of each field"`
	Order string   `query:"order" enum:"desc,asc" default:"desc" doc:"by count; asc shows what few events have"`
}

type facetsOutput struct {
	Body struct {
		Facets     []Facet    `json:"facets" doc:"in the order asked for"`
		Events     int64      `json:"events" doc:"that were counted; of /binaries/facets, the binaries"`
		Complete   bool       `json:"complete" doc:"false: the time was up; the figures are those of the events since searched_to"`
		SearchedTo *time.Time `json:"searched_to,omitempty"`
	}
}

func (a *API) getFacets(ctx context.Context, in *facetsInput) (*facetsOutput, error) {
	search, err := in.search(a.Now())
	if err != nil {
		return nil, err
	}
	fields, err := fieldsNamed(in.Field, query.FieldByName)
	if err != nil {
		return nil, err
	}
	found, err := a.Store.FacetBy(ctx, store.FacetList{Search: search, Fields: fields, Limit: in.Limit, Rarest: in.Order == "asc"})
	if err != nil {
		return nil, err
	}
	return facetsJSON(found), nil
}

type binaryFacetsInput struct {
	Q     string   `query:"q" maxLength:"16384" doc:"filter by the fields of binaries"`
	Field []string `query:"field,explode" required:"true" minItems:"1" maxItems:"8" doc:"once for each field"`
	Limit int      `query:"limit" minimum:"1" maximum:"100" default:"10" doc:"values of each field"`
}

func (a *API) getBinaryFacets(ctx context.Context, in *binaryFacetsInput) (*facetsOutput, error) {
	q, err := query.ParseBinaries(in.Q, a.Now())
	if err != nil {
		return nil, err
	}
	fields, err := fieldsNamed(in.Field, query.BinaryFieldByName)
	if err != nil {
		return nil, err
	}
	found, err := a.Store.BinaryFacets(ctx, store.BinaryFacetList{Query: q, Fields: fields, Limit: in.Limit})
	if err != nil {
		return nil, err
	}
	return facetsJSON(found), nil
}

// fieldsNamed returns the fields that a request names.
func fieldsNamed(names []string, byName func(string) (*query.Field, bool)) ([]*query.Field, error) {
	fields := make([]*query.Field, len(names))
	for i, name := range names {
		f, ok := byName(name)
		if !ok {
			return nil, fault.Invalidf("there is no field %.64q; /query/fields lists them", name).Coded("no_field", "field")
		}
		fields[i] = f
	}
	return fields, nil
}

func facetsJSON(found *store.Facets) *facetsOutput {
	out := &facetsOutput{}
	out.Body.Facets, out.Body.Events, out.Body.Complete = make([]Facet, len(found.Facets)), found.Events, found.Complete
	if !found.Complete {
		out.Body.SearchedTo = &found.SearchedTo
	}
	for i, f := range found.Facets {
		facet := Facet{Field: f.Field, Values: make([]FacetValue, len(f.Values)), Others: f.Others, Blank: f.Blank}
		for j, v := range f.Values {
			facet.Values[j] = FacetValue(v)
		}
		out.Body.Facets[i] = facet
	}
	return out
}
