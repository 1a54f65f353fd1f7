package anatomy

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"image/png"
)

// Limits on what is believed of a file.
const (
	largestIcon = 256     // pixels, wide and high
	mostIcon    = 1 << 20 // bytes of an icon as the file has it
)

// icon returns the icon that Windows would show, as PNG; nil: there is none that can
// be read. It is made anew from its pixels: nothing of the file goes to a browser.
func (d *dissection) icon(leaves []leaf) []byte {
	for _, l := range leaves {
		if l.kind.number != groupIconResource || l.kind.text != "" {
			continue
		}
		number, ok := bestIcon(d.resource(l, 6+14*64))
		if !ok {
			return nil
		}
		for _, icon := range leaves {
			if icon.kind.number == iconResource && icon.kind.text == "" && icon.name.text == "" && icon.name.number == uint32(number) {
				return drawIcon(d.resource(icon, mostIcon))
			}
		}
		return nil
	}
	return nil
}

// resource returns the first bytes of a resource.
func (d *dissection) resource(l leaf, most int) []byte {
	_, n := d.file.Place(l.address)
	raw := make([]byte, min(int64(most), int64(l.size), n))
	return raw[:d.file.ReadAddress(raw, l.address, 0)]
}

// bestIcon chooses from a group of one icon in several sizes (GRPICONDIR): the largest
// of at most 64 pixels, with the most colours, or else the smallest.
func bestIcon(group []byte) (number uint16, ok bool) {
	const head, size, wanted = 6, 14, 64
	if len(group) < head {
		return 0, false
	}
	best := -1 << 30
	for rest := group[head:]; len(rest) >= size; rest = rest[size:] {
		width := int(rest[0])
		if width == 0 {
			width = largestIcon
		}
		worth := width*256 + int(min(binary.LittleEndian.Uint16(rest[6:]), 32))
		if width > wanted {
			worth = -worth
		}
		if !ok || worth > best {
			best, number, ok = worth, binary.LittleEndian.Uint16(rest[12:]), true
		}
	}
	return number, ok
}

// drawIcon makes a PNG of an icon, which is a PNG itself or a bitmap.
func drawIcon(raw []byte) []byte {
	var picture image.Image
	if bytes.HasPrefix(raw, []byte("\x89PNG\r\n\x1a\n")) {
		about, err := png.DecodeConfig(bytes.NewReader(raw))
		if err != nil || about.Width > largestIcon || about.Height > largestIcon {
			return nil
		}
		if picture, err = png.Decode(bytes.NewReader(raw)); err != nil {
			return nil
		}
	} else if drawn := drawBitmap(raw); drawn != nil {
		picture = drawn
	} else {
		return nil
	}
	var out bytes.Buffer
	if (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(&out, picture) != nil {
		return nil
	}
	return out.Bytes()
}

// drawBitmap draws a bitmap of an icon: BITMAPINFOHEADER, colours, pixels from the last
// row to the first, and a mask of a bit for each that is transparent.
func drawBitmap(raw []byte) *image.NRGBA {
	const head = 40
	le := binary.LittleEndian
	if len(raw) < head || le.Uint32(raw) < head || uint64(le.Uint32(raw)) > uint64(len(raw)) {
		return nil
	}
	width, height, depth, packed := int(int32(le.Uint32(raw[4:]))), int(int32(le.Uint32(raw[8:])))/2, int(le.Uint16(raw[14:])), le.Uint32(raw[16:])
	if width <= 0 || height <= 0 || width > largestIcon || height > largestIcon || packed != 0 {
		return nil
	}
	rest := raw[le.Uint32(raw):]
	var palette []byte
	switch depth {
	case 1, 4, 8:
		colours := 1 << depth
		if used := le.Uint32(raw[32:]); used > 0 && used < uint32(colours) {
			colours = int(used)
		}
		if len(rest) < 4*colours {
			return nil
		}
		palette, rest = rest[:4*colours], rest[4*colours:]
	case 24, 32:
	default:
		return nil
	}
	row, maskRow := (width*depth+31)/32*4, (width+31)/32*4
	if len(rest) < row*height {
		return nil
	}
	pixels, mask := rest[:row*height], rest[row*height:]
	if len(mask) < maskRow*height {
		mask = nil
	}
	picture := image.NewNRGBA(image.Rect(0, 0, width, height))
	opaque := false
	for y := range height {
		line := pixels[(height-1-y)*row:][:row]
		for x := range width {
			c := pixel(line, x, depth, palette)
			opaque = opaque || c.A > 0
			picture.SetNRGBA(x, y, c)
		}
	}
	// With 32 bits each pixel says how opaque it is, unless none says anything.
	if depth == 32 && opaque {
		return picture
	}
	for y := range height {
		for x := range width {
			c := picture.NRGBAAt(x, y)
			if c.A = 255; mask != nil && mask[(height-1-y)*maskRow+x/8]>>(7-x%8)&1 == 1 {
				c.A = 0
			}
			picture.SetNRGBA(x, y, c)
		}
	}
	return picture
}

// pixel returns the pixel at x of a row.
func pixel(row []byte, x, depth int, palette []byte) color.NRGBA {
	switch depth {
	case 24:
		return color.NRGBA{R: row[3*x+2], G: row[3*x+1], B: row[3*x], A: 255}
	case 32:
		return color.NRGBA{R: row[4*x+2], G: row[4*x+1], B: row[4*x], A: row[4*x+3]}
	}
	bit := x * depth
	i := 4 * (int(row[bit/8]>>(8-depth-bit%8)) & (1<<depth - 1))
	if i+3 >= len(palette) {
		return color.NRGBA{A: 255}
	}
	return color.NRGBA{R: palette[i+2], G: palette[i+1], B: palette[i], A: 255}
}
