package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"time"
)

// canaryCommand is the process that is started to be seen: it does nothing, for
// a moment or not at all.
type canaryCommand struct {
	Word  string        `arg:""`
	Lives time.Duration `env:"-"`
}

// Run waits.
func (c canaryCommand) Run() error {
	time.Sleep(c.Lives)
	return nil
}

// longestCanary is when a canary is ended that does not end by itself.
const longestCanary = 20 * time.Second

// beginCanary starts this program with word in its command line, and returns
// while it runs.
func beginCanary(ctx context.Context, word string, lives time.Duration) (pid uint32, err error) {
	pid, _, err = startCanary(ctx, word, lives)
	return pid, err
}

// startCanary is beginCanary for who wants to know when it ended.
func startCanary(ctx context.Context, word string, lives time.Duration) (pid uint32, ended <-chan time.Time, err error) {
	program, err := os.Executable()
	if err != nil {
		return 0, nil, fmt.Errorf("find this program: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, lives+longestCanary)
	args := []string{"canary", word}
	if lives > 0 {
		args = append(args, "--lives", lives.String())
	}
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Env = []string{} // it needs none, and the agent's may hold a key
	hideWindow(cmd)
	if err := cmd.Start(); err != nil {
		cancel()
		return 0, nil, fmt.Errorf("start a process to be seen: %w", err)
	}
	exited := make(chan time.Time, 1)
	go func() {
		_ = cmd.Wait() // how it ends is of no interest
		exited <- time.Now()
		cancel()
	}()
	return uint32(cmd.Process.Pid), exited, nil
}
