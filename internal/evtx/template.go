package evtx

import (
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/eljefe/eljefe/internal/event"
)

// Tokens of binary XML ([MS-EVEN6] 2.2.12). Flag 0x40 says that more data
// follows: for an element, that it has attributes.
const (
	tokenEnd          = 0x00
	tokenElement      = 0x01
	tokenCloseStart   = 0x02 // ">" of an element with content
	tokenCloseEmpty   = 0x03 // "/>"
	tokenEndElement   = 0x04 // "</name>"
	tokenText         = 0x05
	tokenAttribute    = 0x06
	tokenCDATA        = 0x07
	tokenCharRef      = 0x08
	tokenEntityRef    = 0x09
	tokenInstance     = 0x0c // of a template
	tokenSubstitution = 0x0d
	tokenOptional     = 0x0e // substitution that may be missing
	tokenFragment     = 0x0f // fragment header, 4 bytes
	tokenMore         = 0x40 // flag
)

const (
	fragmentHeaderSize = 4
	nameHeaderSize     = 8 // offset of the next name, hash, number of units; 2 bytes of NUL follow the text
	maxNameUnits       = 512
	maxElementDepth    = 32
)

// A place says where in an event an element stands, as far as that matters.
type place uint8

const (
	placeRoot   place = iota // outside of everything
	placeEvent               // directly in Event
	placeSystem              // directly in Event/System
	placeData                // anywhere in EventData, UserData or ProcessingErrorData
	placeOther               // where nothing is of interest
)

// inside returns the place inside an element called name that stands at p.
func (p place) inside(name string) place {
	switch {
	case p == placeRoot && name == "Event":
		return placeEvent
	case p == placeEvent && name == "System":
		return placeSystem
	case p == placeEvent && (name == "EventData" || name == "UserData" || name == "ProcessingErrorData"):
		return placeData
	case p == placeData:
		return placeData
	}
	return placeOther
}

// A field says what to do with an item of a template.
type field uint8

const (
	fieldNone field = iota
	fieldProvider
	fieldChannel
	fieldComputer
	fieldUserSID
	fieldEventID
	fieldVersion
	fieldLevel
	fieldTask
	fieldOpcode
	fieldKeywords
	fieldPID
	fieldTID
	fieldRecordID
	fieldTime
	fieldData   // a named value
	fieldNested // binary XML that stands where an element could
)

// systemTexts is the number of fields before fieldEventID, all texts.
const systemTexts = int(fieldEventID)

// systemElements are the elements in System whose content is kept.
var systemElements = map[string]field{
	"EventID":       fieldEventID,
	"Version":       fieldVersion,
	"Level":         fieldLevel,
	"Task":          fieldTask,
	"Opcode":        fieldOpcode,
	"Keywords":      fieldKeywords,
	"EventRecordID": fieldRecordID,
	"Channel":       fieldChannel,
	"Computer":      fieldComputer,
}

// systemAttributes are the attributes of elements in System that are kept.
var systemAttributes = map[[2]string]field{
	{"Provider", "Name"}:          fieldProvider,
	{"TimeCreated", "SystemTime"}: fieldTime,
	{"Security", "UserID"}:        fieldUserSID,
	{"Execution", "ProcessID"}:    fieldPID,
	{"Execution", "ThreadID"}:     fieldTID,
}

// entities are the only ones that XML knows without a declaration.
var entities = map[string]string{"amp": "&", "lt": "<", "gt": ">", "quot": `"`, "apos": "'"}

// A piece of a text is a constant or the number of a substitution.
type piece struct {
	text string
	sub  int32 // -1: the text
}

// A pieces is a range of decoder.pieces.
type pieces struct{ from, to int32 }

// An item of a template produces one value of a record.
type item struct {
	field  field
	place  place  // for fieldNested: where its elements stand
	name   string // for fieldData and fieldNested; empty if it is not constant
	naming pieces // for fieldData: the name, where it is not constant
	text   pieces // for fieldNested: the one substitution
}

// A template is a compiled element tree: only the items of interest, in order.
// The items are a range of decoder.items.
type template struct {
	from, to int32
	err      error // why it could not be compiled
}

