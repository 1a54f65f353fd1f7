package winapi

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestDOS(t *testing.T) {
	p := &Paths{
		Drives: func() []Drive {
			return []Drive{{"C:", `\Device\HarddiskVolume3`}, {"D:", `\Device\HarddiskVolume31`}, {"X:", `\Device\CdRom0`}}
		},
		SystemRoot: func() string { return `C:\WINDOWS` },
	}
	for path, want := range map[string]string{
		`\Device\HarddiskVolume3\Windows\notepad.exe`:                        `C:\Windows\notepad.exe`,
		`\device\harddiskvolume3\Windows\notepad.exe`:                        `C:\Windows\notepad.exe`,
		`\Device\HarddiskVolume31\a b.exe`:                                   `D:\a b.exe`,
		`\Device\CdRom0\autorun.exe`:                                         `X:\autorun.exe`,
		`\Device\HarddiskVolume3`:                                            `C:`,
		`\Device\HarddiskVolume4\EFI\boot.efi`:                               `\Device\HarddiskVolume4\EFI\boot.efi`,
		`\Device\Mup\server\share\run.exe`:                                   `\\server\share\run.exe`,
		`\Device\Mup\;LanmanRedirector\;Z:0000000000012345\server\share\run`: `\\server\share\run`,
		`\Device\LanmanRedirector\server\share\run.exe`:                      `\\server\share\run.exe`,
		`\Device\Mup\;LanmanRedirector`:                                      `\Device\Mup\;LanmanRedirector`,
		`\SystemRoot\System32\smss.exe`:                                      `C:\WINDOWS\System32\smss.exe`,
		`\systemroot\System32\smss.exe`:                                      `C:\WINDOWS\System32\smss.exe`,
		`\??\C:\Windows\system32\csrss.exe`:                                  `C:\Windows\system32\csrss.exe`,
		`\\?\C:\Windows\explorer.exe`:                                        `C:\Windows\explorer.exe`,
		`\??\UNC\server\share\run.exe`:                                       `\\server\share\run.exe`,
		`\??\GLOBALROOT\Device\HarddiskVolume3\x.exe`:                        `C:\x.exe`,
		`\??\Volume{12345678-0000-0000-0000-100000000000}\x.exe`:             `\??\Volume{12345678-0000-0000-0000-100000000000}\x.exe`,
		`C:\Windows\explorer.exe`:                                            `C:\Windows\explorer.exe`,
		`\\server\share\run.exe`:                                             `\\server\share\run.exe`,
		`Registry`:                                                           `Registry`, ``: ``, `\`: `\`, `\??\`: `\??\`, `\Device\`: `\Device\`,
	} {
		if got := p.DOS(path); got != want {
			t.Errorf("%s gives %s; want %s", path, got, want)
		}
	}
}

// A new drive is known at its first path, and the letters are not asked for with
// each path that has none.
func TestNewDrive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		asked := 0
		list := []Drive{{"C:", `\Device\HarddiskVolume3`}}
		p := &Paths{Drives: func() []Drive { asked++; return list }}
		const stick = `\Device\HarddiskVolume9\run.exe`
		for range 100 {
			if got := p.DOS(stick); got != stick {
				t.Fatalf("got %s", got)
			}
		}
		if asked != 1 {
			t.Errorf("asked %d times at once; want once", asked)
		}
		time.Sleep(askedAgain)
		list = append(list, Drive{"E:", `\Device\HarddiskVolume9`})
		if got := p.DOS(stick); got != `E:\run.exe` {
			t.Errorf("the new drive's path is %s", got)
		}
		// Another stick under the same letter: the old path has none any more.
		list[1].Device = `\Device\HarddiskVolume10`
		time.Sleep(believed)
		if got := p.DOS(stick); got != stick {
			t.Errorf("the path of a drive that is gone is %s", got)
		}
		if got := p.DOS(`\Device\HarddiskVolume10\run.exe`); got != `E:\run.exe` || asked != 3 {
			t.Errorf("got %s after asking %d times", got, asked)
		}
	})
}

func TestRemote(t *testing.T) {
	for path, want := range map[string]bool{
		`\\server\share\x`: true, `\\?\UNC\server\x`: true, `\??\UNC\server\x`: true, `\Device\Mup\server\x`: true,
		`C:\x`: false, `\\?\C:\x`: false, `\\.\C:\x`: false, `\??\C:\x`: false, `\Device\HarddiskVolume1\x`: false, `x`: false, ``: false,
	} {
		if got := Remote(path); got != want {
			t.Errorf("%s: %t; want %t", path, got, want)
		}
	}
}
