package story

import (
	_ "embed"
	"fmt"
	"path"
	"strconv"
	"strings"
)

//go:embed programs.txt
var programText string

//go:embed makers.txt
var makerText string

//go:embed classes.txt
var classText string

// program is an executable of the story.
type program struct {
	path                           string // with $S, $H and $P
	kib                            uint64
	version, original, description string
	maker                          maker
	class                          class
}

type maker struct{ key, company, product, signer string }

// class is how a kind of program behaves.
type class struct {
	from, to                                     int // seconds of life; 0: until the station shuts down
	handles, threads, cpu, cpuMin, reads, writes int
	opsMin, kibOp, commit                        int
}

// rows reads a table of columns separated by "|".
func rows(name, text string, columns int, row func([]string)) {
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		cells := strings.Split(line, "|")
		if len(cells) != columns {
			panic(fmt.Sprintf("%s has %d columns in: %s", name, len(cells), line))
		}
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		row(cells)
	}
}

func number(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil && s != "-" {
		panic(err)
	}
	return n
}

// readPrograms returns the programs by name.
func readPrograms() map[string]*program {
	makers, classes, programs := map[string]maker{}, map[string]class{}, map[string]*program{}
	rows("makers.txt", makerText, 4, func(c []string) { makers[c[0]] = maker{c[0], c[1], c[2], c[3]} })
	rows("classes.txt", classText, 12, func(c []string) {
		var n [11]int
		for i := range n {
			n[i] = number(c[i+1])
		}
		classes[c[0]] = class{n[0], n[1], n[2], n[3], n[4], n[5], n[6], n[7], n[8], n[9], n[10]}
	})
	rows("programs.txt", programText, 8, func(c []string) {
		p := &program{
			path:    strings.NewReplacer("$S", `C:\Windows\System32`, "$P", `C:\Program Files`, "<RLO>", "\u202e").Replace(c[1]),
			kib:     uint64(number(c[2])),
			version: c[3], original: c[5], description: c[6], maker: makers[c[4]],
		}
		if p.original == "=" {
			p.original = path.Base(strings.ReplaceAll(p.path, `\`, "/"))
		}
		var ok bool
		if p.class, ok = classes[c[7]]; !ok {
			panic("programs.txt: no class " + c[7])
		}
		if _, ok := makers[c[4]]; !ok && c[4] != "" {
			panic("programs.txt: no maker " + c[4])
		}
		programs[c[0]] = p
	})
	return programs
}
