package fleet

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/eljefe/eljefe/internal/agent/uplink"
	"github.com/eljefe/eljefe/internal/wire"
)

// doTasks asks what there is to do, and does it.
func (s *Station) doTasks(ctx context.Context) error {
	for failures := 0; ; {
		list, err := s.client.Tasks(ctx, wire.MaxWait-5*time.Second)
		if ctx.Err() != nil || out(err) {
			return err
		}
		if err != nil {
			s.pause(ctx, err, failures)
			failures++
			continue
		}
		failures = 0
		for _, t := range list {
			if err := s.do(ctx, t); err != nil && ctx.Err() == nil {
				s.pause(ctx, err, failures) // it is given again
				failures++
			}
		}
	}
}

// do does a task as far as a station can that is not there, and reports.
func (s *Station) do(ctx context.Context, t wire.Task) error {
	report := wire.TaskReport{State: wire.TaskRefused}
	switch t.Verb {
	case wire.FetchFile:
		return s.fetch(ctx, t)
	case wire.Diagnose:
		result, err := json.Marshal(wire.Diagnosis{Hello: s.hello(), Log: []string{"this station is simulated: its agent writes no log"}})
		if err != nil {
			return fmt.Errorf("write the diagnosis: %w", err)
		}
		report.State, report.Message, report.Result = wire.TaskDone, "the simulated agent's figures", result
	case wire.ListProcesses:
		report.Message = "a simulated station reports its processes as they start, and has no list of them"
	default:
		report.Message = "a simulated station does not do that"
	}
	return s.report(ctx, t, report)
}

// fetch sends a file, if the station has it.
func (s *Station) fetch(ctx context.Context, t wire.Task) error {
	var content []byte
	if s.fleet.cfg.File != nil {
		content = s.fleet.cfg.File(t.SHA256)
	}
	if content == nil {
		return s.report(ctx, t, wire.TaskReport{State: wire.TaskFailed, Message: "this station is simulated, and the file is one that is only told of; those that do exist are the fake Flash Player's"})
	}
	if t.MaxBytes > 0 && int64(len(content)) > t.MaxBytes {
		return s.report(ctx, t, wire.TaskReport{State: wire.TaskFailed, Message: fmt.Sprintf("the file has %d bytes; at most %d are sent", len(content), t.MaxBytes)})
	}
	received, err := s.client.Received(ctx, t.ID)
	for err == nil && !received.Done {
		if received.Bytes < 0 || received.Bytes > int64(len(content)) {
			return fmt.Errorf("the server has %d bytes of a file of %d", received.Bytes, len(content))
		}
		before := received.Bytes
		end := min(before+wire.MaxChunk, int64(len(content)))
		received, err = s.client.Send(ctx, t.ID, before, int64(len(content)), content[before:end])
		if err == nil && !received.Done && received.Bytes <= before {
			return fmt.Errorf("the server stays at byte %d of %d", before, len(content))
		}
	}
	if err != nil {
		return err
	}
	return s.report(ctx, t, wire.TaskReport{State: wire.TaskDone, Message: fmt.Sprintf("sent %d bytes", len(content))})
}

// report reports; a task that is over by now is no error.
func (s *Station) report(ctx context.Context, t wire.Task, r wire.TaskReport) error {
	err := s.client.Report(ctx, t.ID, &r)
	if uplink.Is(err, wire.CodeUnknownTask) {
		return nil
	}
	return err
}
