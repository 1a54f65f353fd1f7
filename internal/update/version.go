package update

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// A Version is one of the agent's, as git describes it: v1.4.0, v1.4.0-rc.1, or
// with the commits since then v1.4.0-12-gde204e5. Changes that nobody committed
// (-dirty) do not count.
type Version struct {
	numbers [3]int
	pre     string // "rc.1"; "": none, which is newer than any
	commits int    // since then
}

var versionForm = regexp.MustCompile(`^v?(\d{1,9})\.(\d{1,9})\.(\d{1,9})(?:-([0-9A-Za-z.-]+?))??(?:-(\d{1,9})-g[0-9a-f]{4,64})?(?:-dirty)?$`)

// ParseVersion reads a version. Those without numbers, as a bare commit or the
// word that stands in programs that nobody released, have no order.
func ParseVersion(text string) (Version, error) {
	m := versionForm.FindStringSubmatch(text)
	if m == nil {
		return Version{}, fmt.Errorf("%.80q is no version that has an order; such are v1.4.0 and v1.4.0-12-gde204e5", text)
	}
	v := Version{pre: m[4]}
	for i := range v.numbers {
		v.numbers[i], _ = strconv.Atoi(m[i+1]) // nine digits at most
	}
	if m[5] != "" {
		v.commits, _ = strconv.Atoi(m[5])
	}
	return v, nil
}

// Compare returns a negative number if v is older than w, a positive one if it is
// newer, and 0 if neither is.
func (v Version) Compare(w Version) int {
	if n := slices.Compare(v.numbers[:], w.numbers[:]); n != 0 {
		return n
	}
	if n := comparePre(v.pre, w.pre); n != 0 {
		return n
	}
	return cmp.Compare(v.commits, w.commits)
}

// comparePre compares what stands before a release, part by part: numbers by
// their value and before words.
func comparePre(a, b string) int {
	if a == "" || b == "" {
		return cmp.Compare(len(b), len(a)) // none is newer than some
	}
	return slices.CompareFunc(strings.Split(a, "."), strings.Split(b, "."), func(a, b string) int {
		x, notNumber := strconv.ParseUint(a, 10, 64)
		y, notNumberEither := strconv.ParseUint(b, 10, 64)
		switch {
		case notNumber == nil && notNumberEither == nil:
			return cmp.Compare(x, y)
		case notNumber == nil:
			return -1
		case notNumberEither == nil:
			return 1
		}
		return strings.Compare(a, b)
	})
}

// Newer tells whether the version called to is newer than from. The error says
// which of them has no order.
func Newer(to, from string) (bool, error) {
	t, err := ParseVersion(to)
	if err != nil {
		return false, err
	}
	f, err := ParseVersion(from)
	if err != nil {
		return false, err
	}
	return t.Compare(f) > 0, nil
}
