//go:build unix

package store_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/eljefe/eljefe/internal/fault"
	"github.com/eljefe/eljefe/internal/store"
	"github.com/eljefe/eljefe/internal/store/storetest"
	"github.com/eljefe/eljefe/internal/wire"
)

func addTask(t *testing.T, s *store.Store, station int64, verb wire.Verb) *store.Task {
	t.Helper()
	added, err := s.AddTask(t.Context(), store.Task{
		Station: station, Verb: verb, Who: "ana", Why: "it is rare", Expires: time.Now().Add(30 * time.Minute),
		Arguments: wire.Task{SHA256: strings.Repeat("ab", 32), Paths: []string{`C:\a.exe`}, MaxBytes: 10},
	})
	if err != nil {
		t.Fatal(err)
	}
	return added
}

// What becomes of a task, step by step. A step is a report of the station, or
// "open" where it asks, "receive", "cancel", "expire"; "!" means that it fails.
func TestTaskSteps(t *testing.T) {
	s := storetest.Open(t)
	id := agents(t, s, "A")[0]
	for _, tt := range []struct {
		steps, state, message string
	}{
		{"", "queued", ""},
		{"open", "sent", ""},
		{"open open running", "running", "m"},
		{"open running running done", "done", "m"},
		{"open done done", "done", "m"},
		{"done", "done", "m"},
		{"open refused done! running! cancel! receive! refused", "refused", "m"},
		{"open failed", "failed", "m"},
		{"open receive", "running", ""},
		{"receive done", "done", "m"},
		{"cancel", "cancelled", "cancelled by eva"},
		{"open cancel running! receive! cancel!", "cancelled", "cancelled by eva"},
		{"open running cancel done", "cancelled", "cancelled by eva; then the station reported: done m"},
		{"expire", "expired", "the station did not ask for it in time"},
		{"open expire", "expired", "the station did not say in time what became of it"},
		{"open expire running! done", "done", "m"},
		{"open running expire", "running", "m"},
		{"open running expire2", "expired", "the station did not say in time what became of it"},
		{"queued! sent! nonsense!", "queued", ""},
	} {
		t.Run(tt.steps, func(t *testing.T) {
			task := addTask(t, s, id, wire.FetchFile)
			for step := range strings.FieldsSeq(tt.steps) {
				step, fails := strings.CutSuffix(step, "!")
				var err error
				switch step {
				case "open":
					_, err = s.OpenTasks(t.Context(), id)
				case "receive":
					err = s.TaskReceived(t.Context(), id, task.ID, 5, 10)
				case "cancel":
					err = s.CancelTask(t.Context(), task.ID, "eva")
				case "expire":
					err = s.ExpireTasks(t.Context(), time.Now().Add(45*time.Minute))
				case "expire2":
					err = s.ExpireTasks(t.Context(), time.Now().Add(3*time.Hour))
				default:
					err = s.ReportTask(t.Context(), id, task.ID, wire.TaskReport{State: wire.TaskState(step), Message: "m", Result: json.RawMessage(`{"a":"\u0000"}`)})
				}
				if (err != nil) != fails || err != nil && fault.KindOf(err) == fault.Internal {
					t.Errorf("%s: %v", step, err)
				}
			}
			got, err := s.Task(t.Context(), task.ID)
			if err != nil {
				t.Fatal(err)
			}
			if string(got.State) != tt.state || got.Message != tt.message {
				t.Errorf("got %s, %q; want %s, %q", got.State, got.Message, tt.state, tt.message)
			}
			told, ours := got.Told(), tt.state == "expired" || tt.state == "cancelled"
			if (told != nil) != ours || ours && (told.Code == "" || told.Message != tt.message) {
				t.Errorf("the server's own words of %q are %+v", tt.message, told)
			}
			over := tt.state != "queued" && tt.state != "sent" && tt.state != "running"
			if (got.Finished != nil) != over {
				t.Errorf("%s, finished %v", got.State, got.Finished)
			}
			open, err := s.OpenTasks(t.Context(), id)
			if err != nil || (len(open) == 1) == over {
				t.Errorf("%s, and open are %+v, %v", got.State, open, err)
			}
			if err := s.CancelTask(t.Context(), task.ID, "the test"); (err == nil) == over {
				t.Errorf("cancel %s: %v", got.State, err)
			}
		})
	}
}

