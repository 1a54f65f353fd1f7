package anatomy

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// bitmap makes the bitmap of an icon of 2 by 2 pixels.
func bitmap(depth int, palette, pixels, mask []byte) []byte {
	b := binary.LittleEndian.AppendUint32(nil, 40)
	b = binary.LittleEndian.AppendUint32(b, 2)
	b = binary.LittleEndian.AppendUint32(b, 4) // pixels and mask
	b = binary.LittleEndian.AppendUint16(b, 1)
	b = binary.LittleEndian.AppendUint16(b, uint16(depth))
	b = append(b, make([]byte, 24)...)
	if n := len(palette) / 4; n > 0 {
		binary.LittleEndian.PutUint32(b[32:], uint32(n))
	}
	return append(append(append(b, palette...), pixels...), mask...)
}

// Each depth of colour is drawn: red and blue above, green and nothing below.
func TestDrawBitmap(t *testing.T) {
	var (
		red, green, blue = color.NRGBA{R: 255, A: 255}, color.NRGBA{G: 255, A: 255}, color.NRGBA{B: 255, A: 255}
		none             = color.NRGBA{}
		palette          = []byte("\x00\x00\xff\x00\x00\xff\x00\x00\xff\x00\x00\x00\x00\x00\x00\x00") // red, green, blue, black
		mask             = []byte("\x40\x00\x00\x00\x00\x00\x00\x00")                                 // from the last row on
	)
	for name, test := range map[string]struct {
		raw  []byte
		want [4]color.NRGBA // the alpha of what is masked counts only
	}{
		"32 bits":          {bitmap(32, nil, []byte("\x00\xff\x00\xff\x00\x00\x00\x00\x00\x00\xff\xff\xff\x00\x00\xff"), mask), [4]color.NRGBA{red, blue, green, none}},
		"32 bits, a mask":  {bitmap(32, nil, []byte("\x00\xff\x00\x00\x00\x00\x00\x00\x00\x00\xff\x00\xff\x00\x00\x00"), mask), [4]color.NRGBA{red, blue, green, none}},
		"24 bits":          {bitmap(24, nil, []byte("\x00\xff\x00\x00\x00\x00..\x00\x00\xff\xff\x00\x00.."), mask), [4]color.NRGBA{red, blue, green, none}},
		"8 bits":           {bitmap(8, palette, []byte("\x01\x03..\x00\x02.."), mask), [4]color.NRGBA{red, blue, green, none}},
		"4 bits":           {bitmap(4, palette, []byte("\x13...\x02..."), mask), [4]color.NRGBA{red, blue, green, none}},
		"1 bit":            {bitmap(1, palette[:8], []byte("\x80...\x40..."), mask), [4]color.NRGBA{red, green, green, none}},
		"8 bits, no mask":  {bitmap(8, palette, []byte("\x01\x01..\x00\x02.."), nil), [4]color.NRGBA{red, blue, green, green}},
		"colours missing":  {bitmap(8, palette, []byte("\x01\x01..\x00\x09.."), nil), [4]color.NRGBA{red, {A: 255}, green, green}},
		"pixels missing":   {bitmap(8, palette, []byte("\x01\x01..\x00"), nil), [4]color.NRGBA{}},
		"an unknown depth": {bitmap(16, nil, make([]byte, 64), nil), [4]color.NRGBA{}},
	} {
		got := drawBitmap(test.raw)
		if test.want == ([4]color.NRGBA{}) {
			if got != nil {
				t.Errorf("%s was drawn", name)
			}
			continue
		}
		if got == nil {
			t.Errorf("%s was not drawn", name)
			continue
		}
		for i, want := range test.want {
			c := got.NRGBAAt(i%2, i/2)
			if c.A == 0 {
				c = none
			}
			if c != want {
				t.Errorf("%s: pixel %d is %v; want %v", name, i, c, want)
			}
		}
	}
	huge := bitmap(32, nil, nil, nil)
	binary.LittleEndian.PutUint32(huge[4:], 1<<30)
	if drawBitmap(huge) != nil || drawIcon([]byte("\x89PNG\r\n\x1a\nand so on")) != nil {
		t.Error("what is no icon was drawn")
	}
}

