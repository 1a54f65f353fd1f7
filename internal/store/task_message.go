package store

import (
	"strings"

	"github.com/eljefe/eljefe/internal/fault"
	"github.com/eljefe/eljefe/internal/wire"
)

// What the server itself says of a task. All other messages are the station's words.
const (
	taskNotAsked    = "the station did not ask for it in time"
	taskNotAnswered = "the station did not say in time what became of it"
	taskCancelledBy = "cancelled by "
	taskThenSaid    = "; then the station reported: "
)

// Told returns what the server says of the task with a code, or nil where the
// message is the station's. A station cannot make a task expire or be cancelled,
// so what it says is never taken for the server's.
func (t *Task) Told() *fault.Text {
	switch t.State {
	case wire.TaskExpired:
		if t.Message == taskNotAsked {
			return &fault.Sayf(taskNotAsked).Coded("task_not_asked").Text
		}
		return &fault.Sayf(taskNotAnswered).Coded("task_not_answered").Text
	case wire.TaskCancelled:
		who, said, reported := strings.Cut(strings.TrimPrefix(t.Message, taskCancelledBy), taskThenSaid)
		if !reported {
			return &fault.Sayf("cancelled by %s", who).Coded("task_cancelled", "who").Text
		}
		state, words, _ := strings.Cut(said, " ")
		return &fault.Sayf("cancelled by %s; then the station reported: %s %s", who, state, words).
			Coded("task_cancelled_then", "who", "task_state", "words").Text
	}
	return nil
}