func TestTasks(t *testing.T) {
	s := storetest.Open(t)
	ids := agents(t, s, "A", "B", "C")
	first, second, other := addTask(t, s, ids[0], wire.FetchFile), addTask(t, s, ids[0], wire.Diagnose), addTask(t, s, ids[1], wire.Diagnose)
	open, err := s.OpenTasks(t.Context(), ids[0])
	if err != nil || len(open) != 2 || open[0].ID != first.ID || open[1].ID != second.ID || open[0].Verb != wire.FetchFile ||
		open[0].SHA256 != first.Arguments.SHA256 || len(open[0].Paths) != 1 || !open[0].Expires.Equal(first.Expires) {
		t.Errorf("open: %+v, %v", open, err)
	}
	if err := s.TaskReceived(t.Context(), ids[0], first.ID, 7, 9); err != nil {
		t.Error(err)
	}
	if got, err := s.Task(t.Context(), first.ID); err != nil || got.Bytes != 7 || got.BytesAll == nil || *got.BytesAll != 9 || got.Sent == nil || got.StationName != "A" || got.Who != "ana" || got.Why != "it is rare" {
		t.Errorf("got %+v, %v", got, err)
	}
	wantKind(t, "another station's task", s.ReportTask(t.Context(), ids[1], first.ID, wire.TaskReport{State: wire.TaskDone}), fault.NotFound)
	wantKind(t, "another station's file", s.TaskReceived(t.Context(), ids[1], first.ID, 1, 1), fault.NotFound)
	_, err = s.AddTask(t.Context(), store.Task{Station: ids[0], Verb: "run_program", Expires: time.Now()})
	wantKind(t, "a verb that is none", err, fault.Invalid)
	_, err = s.AddTask(t.Context(), store.Task{Station: imported(t, s, "I"), Verb: wire.Diagnose, Expires: time.Now()})
	wantKind(t, "an imported station", err, fault.NotFound)

	for _, tt := range []struct {
		name string
		list store.TaskList
		want string
	}{
		{"all", store.TaskList{}, fmt.Sprint(other.ID, second.ID, first.ID)},
		{"of a station", store.TaskList{Station: ids[0]}, fmt.Sprint(second.ID, first.ID)},
		{"in a state", store.TaskList{State: wire.TaskQueued}, fmt.Sprint(other.ID)},
	} {
		for _, limit := range []int{1, 10} {
			var got []any
			tt.list.Limit, tt.list.Cursor = limit, ""
			for {
				page, next, err := s.Tasks(t.Context(), tt.list)
				if err != nil {
					t.Fatal(err)
				}
				for _, task := range page {
					got = append(got, task.ID)
				}
				if tt.list.Cursor = next; next == "" {
					break
				}
			}
			if got := fmt.Sprint(got...); got != tt.want {
				t.Errorf("%s, %d at a time: %s; want %s", tt.name, limit, got, tt.want)
			}
		}
	}

	// A station that is gone takes no task, and will not do those it had.
	if err := s.RetireStation(t.Context(), ids[0]); err != nil {
		t.Fatal(err)
	}
	if got, err := s.Task(t.Context(), second.ID); err != nil || got.State != wire.TaskCancelled || got.Message != "the station was retired" {
		t.Errorf("task of a retired station: %+v, %v", got, err)
	}
	_, err = s.AddTask(t.Context(), store.Task{Station: ids[0], Verb: wire.Diagnose, Expires: time.Now()})
	wantKind(t, "a retired station", err, fault.Conflict)
}

func TestListenTasks(t *testing.T) {
	url := storetest.URL(t)
	s, err := store.Open(t.Context(), url, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	other, err := store.Open(t.Context(), url, nil) // a second server
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(other.Close)
	id := agents(t, s, "A")[0]
	heard := make(chan int64, 100)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go func() { _ = other.ListenTasks(ctx, func(station int64) { heard <- station }) }()
	for deadline := time.After(10 * time.Second); ; {
		addTask(t, s, id, wire.Diagnose)
		select { // the first come before it listens
		case got := <-heard:
			if got != id {
				t.Errorf("heard of station %d, want %d", got, id)
			}
			return
		case <-deadline:
			t.Fatal("heard nothing")
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func TestStoredFiles(t *testing.T) {
	s := storetest.Open(t)
	id := agents(t, s, "A")[0]
	f := store.StoredFile{SHA256: [32]byte{7}, Bytes: 10, Stored: 4, Task: addTask(t, s, id, wire.FetchFile).ID, Station: id}
	if err := s.AddStoredFile(t.Context(), f); err != nil {
		t.Fatal(err)
	}
	if err := s.AddStoredFile(t.Context(), store.StoredFile{SHA256: f.SHA256, Bytes: 99}); err != nil {
		t.Errorf("the same again: %v", err)
	}
	got, err := s.StoredFile(t.Context(), f.SHA256[:])
	if err != nil {
		t.Fatal(err)
	}
	if got.Received.IsZero() {
		t.Error("received: zero")
	}
	if got.Received = (time.Time{}); *got != f {
		t.Errorf("got %+v, want %+v", got, f)
	}
	_, err = s.StoredFile(t.Context(), make([]byte, 32))
	wantKind(t, "a file that is not there", err, fault.NotFound)
}