// A compiler turns the element tree between pos and end of a chunk into items.
// After an error it stands at the end and reads zeros.
type compiler struct {
	d        *decoder
	pos, end int
	inside   bool // in a template definition: elements carry a dependency id
	err      error
}

// compile compiles what stands between pos and end, whose root is at place at.
// It also returns where it ends.
func (d *decoder) compile(pos, end int, at place, definition bool) (template, int) {
	c := compiler{d: d, pos: pos, end: end, inside: definition}
	t := template{from: int32(len(d.items))}
	for c.err == nil && c.peek() != tokenEnd {
		switch token := c.peek(); token {
		case tokenFragment:
			c.skip(fragmentHeaderSize)
		case tokenElement, tokenElement | tokenMore:
			c.element(at, 0)
		default:
			c.fail("token %#02x where an element should begin", token)
		}
	}
	t.to, t.err = int32(len(d.items)), c.err
	return t, c.pos
}

func (c *compiler) fail(format string, args ...any) {
	if c.err == nil {
		c.err = fmt.Errorf("template at %#x: "+format, append([]any{c.pos}, args...)...)
	}
	c.pos = c.end
}

// take returns the next n bytes, or nil after the end.
func (c *compiler) take(n int) []byte {
	if n > c.end-c.pos {
		c.fail("it ends in the middle")
		return nil
	}
	b := c.d.chunk[c.pos : c.pos+n]
	c.pos += n
	return b
}

func (c *compiler) skip(n int) { c.take(n) }

// peek returns the next token, or tokenEnd at the end.
func (c *compiler) peek() byte {
	if c.pos >= c.end {
		return tokenEnd
	}
	return c.d.chunk[c.pos]
}

func (c *compiler) uint16() int {
	if b := c.take(2); b != nil {
		return int(binary.LittleEndian.Uint16(b))
	}
	return 0
}

func (c *compiler) uint32() int64 {
	if b := c.take(4); b != nil {
		return int64(binary.LittleEndian.Uint32(b))
	}
	return 0
}

// name reads a reference to a name. The name stands somewhere in the chunk; at
// its first use, right here.
func (c *compiler) name() string {
	at := c.uint32()
	chunk := c.d.chunk
	if c.err != nil || at+nameHeaderSize > int64(len(chunk)) {
		c.fail("a name lies outside of the chunk")
		return ""
	}
	text := int(at) + nameHeaderSize
	units := int(binary.LittleEndian.Uint16(chunk[text-2:]))
	if units > maxNameUnits || text+2*units > len(chunk) {
		c.fail("a name has %d letters", units)
		return ""
	}
	if int(at) == c.pos {
		c.skip(nameHeaderSize + 2*units + 2)
	}
	return c.d.intern(chunk[text : text+2*units])
}

// element compiles the element that begins here. at is where it stands.
func (c *compiler) element(at place, depth int) {
	if depth > maxElementDepth {
		c.fail("elements are nested deeper than %d", maxElementDepth)
	}
	if !c.d.spend(1) {
		c.fail("%w", errBudget)
	}
	attributes := c.peek()&tokenMore != 0
	c.skip(1)
	if c.inside {
		c.skip(2) // dependency id
	}
	c.skip(4) // size of the element
	name := c.name()
	if attributes {
		c.skip(4) // size of the attribute list
	}
	var naming pieces
	for attributes && (c.peek() == tokenAttribute || c.peek() == tokenAttribute|tokenMore) {
		if !c.d.spend(1) {
			c.fail("%w", errBudget)
		}
		c.skip(1)
		attribute := c.name()
		text := c.text()
		if at == placeData && name == "Data" && attribute == "Name" {
			naming = text
		}
		if f := systemAttributes[[2]string{name, attribute}]; at == placeSystem && f != fieldNone {
			c.add(item{field: f, text: text})
		}
	}
	switch token := c.peek(); {
	case c.err != nil:
	case token == tokenCloseEmpty:
		c.skip(1)
		c.leaf(at, name, naming, pieces{})
	case token == tokenCloseStart:
		c.skip(1)
		c.content(at, name, naming, depth)
	default:
		c.fail("token %#02x after the attributes", token)
	}
}

