package devices

import (
	"bufio"
	"io"
	"io/fs"
	"path"
	"strconv"
	"strings"

	"github.com/eljefe/eljefe/internal/event"
)

// volumes says what is known of block devices beside /sys.
type volumes struct {
	station   fs.FS // the station's files
	mountinfo func() (io.ReadCloser, error)
}

// A look is one look at what is mounted, and at the links that udev makes.
type look struct {
	volumes
	mounts map[string]mount  // by "major:minor", and by the source's path
	uuids  map[string]string // by the device's name
	labels map[string]string
}

// A mount is where a file system is to be seen, and what it is.
type mount struct{ at, system string }

func (v volumes) open() look {
	l := look{volumes: v, mounts: map[string]mount{}}
	if f, err := v.mountinfo(); err == nil {
		l.mounts = readMounts(f)
		_ = f.Close()
	}
	l.uuids, l.labels = v.links("dev/disk/by-uuid"), v.links("dev/disk/by-label")
	return l
}

// links returns the names in a folder of links to devices, by what they lead to.
func (v volumes) links(dir string) map[string]string {
	by := map[string]string{}
	entries, err := fs.ReadDir(v.station, dir)
	if err != nil {
		return by
	}
	for _, e := range entries {
		if target, err := fs.ReadLink(v.station, path.Join(dir, e.Name())); err == nil {
			by[path.Base(target)] = unescape(e.Name(), `\x`, 16, 2)
		}
	}
	return by
}

// volume returns what is known of the block device called name.
func (l look) volume(name, number string) event.Volume {
	seen, ok := l.mounts[number]
	if !ok { // a file system with a number of its own, as btrfs has
		seen = l.mounts["/dev/"+name]
	}
	v := event.Volume{Mount: seen.at, FileSystem: seen.system, Serial: l.uuids[name], Label: l.labels[name]}
	// What udev found when the device came.
	raw, err := readSome(l.station, "run/udev/data/b"+number)
	if err != nil {
		return v
	}
	for line := range strings.Lines(string(raw)) {
		key, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "=")
		switch key {
		case "E:ID_FS_UUID":
			v.Serial = value
		case "E:ID_FS_LABEL_ENC":
			v.Label = unescape(value, `\x`, 16, 2)
		case "E:ID_FS_TYPE":
			v.FileSystem = value
		}
	}
	return v
}

// readMounts reads /proc/PID/mountinfo. Of several mounts of one device the first
// counts that shows all of it.
func readMounts(r io.Reader) map[string]mount {
	mounts := map[string]mount{}
	whole := map[string]bool{}
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 64<<10)
	for lines.Scan() {
		// 36 35 8:17 / /media/stick rw,noatime shared:1 - vfat /dev/sdb1 rw
		own, system, ok := strings.Cut(lines.Text(), " - ")
		fields, source := strings.Fields(own), strings.Fields(system)
		if !ok || len(fields) < 5 || len(source) < 2 {
			continue
		}
		for _, key := range []string{fields[2], source[1]} {
			if _, known := mounts[key]; !known || fields[3] == "/" && !whole[key] {
				mounts[key], whole[key] = mount{unescape(fields[4], `\`, 8, 3), source[0]}, fields[3] == "/"
			}
		}
	}
	return mounts
}

// unescape replaces a byte that is written as mark and digits of it.
func unescape(s, mark string, base, digits int) string {
	var out strings.Builder
	for {
		before, after, found := strings.Cut(s, mark)
		out.WriteString(before)
		if !found {
			return out.String()
		}
		if s = after; len(after) >= digits {
			if b, err := strconv.ParseUint(after[:digits], base, 8); err == nil {
				out.WriteByte(byte(b))
				s = after[digits:]
				continue
			}
		}
		out.WriteString(mark)
	}
}
