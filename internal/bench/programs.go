package bench

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"strconv"

	"github.com/eljefe/eljefe/internal/event"
)

// program is an executable file.
type program struct {
	image, name, sha256                            string
	size                                           uint64
	description, product, company, version, signer string
	signed                                         *bool
}

// The kinds of programs, each with a popularity of its own.
const (
	service = iota
	console
	webBrowser
	shell
	office
	background
	workTool
	kinds
)

// kindOf says how many programs of a kind there are, and how steeply their
// popularity falls; 0 for evenly.
var kindOf = [kinds]struct {
	folder string
	count  int
	slope  float64
}{
	service:    {`C:\Windows\System32\`, 6, 0},
	console:    {`C:\Windows\System32\`, 4, 0},
	webBrowser: {`C:\Program Files\Google\Chrome\Application\`, 30, 1.5},
	shell:      {`C:\Windows\System32\`, 60, 1.3},
	office:     {`C:\Program Files\Microsoft Office\root\Office16\`, 300, 1.2},
	background: {`C:\Windows\System32\`, 3000, 1.15},
	workTool:   {`C:\Program Files\`, 5000, 1.1},
}

// names of the most popular programs of each kind; others have invented ones.
var namesOf = [kinds][]string{
	service:    {"svchost.exe", "svchost.exe", "svchost.exe", "svchost.exe", "svchost.exe", "svchost.exe"},
	console:    {"conhost.exe", "conhost.exe", "conhost.exe", "conhost.exe"},
	webBrowser: {"chrome.exe", "chrome.exe", "chrome.exe", "msedge.exe", "firefox.exe"},
	shell:      {"powershell.exe", "cmd.exe", "reg.exe", "net.exe", "wscript.exe", "whoami.exe"},
	office:     {"WINWORD.EXE", "EXCEL.EXE", "OUTLOOK.EXE", "POWERPNT.EXE", "AcroRd32.exe"},
	background: {"taskhostw.exe", "backgroundTaskHost.exe", "RuntimeBroker.exe", "dllhost.exe", "SearchProtocolHost.exe"},
	workTool:   {"git.exe", "node.exe", "python.exe", "cl.exe", "java.exe"},
}

// ownPrograms is how many programs a station has that few others have.
const ownPrograms = 27

type programs struct {
	popular  [kinds][]*program
	zipf     [kinds]*rand.Zipf
	own      []*program // made when they first run
	phrases  *rand.Zipf // what command lines speak of
	services []string   // command lines
	roots    [4]program
}

func newPrograms(r *rand.Rand, stations int) *programs {
	p := &programs{own: make([]*program, stations*ownPrograms+40), phrases: rand.NewZipf(r, 1.08, 2, 200_000)}
	for kind, k := range kindOf {
		p.popular[kind] = make([]*program, k.count)
		for i := range p.popular[kind] {
			folder, name := k.folder, word(uint64(kind*7919+i))+".exe"
			if i < len(namesOf[kind]) {
				name = namesOf[kind][i]
			} else if kind == workTool {
				folder += word(uint64(i)*3) + `\`
			}
			p.popular[kind][i] = newProgram(folder, name, kind*100_000+i)
		}
		if k.slope > 0 {
			p.zipf[kind] = rand.NewZipf(r, k.slope, 2, uint64(k.count-1))
		}
	}
	for i := range 80 {
		p.services = append(p.services, fmt.Sprintf(`C:\Windows\system32\svchost.exe -k %s -p -s %s`, word(uint64(i)*7+1), word(uint64(i)*13+5)))
	}
	for i, name := range [...]string{"services.exe", "svchost.exe", "explorer.exe", "chrome.exe"} {
		p.roots[i] = *newProgram(`C:\Windows\System32\`, name, 10_000_000+i)
	}
	p.roots[browser] = *p.popular[webBrowser][0]
	return p
}

func newProgram(folder, name string, number int) *program {
	sum := sha256.Sum256([]byte("program " + strconv.Itoa(number)))
	maker := word(uint64(sum[0]))
	p := &program{
		image: folder + name, name: name, sha256: hex.EncodeToString(sum[:]), size: 20_000 + uint64(sum[1])*uint64(sum[2])*77,
		description: word(uint64(sum[3])) + " " + name, product: maker + " suite", company: maker + " Corporation",
		version: fmt.Sprintf("%d.%d.%d", sum[4]%20, sum[5]%10, int(sum[6])*40), signer: "CN=" + maker + " Corporation, O=" + maker, signed: &verified,
	}
	if sum[7] < 30 {
		p.signer, p.signed = "", &unsigned
	}
	return p
}

// draw returns a program of a kind, by popularity.
func (p *programs) draw(r *rand.Rand, kind, station int) *program {
	list := p.popular[kind]
	if p.zipf[kind] == nil {
		return list[station%len(list)] // versions of Windows
	}
	return list[p.zipf[kind].Uint64()]
}

// drawOwn returns a program that one to three stations have.
func (p *programs) drawOwn(r *rand.Rand, station int) *program {
	at := (station*ownPrograms + r.IntN(40)) % len(p.own)
	if p.own[at] == nil {
		p.own[at] = newProgram(`C:\Program Files\`+word(uint64(at)*3)+`\`, word(uint64(at)*3+1)+".exe", 1_000_000+at)
	}
	return p.own[at]
}

func (p *programs) exit(r *rand.Rand) *uint32 {
	if r.IntN(12) == 0 {
		return &failed
	}
	return &succeeded
}

// What searches look for: in a tenth of the command lines, in about one of a
// million, in none, and in none of the events.
const (
	CommonText = "--type=renderer"
	RareText   = "JABzAD0ATgBlAHcALQBPAGIAagBlAGMAdAA"
	AbsentText = "zqxjkvbwqz"
)

// work lets s start a process as people and their machines do.
func (g *Generator) work(s *station) {
	r, p := g.rand, event.Process{Time: s.next}
	parent := s.roots[desktop]
	if r.IntN(100) < 45 {
		parent = s.recent[r.IntN(len(s.recent))]
	}
	var of *program
	g.buf = g.buf[:0]
	starter := false
	kind := kindOfWork[r.IntN(len(kindOfWork))]
	if kind == workTool && r.IntN(4) == 0 {
		of = g.programs.drawOwn(r, s.number)
	} else {
		of = g.programs.draw(r, kind, s.number)
	}
	g.asUser(s, &p)
	switch kind {
	case service:
		g.asSystem(&p)
		parent = s.roots[services]
		p.CommandLine = g.programs.services[r.IntN(len(g.programs.services))]
	case console:
		p.CommandLine = `\??\C:\Windows\system32\conhost.exe 0xffffffff -ForceV1`
	case webBrowser:
		parent, p.Integrity = s.roots[browser], event.Untrusted
		g.browserLine(s)
	case shell:
		starter = true
		g.shellLine(p.CurrentDirectory)
	case office:
		g.officeLine(of, p.CurrentDirectory)
	case background:
		parent = s.roots[serviceHost]
		b := uint64(of.size)
		g.put(`"`, of.image, `" -ServerName:App.AppX`, word(b*17), word(b*19), word(b*23), `.mca --user=`, word(b%50), ` --channel=stable /task `, word(g.programs.phrases.Uint64()%400))
	case workTool:
		starter = r.IntN(3) == 0
		g.toolLine(of)
	}
	if p.CommandLine == "" {
		p.CommandLine = string(g.buf)
	}
	started := g.start(s, &p, of, parent)
	if starter {
		s.recent[r.IntN(len(s.recent))] = started
	}
	g.live(s, started)
}

// kindOfWork has each kind as often as it happens in a hundred starts.
var kindOfWork = func() (list []int) {
	for kind, share := range [kinds]int{18, 10, 12, 15, 8, 22, 15} {
		for range share {
			list = append(list, kind)
		}
	}
	return list
}()

// put appends texts to the command line.
func (g *Generator) put(texts ...string) {
	for _, t := range texts {
		g.buf = append(g.buf, t...)
	}
}

func (g *Generator) putNumber(below int64) {
	g.buf = strconv.AppendInt(g.buf, g.rand.Int64N(below), 10)
}
func (g *Generator) putID() { g.buf = strconv.AppendInt(g.buf, g.rand.Int64(), 36) }

func (g *Generator) browserLine(s *station) {
	g.put(`"C:\Program Files\Google\Chrome\Application\chrome.exe" `, CommonText, ` --lang=es --device-scale-factor=1.25 --num-raster-threads=4 --enable-main-frame-before-activation --renderer-client-id=`)
	g.putNumber(4000)
	g.put(` --time-ticks-at-unix-epoch=-`)
	g.buf = strconv.AppendUint(g.buf, 1_700_000_000_000_000+s.boot%1_000_000_007, 10)
	g.put(` --launch-time-ticks=`)
	g.putNumber(1e12)
	g.put(` --field-trial-handle=`)
	g.putNumber(9000)
	g.put(`,i,`)
	g.putNumber(1 << 62)
	g.put(`,`)
	g.putNumber(1 << 62)
	g.put(`,262144 --variations-seed-version=20261120-050057.293000 --mojo-platform-channel-handle=`)
	g.putNumber(9000)
	g.put(` /prefetch:1`)
}

func (g *Generator) shellLine(home string) {
	phrase := g.programs.phrases.Uint64()
	switch n := g.rand.IntN(150_000); {
	case n == 0:
		g.put(`powershell -w hidden -enc `)
		g.putID()
		g.put(RareText)
		g.putID()
	case n%10 < 4:
		g.put(`powershell.exe -NoProfile -ExecutionPolicy Bypass -File "`, home, `AppData\Local\Temp\`)
		g.putID()
		g.put(`.ps1" -Mode `, word(phrase))
	case n%10 < 7:
		g.put(`C:\Windows\system32\cmd.exe /d /s /c "`, word(phrase), ` --`, word(phrase+1), `=`, strconv.FormatUint(phrase, 10), ` > C:\ProgramData\`, word(phrase/10), `\`, word(phrase), `.log 2>&1"`)
	default:
		g.put(`reg query HKLM\SOFTWARE\Microsoft\`, word(phrase/5), `\`, word(phrase), ` /v `, word(phrase+3))
	}
}

func (g *Generator) officeLine(of *program, home string) {
	g.put(`"`, of.image, `" /n "`, home, `Documents\`, word(g.programs.phrases.Uint64()), ` `)
	g.putNumber(100_000)
	g.put(`.docx" /o ""`)
}

func (g *Generator) toolLine(of *program) {
	phrase := g.programs.phrases.Uint64()
	g.put(`"`, of.image, `" --`, word(phrase), ` `, word(phrase+7))
	if g.rand.IntN(10) < 4 {
		g.put(` -o C:\build\`)
		g.putID()
		g.put(`\`, word(phrase), `.obj`)
	}
}

// word returns an invented word; equal numbers give equal words.
func word(n uint64) string { return words[(n*0x9E3779B97F4A7C15)>>(64-wordBits)] }

const wordBits = 13

var words = func() *[1 << wordBits]string {
	parts := [...]string{"net", "win", "dat", "sys", "upd", "mon", "svc", "app", "log", "sec", "pol", "ker", "dev", "cfg", "rep", "loc", "ven", "tas", "pri", "ses"}
	r := rand.New(rand.NewPCG(1, 2))
	var list [1 << wordBits]string
	for i := range list {
		for range 2 + r.IntN(3) {
			list[i] += parts[r.IntN(len(parts))]
		}
	}
	return &list
}()