// content compiles what stands between an element's start and its end.
func (c *compiler) content(at place, name string, naming pieces, depth int) {
	within := at.inside(name)
	first := int32(len(c.d.pieces))
	leaf := true
	for c.err == nil {
		switch token := c.peek(); {
		case c.pos >= c.end:
			c.fail("the element %q does not end", name)
		case token == tokenEndElement:
			c.skip(1)
			if leaf {
				c.leaf(at, name, naming, pieces{first, int32(len(c.d.pieces))})
			}
			return
		case token&^tokenMore == tokenElement:
			leaf = false
			c.element(within, depth+1)
		case c.nested():
			leaf = false
			text := c.text1()
			c.add(item{field: fieldNested, place: within, name: name, text: text})
		default:
			if p := c.text1(); p.from == p.to {
				c.fail("token %#02x in the content of %q", token, name)
			}
		}
	}
}

// nested tells whether a substitution by binary XML follows.
func (c *compiler) nested() bool {
	token := c.peek()
	return (token == tokenSubstitution || token == tokenOptional) && c.end-c.pos >= 4 && c.d.chunk[c.pos+3] == typeBinXML
}

// text reads constants and substitutions as long as they come.
func (c *compiler) text() pieces {
	all := pieces{from: int32(len(c.d.pieces))}
	for {
		p := c.text1()
		all.to = p.to
		if p.from == p.to {
			return all
		}
	}
}

// text1 reads one constant or substitution; none, if something else follows.
func (c *compiler) text1() pieces {
	p := piece{sub: -1}
	from := int32(len(c.d.pieces))
	switch token := c.peek(); token {
	case tokenText, tokenText | tokenMore:
		c.skip(1)
		if kind := c.take(1); kind != nil && kind[0] != typeString {
			c.fail("constant of type %#02x", kind[0])
		}
		p.text = c.d.intern(c.take(2 * c.uint16()))
	case tokenCDATA, tokenCDATA | tokenMore:
		c.skip(1)
		p.text = c.d.intern(c.take(2 * c.uint16()))
	case tokenCharRef, tokenCharRef | tokenMore:
		c.skip(1)
		p.text = event.CleanText(string(rune(c.uint16())))
	case tokenEntityRef, tokenEntityRef | tokenMore:
		c.skip(1)
		p.text = entities[c.name()]
	case tokenSubstitution, tokenOptional:
		c.skip(1)
		p.sub = int32(c.uint16())
		c.skip(1) // declared type; the instance tells the real one
	default:
		return pieces{from, from}
	}
	if !c.d.spend(1 + len(p.text)/bytesPerUnit) {
		c.fail("%w", errBudget)
	}
	if c.err != nil {
		return pieces{from, from}
	}
	c.d.pieces = append(c.d.pieces, p)
	return pieces{from, from + 1}
}

// leaf adds the item of an element without child elements.
func (c *compiler) leaf(at place, name string, naming, text pieces) {
	switch at {
	case placeSystem:
		if f := systemElements[name]; f != fieldNone {
			c.add(item{field: f, text: text})
		}
	case placeData:
		it := item{field: fieldData, name: name, text: text}
		if name == "Data" && naming.from < naming.to {
			it.name, it.naming = c.d.constant(naming)
		}
		c.add(it)
	}
}

func (c *compiler) add(it item) {
	if c.err == nil {
		c.d.items = append(c.d.items, it)
	}
}

// constant returns the text of p if it is constant, otherwise p itself.
func (d *decoder) constant(p pieces) (string, pieces) {
	parts := d.pieces[p.from:p.to]
	if slices.ContainsFunc(parts, func(p piece) bool { return p.sub >= 0 }) {
		return "", p
	}
	if len(parts) == 1 {
		return parts[0].text, pieces{}
	}
	var text []byte
	for _, part := range parts {
		text = append(text, part.text...)
	}
	return string(text), pieces{}
}
