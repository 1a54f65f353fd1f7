package winapi

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/windows"
)

// The structures have the sizes that Windows' own headers give them.
func TestSizesOfSystem(t *testing.T) {
	for name, size := range map[string][2]uintptr{
		"SYSTEM_TIMEOFDAY_INFORMATION":         {unsafe.Sizeof(timeOfDay{}), 48},
		"PROCESS_MEMORY_COUNTERS":              {unsafe.Sizeof(memoryCounters{}), 72},
		"WINHTTP_PROXY_INFO":                   {unsafe.Sizeof(proxyInfo{}), 24},
		"WINHTTP_CURRENT_USER_IE_PROXY_CONFIG": {unsafe.Sizeof(ieProxy{}), 32},
		"WINHTTP_AUTOPROXY_OPTIONS":            {unsafe.Sizeof(autoProxy{}), 32},
		"JOBOBJECT_CPU_RATE_CONTROL":           {unsafe.Sizeof(cpuRate{}), 8},
	} {
		if size[0] != size[1] {
			t.Errorf("%s has %d bytes; want %d", name, size[0], size[1])
		}
	}
}

func TestSystem(t *testing.T) {
	id, began := Boot()
	again, _ := Boot()
	if id == 0 || again != id || began.IsZero() || began.After(time.Now().Add(time.Minute)) {
		t.Errorf("the boot is %d, then %d, and began %s", id, again, began)
	}
	if d := SinceBoot(); d <= 0 {
		t.Errorf("the system runs for %s", d)
	}
	if v := Version(); v.Build < 7600 || !strings.Contains(v.String(), "Windows") {
		t.Errorf("the system is %+v, %s", v, v)
	}
	if len(MachineParts()) == 0 {
		t.Error("nothing tells this machine from others")
	}
	if resident, cpu := OwnCost(); resident < 1<<20 || cpu < 0 {
		t.Errorf("this process costs %d bytes and %s", resident, cpu)
	}
	for name, folder := range map[string]func() (string, error){"ProgramFiles": ProgramFiles, "ProgramData": ProgramData, "LocalData": LocalData} {
		if path, err := folder(); err != nil || !filepath.IsAbs(path) {
			t.Errorf("%s is %q, %v", name, path, err)
		}
	}
	if _, _, err := SystemProxy("https://eljefe.example.org:8444/"); err != nil {
		t.Errorf("the proxy: %v", err)
	}
}

// What others may read is found, and can be closed to them.
func TestAccess(t *testing.T) {
	above, err := os.MkdirTemp("", "access")
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(above, "private")
	if err := MakePrivateFolder(dir); err != nil {
		t.Fatal(err)
	}
	check := func(path string, read bool, want string) {
		t.Helper()
		others, err := Strangers(path, read)
		if got := strings.Join(others, ", "); err != nil || want == "" && got != "" || !strings.Contains(got, want) {
			t.Errorf("%s is open to %q, %v; want %q", path, got, err, want)
		}
	}
	check(dir, true, "")
	file := filepath.Join(dir, "key")
	if err := os.WriteFile(file, []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	const everyone = "S-1-1-0"
	open := func(rights string) {
		t.Helper()
		own, err := account()
		if err != nil {
			t.Fatal(err)
		}
		if err := protect(file, 1, "D:P(A;;FA;;;SY)(A;;FA;;;"+own.String()+")(A;;"+rights+";;;WD)"); err != nil {
			t.Fatal(err)
		}
	}
	open("FR")
	check(file, true, everyone)
	check(file, false, "")
	open("FA")
	check(file, false, everyone)
	if err := ProtectKey(file); err != nil {
		t.Fatal(err)
	}
	check(file, true, "")
	if raw, err := os.ReadFile(file); err != nil || string(raw) != "secret" {
		t.Errorf("this account reads %q, %v", raw, err)
	}
	if list, err := AccessList(file); err != nil || strings.Contains(list, "WD)") {
		t.Errorf("its access list is %s, %v", list, err)
	}
	for _, path := range []string{file, dir, above} {
		if err := os.Remove(path); err != nil {
			t.Error(err)
		}
	}
}

func TestPipe(t *testing.T) {
	const name = "eljefe-test-pipe"
	p, err := ListenPipe(name)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	content := strings.Repeat("content ", 4000)
	go func() {
		for ctx.Err() == nil {
			if err := p.Answer(ctx, func() []byte { return []byte(content) }); err != nil {
				ended <- err
				return
			}
		}
		ended <- ctx.Err()
	}()
	for range 3 {
		f, err := OpenPipe(name)
		if err != nil {
			t.Fatal(err)
		}
		raw, err := io.ReadAll(f)
		if err != nil || string(raw) != content {
			t.Errorf("read %d bytes, %v; want %d", len(raw), err, len(content))
		}
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}
	// One who leaves without reading does no harm.
	if f, err := OpenPipe(name); err != nil || f.Close() != nil {
		t.Errorf("open: %v", err)
	}
	time.Sleep(50 * time.Millisecond)
	cancel()
	select {
	case err := <-ended:
		if err != context.Canceled {
			t.Errorf("the end: %v", err)
		}
	case <-time.After(5 * time.Second):
		t.Fatal("it does not end")
	}
	if err := p.Close(); err != nil {
		t.Error(err)
	}
	if _, err := OpenPipe(name); !os.IsNotExist(err) {
		t.Errorf("after the end: %v", err)
	}
}

// Nobody can wait on a pipe in the agent's place.
func TestPipeIsTaken(t *testing.T) {
	if windows.NewLazySystemDLL("ntdll.dll").NewProc("wine_get_version").Find() == nil {
		t.Skip("Wine lets two wait on a pipe of one name")
	}
	const name = "eljefe-test-taken"
	p, err := ListenPipe(name)
	if err != nil {
		t.Fatal(err)
	}
	if second, err := ListenPipe(name); err == nil {
		t.Error("two wait on a pipe of one name")
		_ = second.Close()
	}
	if err := p.Close(); err != nil {
		t.Error(err)
	}
}
