package api

import (
	"reflect"
	"strings"
)

// memberNames returns the JSON names of a struct's fields, those of embedded
// structs in their place.
func memberNames(v any) []string { return typeMembers(reflect.TypeOf(v)) }

func typeMembers(t reflect.Type) (names []string) {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	for f := range t.Fields() {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case f.Anonymous && name == "":
			names = append(names, typeMembers(f.Type)...)
		case f.IsExported() && name != "-":
			names = append(names, name)
		}
	}
	return names
}
