package spool

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// childEnv names the folder in which this test program plays the agent.
const childEnv = "ELJEFE_SPOOL_TEST_DIR"

// killed is the spool that the child opens: small, so that segments change and
// records are dropped all the time.
func killed(dir string) Config {
	return Config{Dir: dir, MaxBytes: 64 << 10, SegmentBytes: 4 << 10, SyncEvery: time.Millisecond, Evicted: tell}
}

func TestMain(m *testing.M) {
	if dir := os.Getenv(childEnv); dir != "" {
		fmt.Fprintln(os.Stderr, child(dir))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// child appends until it is killed, and reports on standard output, after each
// Sync, up to which body it has been promised, and what Read gave away.
func child(dir string) error {
	s, err := Open(killed(dir))
	if err != nil {
		return err
	}
	var n uint64 // the highest body that is there or was dropped
	if _, err := fmt.Sscan(os.Getenv(childEnv+"_FROM"), &n); err != nil {
		return err
	}
	for round := 0; ; round++ {
		var records [][]byte
		for range 1 + round%9 {
			n++
			records = append(records, body(n))
		}
		last, err := s.Append(context.Background(), records...)
		if err != nil {
			return err
		}
		if round%3 != 0 {
			continue
		}
		if err := s.Sync(); err != nil {
			return err
		}
		if round%60 == 0 {
			if err := s.Acknowledge(last - uint64(round)%20); err != nil {
				return err
			}
		}
		if _, err := fmt.Printf("%d %d %d\n", n, last, s.Stats().Acknowledged); err != nil {
			return err
		}
	}
}

// TestKill kills a process that appends, at random moments, and checks that
// nothing that it was promised is lost or there twice, and that every number
// means the same record as before.
func TestKill(t *testing.T) {
	rounds := 60
	if testing.Short() {
		rounds = 15
	}
	dir := memDir(t)
	var from, acked uint64       // the highest body found, the highest number that was acknowledged
	given := map[uint64]string{} // what Read gave under each number
	for round := range rounds {
		promised, last, acknowledged := run(t, dir, from, time.Duration(rand.IntN(40))*time.Millisecond)
		s := open(t, killed(dir))
		rs := readAll(t, s, 0)
		st := s.Stats()
		if st.Previous.Orderly {
			t.Fatalf("round %d: the end counts as orderly", round)
		}
		var found, before uint64
		for _, r := range rs {
			if was, ok := given[r.Seq]; ok && was != string(r.Data) {
				t.Fatalf("round %d: number %d is %q, and was %q", round, r.Seq, r.Data, was)
			}
			given[r.Seq] = string(r.Data)
			n, _ := parseBody(t, r)
			if n == 0 {
				continue
			}
			if n <= before || before != 0 && n != before+1 {
				t.Fatalf("round %d: body %d comes behind %d", round, n, before)
			}
			before, found = n, n
		}
		if found < promised || st.Last < last || st.Acknowledged < acknowledged {
			t.Fatalf("round %d: found up to %d, number %d, acknowledged %d; promised were %d, %d, %d", round, found, st.Last, st.Acknowledged, promised, last, acknowledged)
		}
		if n := st.Evicted.Damaged + st.Evicted.Disk; n != 0 {
			t.Fatalf("round %d: %d counted as damaged", round, n)
		}
		from, acked = max(from, found), max(acked, st.Acknowledged)
		// What the server does not have is there, or told as lost.
		checkNothingMissing(t, rs, st, acked)
		crash(t, s)
	}
	if from < 100 {
		t.Errorf("only %d records were appended in %d rounds", from, rounds)
	}
}

// checkNothingMissing checks that each number behind acked is there or within a
// loss that was told.
func checkNothingMissing(t *testing.T, rs []Record, st Stats, acked uint64) {
	t.Helper()
	var lost []Eviction
	there := map[uint64]bool{}
	for _, r := range rs {
		there[r.Seq] = true
		if n, e := parseBody(t, r); n == 0 {
			lost = append(lost, e)
		}
	}
	for n := acked + 1; n <= st.Last; n++ {
		ok := there[n]
		for _, e := range lost {
			ok = ok || e.First <= n && n <= e.Last
		}
		if !ok {
			t.Fatalf("number %d is neither there nor told as lost: %+v", n, lost)
		}
	}
}

// run lets a child append for a while, kills it, and returns what it reported last.
func run(t *testing.T, dir string, from uint64, life time.Duration) (promised, last, acked uint64) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childEnv+"="+dir, fmt.Sprintf("%s_FROM=%d", childEnv, from))
	var errs strings.Builder
	cmd.Stderr = &errs
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(out)
	line, err := lines.ReadString('\n') // it runs
	if err == nil {
		time.AfterFunc(life, func() {
			if err := cmd.Process.Kill(); err != nil {
				t.Error(err)
			}
		})
	}
	for whole := line; err == nil; line = whole {
		var next string
		if next, err = lines.ReadString('\n'); err == nil {
			whole = next
		}
	}
	if err != io.EOF {
		t.Fatal(err)
	}
	if cmd.Wait() == nil || errs.Len() > 0 {
		t.Fatalf("the child ended by itself: %s", &errs)
	}
	if _, err := fmt.Sscan(line, &promised, &last, &acked); err != nil {
		t.Fatalf("the child reported %q: %v", line, err)
	}
	return promised, last, acked
}
