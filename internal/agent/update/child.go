package update

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"
)

// What a child says on standard output, a word on each line. Agents of other
// versions say and hear the same words.
const (
	SayRecording = "recording" // it records
	SayReported  = "reported"  // the server has answered its hello
	SayReady     = "ready"     // it ends, because a newer one is ready to be tried
)

// A child is another program that runs in the place of this one.
type child struct {
	cmd      *exec.Cmd
	input    io.Closer
	reported chan struct{} // closed when it has said so
	ended    chan struct{} // closed when it is gone

	mu    sync.Mutex
	said  map[string]bool
	lines tail
	err   error // with which it ended
}

// start starts a program as a child.
func (s *Supervisor) start(ctx context.Context, program string) (*child, error) {
	c := &child{reported: make(chan struct{}), ended: make(chan struct{}), said: map[string]bool{}}
	// ctx does not kill it: its end is to be in order.
	c.cmd = exec.CommandContext(context.WithoutCancel(ctx), program, s.ChildArgs...)
	c.cmd.Env = os.Environ()
	c.cmd.WaitDelay = time.Second // for those that it leaves behind with its files
	hide(c.cmd)
	c.cmd.Stderr = io.MultiWriter(s.Err, &c.lines)
	var err error
	if c.input, err = c.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	output, writer, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	c.cmd.Stdout = writer
	err = c.cmd.Start()
	_ = writer.Close() // it is the child's
	if err != nil {
		_ = output.Close()
		return nil, fmt.Errorf("it cannot be started: %w", err)
	}
	heard := make(chan struct{})
	go func() {
		defer close(heard)
		c.hear(output, s.Ready)
	}()
	go func() {
		err := c.cmd.Wait()
		select { // what it said last
		case <-heard:
		case <-time.After(time.Second):
		}
		_ = output.Close()
		c.mu.Lock()
		c.err = err
		c.mu.Unlock()
		close(c.ended)
	}()
	return c, nil
}

// hear notes what the child says.
func (c *child) hear(output io.Reader, recording func()) {
	words := bufio.NewScanner(output)
	for words.Scan() {
		word := words.Text()
		if word != SayRecording && word != SayReported && word != SayReady {
			continue // it is not for us
		}
		c.mu.Lock()
		first := !c.said[word]
		c.said[word] = true
		c.mu.Unlock()
		switch {
		case first && word == SayReported:
			close(c.reported)
		case first && word == SayRecording && recording != nil:
			recording()
		}
	}
}

// ready tells whether it ended because there is a newer one.
func (c *child) ready() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.said[SayReady]
}

// end ends it in order, or by force if that takes too long.
func (c *child) end() {
	_ = c.input.Close() // it may have ended already
	late := time.AfterFunc(EndTime, func() { _ = c.cmd.Process.Kill() })
	defer late.Stop()
	<-c.ended
}

// last says for people how it ended, and what it logged last.
func (c *child) last() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	text := "it was still running"
	select {
	case <-c.ended:
		text = "exit code 0"
		if c.err != nil {
			text = c.err.Error()
		}
	default:
	}
	if line := c.lines.last(); line != "" {
		text += "; it logged last: " + line
	}
	return text
}

// tail keeps the end of what is written to it.
type tail struct {
	mu   sync.Mutex
	kept []byte
}

const tailBytes = 2 << 10

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.kept = append(t.kept, p...)
	t.kept = t.kept[max(0, len(t.kept)-tailBytes):]
	return len(p), nil
}

func (t *tail) last() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	lines := strings.Split(strings.TrimSpace(string(t.kept)), "\n")
	return strings.TrimSpace(lines[len(lines)-1])
}

// Say tells the parent of a child how it is.
func Say(out io.Writer, word string) error {
	_, err := fmt.Fprintln(out, word)
	return err
}

// AwaitParent returns when the parent of a child wants it to end, or is gone.
func AwaitParent(in io.Reader) error {
	_, err := io.Copy(io.Discard, in)
	if errors.Is(err, os.ErrClosed) {
		return nil
	}
	return err
}
