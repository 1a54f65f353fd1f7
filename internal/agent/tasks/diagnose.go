package tasks

import (
	"context"
	"runtime"

	"github.com/eljefe/eljefe/internal/wire"
)

// How much of each a diagnosis holds. Together they stay below wire.MaxJSON,
// even where JSON needs six bytes for one.
const (
	diagnosisLog    = 64 << 10
	diagnosisStacks = 256 << 10
)

// diagnose sends how the agent is. Stacks hold addresses and numbers, no texts.
func (r *Runner) diagnose(context.Context, wire.Task) outcome {
	stacks := make([]byte, diagnosisStacks)
	stacks = stacks[:runtime.Stack(stacks, true)]
	return outcome{
		state: wire.TaskDone, message: "the agent's log and figures",
		result: &wire.Diagnosis{Hello: r.cfg.Hello(), Log: newest(r.cfg.Lines(), diagnosisLog), Threads: string(stacks)},
	}
}

// newest returns the last of the lines that have at most limit bytes together.
func newest(lines []string, limit int) []string {
	from := len(lines)
	for from > 0 && len(lines[from-1]) <= limit {
		from--
		limit -= len(lines[from])
	}
	return lines[from:]
}
