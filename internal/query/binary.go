package query

import (
	"slices"
	"sync"
	"time"
)

// ParseBinaries reads a query that chooses binaries. It is the same language
// with the fields of BinaryFields; any error is an *Error. Such a query has no
// Predicate: what is to be known of a binary, an event does not tell.
//
// A bare word is looked for in everything that a binary is called, see SpellOut.
// A binary may have lain in many places: image and name hold if they do for one
// of them.
func ParseBinaries(input string, now time.Time) (*Query, error) {
	return parse(input, now, binaryFields())
}

// BinaryFields returns all fields of binaries in the order in which to show them.
func BinaryFields() []*Field { return slices.Clone(binaryFields().list) }

// BinaryFieldByName returns the field of binaries of that name, as FieldByName
// does that of events.
func BinaryFieldByName(name string) (*Field, bool) { return binaryFields().find(name) }

var binaryFields = sync.OnceValue(func() *fieldTable {
	var list []*Field
	for _, name := range [...]string{
		"name", "image", "original_file_name", "description", "product", "company", "file_version", "signer", "signed",
		"hash", "sha256", "sha1", "md5", "imphash", "file_size", "architecture", "entry_entropy", "entry_sha256", "compiled", "prevalence", "runs", "binary_id",
	} {
		list = append(list, eventFields().byName[name])
	}
	list = append(list,
		&Field{Name: "first_seen", Type: Time, also: "new news first since", Description: "When the binary ran for the first time.",
			Examples: []string{"first_seen:>-24h", "first_seen:2026-11-20"}},
		&Field{Name: "last_seen", Type: Time, also: "last latest", Description: "When the binary last started.",
			Examples: []string{"last_seen:<-30d"}})
	return newFieldTable("binaries", "the names and places of binaries", list)
})

// bareBinaryFields are where a bare word is looked for; the image ends in the name.
var bareBinaryFields = [...]string{"image", "original_file_name", "description", "product", "company", "signer"}

// SpellOut replaces each bare word of a query for binaries by the terms that it
// stands for. Nil stays nil.
func SpellOut(n Node) Node { return spellOut(n, binaryFields(), bareBinaryFields[:]) }

// spellOut replaces each bare word by terms of the fields with these names.
func spellOut(n Node, of *fieldTable, names []string) Node {
	switch n := n.(type) {
	case *And:
		return &And{Span: n.Span, Nodes: spellOutAll(n.Nodes, of, names)}
	case *Or:
		return &Or{Span: n.Span, Nodes: spellOutAll(n.Nodes, of, names)}
	case *Not:
		return &Not{Span: n.Span, Node: spellOut(n.Node, of, names)}
	case *Term:
		if n.Field != nil {
			return n
		}
		values := slices.Clone(n.Values)
		for i := range values {
			values[i].Pattern = BareTest(&values[i])
		}
		var terms []Node
		for _, name := range names {
			terms = append(terms, &Term{Span: n.Span, Field: of.byName[name], Values: values})
		}
		return &Or{Span: n.Span, Nodes: terms}
	}
	return n
}

func spellOutAll(nodes []Node, of *fieldTable, names []string) []Node {
	all := make([]Node, len(nodes))
	for i, n := range nodes {
		all[i] = spellOut(n, of, names)
	}
	return all
}
