package main

import (
	"slices"
	"testing"
)

// A child does what its parent was started for, and is neither a service nor twice
// a child.
func TestChildArgs(t *testing.T) {
	for _, tt := range []struct{ args, want []string }{
		{[]string{"--state-dir", "S", "run", "--service", "--config", "C"}, []string{"--state-dir", "S", "run", "--config", "C", "--supervised"}},
		{[]string{"run", "--proxy", "", "--key", "--service-key"}, []string{"run", "--proxy", "", "--key", "--service-key", "--supervised"}},
		{[]string{"run", "--supervised"}, []string{"run", "--supervised"}},
	} {
		before := slices.Clone(tt.args)
		if got := childArgs(tt.args); !slices.Equal(got, tt.want) || !slices.Equal(tt.args, before) {
			t.Errorf("%q gives %q and leaves %q; want %q", before, got, tt.args, tt.want)
		}
	}
}