// Of several sizes the best is chosen.
func TestBestIcon(t *testing.T) {
	group := func(sizes ...[2]byte) []byte {
		b := make([]byte, 6)
		for i, s := range sizes {
			entry := make([]byte, 14)
			entry[0], entry[6], entry[12] = s[0], s[1], byte(i+1)
			b = append(b, entry...)
		}
		return b
	}
	for _, test := range []struct {
		group []byte
		want  uint16
	}{
		{group([2]byte{16, 32}, [2]byte{48, 8}, [2]byte{48, 32}, [2]byte{0, 32}), 3}, {group([2]byte{0, 32}, [2]byte{128, 32}), 2}, {group(), 0}, {nil, 0},
	} {
		if got, ok := bestIcon(test.group); got != test.want || ok != (test.want > 0) {
			t.Errorf("%x: %d, %t; want %d", test.group, got, ok, test.want)
		}
	}
}

const resourceScript = `
LANGUAGE 10, 1
1 ICON "red.ico"
ODD_NAME RCDATA "red.ico"
300 77 "red.ico"
LANGUAGE 0, 0
1 VERSIONINFO
FILEVERSION 1,2,3,4
BEGIN
  BLOCK "StringFileInfo"
  BEGIN
    BLOCK "0c0a04b0"
    BEGIN
      VALUE "CompanyName", "Ejemplo"
      VALUE "Comments", "all lines are taken"
    END
  END
END
`

// Resources and an icon that a compiler put in.
func TestResources(t *testing.T) {
	needs(t, "x86_64-w64-mingw32-gcc", "x86_64-w64-mingw32-windres")
	dir := t.TempDir()
	picture := image.NewNRGBA(image.Rect(0, 0, 48, 48))
	for i := range picture.Pix {
		picture.Pix[i] = [4]byte{200, 10, 30, 255}[i%4]
	}
	var pixels bytes.Buffer
	if err := png.Encode(&pixels, picture); err != nil {
		t.Fatal(err)
	}
	icon := []byte("\x00\x00\x01\x00\x01\x00\x30\x30\x00\x00\x01\x00\x20\x00")
	icon = binary.LittleEndian.AppendUint32(icon, uint32(pixels.Len()))
	icon = append(binary.LittleEndian.AppendUint32(icon, 22), pixels.Bytes()...)
	for name, data := range map[string][]byte{"red.ico": icon, "r.rc": []byte(resourceScript), "p.c": []byte("int main(void) { return 0; }\n")} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, args := range [][]string{{"x86_64-w64-mingw32-windres", "r.rc", "r.o"}, {"x86_64-w64-mingw32-gcc", "-o", "p.exe", "p.c", "r.o"}} {
		cmd := exec.Command(args[0], args[1:]...)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v: %v\n%s", args, err, out)
		}
	}
	f := factsOf(t, filepath.Join(dir, "p.exe"))
	got := map[string]Resource{}
	for _, r := range f.Image.Resources {
		got[r.Type+" "+r.Name+" "+r.Language] = r
	}
	for name, size := range map[string]uint32{"icon #1 es-ES": uint32(pixels.Len()), "icon_group #1 es-ES": 20, "data ODD_NAME es-ES": uint32(len(icon)), "#77 #300 es-ES": uint32(len(icon)), "version #1 ": 0} {
		if r, ok := got[name]; !ok || size > 0 && r.Size != size || r.Offset == 0 {
			t.Errorf("%q is %+v of %v; want %d bytes", name, r, got, size)
		}
	}
	drawn, err := png.Decode(bytes.NewReader(f.Image.Icon))
	if err != nil || drawn.Bounds().Dx() != 48 || color.NRGBAModel.Convert(drawn.At(7, 9)) != (color.NRGBA{R: 200, G: 10, B: 30, A: 255}) {
		t.Errorf("the icon of %d bytes: %v", len(f.Image.Icon), err)
	}
	want := []VersionString{{"es-ES", "CompanyName", "Ejemplo"}, {"es-ES", "Comments", "all lines are taken"}}
	if len(f.Image.VersionStrings) != 2 || f.Image.VersionStrings[0] != want[0] || f.Image.VersionStrings[1] != want[1] {
		t.Errorf("version strings %+v; want %+v", f.Image.VersionStrings, want)
	}
	if f.Overlay != nil {
		t.Errorf("an overlay %+v; what follows the sections are symbols", f.Overlay)
	}
}
