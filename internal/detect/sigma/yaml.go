package sigma

import (
	"math/big"
	"strings"

	"gopkg.in/yaml.v3"
)

// A member is a key of a map, and its value.
type member struct {
	name  string
	line  int
	value *yaml.Node
}

// resolve follows aliases, which stand for a node elsewhere.
func resolve(n *yaml.Node) *yaml.Node {
	for range maxDepth {
		if n.Kind != yaml.AliasNode {
			return n
		}
		n = n.Alias
	}
	fail(n.Line, "an alias stands for itself")
	return nil
}

// members returns what a map holds. A key that stands twice is an error: most
// programs would forget the first without a word.
func members(n *yaml.Node, what string) []member {
	n = resolve(n)
	if n.Kind != yaml.MappingNode {
		fail(n.Line, "%s must be a map of names and values; it is %s", what, kindOf(n))
	}
	seen := map[string]int{}
	var all []member
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := resolve(n.Content[i])
		if key.Kind != yaml.ScalarNode {
			fail(key.Line, "a name in %s must be a word; it is %s", what, kindOf(key))
		}
		if key.Tag == "!!merge" {
			fail(key.Line, "the merge key << is not taken in %s; write out what it stands for", what)
		}
		if before, twice := seen[key.Value]; twice {
			fail(key.Line, "%q stands twice in %s, first on line %d; YAML keeps only one of them: join them, or rename one", key.Value, what, before)
		}
		seen[key.Value] = key.Line
		all = append(all, member{key.Value, key.Line, resolve(n.Content[i+1])})
	}
	return all
}

func kindOf(n *yaml.Node) string {
	switch {
	case n.Kind == yaml.MappingNode:
		return "a map"
	case n.Kind == yaml.SequenceNode:
		return "a list"
	case n.Tag == "!!null":
		return "nothing"
	}
	return "a single value"
}

// text returns a member that is a text, or a number as it is written.
func (m member) text(most int) string {
	if m.value.Kind != yaml.ScalarNode {
		fail(m.value.Line, "%s must be a text; it is %s", m.name, kindOf(m.value))
	}
	if m.value.Tag == "!!null" {
		return ""
	}
	if len(m.value.Value) > most {
		fail(m.value.Line, "%s has %d bytes; at most %d are taken", m.name, len(m.value.Value), most)
	}
	return m.value.Value
}

// texts returns a member that is a list of texts, or a single one.
func (m member) texts() []string {
	if m.value.Kind == yaml.ScalarNode {
		if s := m.text(maxText); s != "" {
			return []string{s}
		}
		return nil
	}
	var all []string
	for _, n := range sequence(m.value, m.name) {
		all = append(all, member{m.name, n.Line, n}.text(maxText))
	}
	if len(all) > maxList {
		fail(m.line, "%s has %d entries; at most %d are taken", m.name, len(all), maxList)
	}
	return all
}

// flag returns a member that is yes or no.
func (m member) flag() bool {
	switch strings.ToLower(m.value.Value) {
	case "true":
		return true
	case "false":
		return false
	}
	fail(m.value.Line, "%s must be true or false", m.name)
	return false
}

// sequence returns the entries of a list.
func sequence(n *yaml.Node, what string) []*yaml.Node {
	if n.Kind != yaml.SequenceNode {
		fail(n.Line, "%s must be a list; it is %s", what, kindOf(n))
	}
	all := make([]*yaml.Node, len(n.Content))
	for i, kid := range n.Content {
		all[i] = resolve(kid)
	}
	return all
}

// scalar returns a value of a detection as the text that it is compared as. A
// number that is not quoted is a number: 0x10 is 16.
func scalar(n *yaml.Node) Value {
	v := Value{Text: n.Value, Null: n.Tag == "!!null", Line: n.Line}
	switch n.Tag {
	case "!!int":
		if number, ok := new(big.Int).SetString(strings.ReplaceAll(n.Value, "_", ""), 0); ok && len(n.Value) < 100 {
			v.Text = number.String()
		}
	case "!!bool":
		v.Text = strings.ToLower(n.Value)
	}
	return v
}
