package watch

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// Command is a receiver that runs a program for each alert, with the alert as one JSON object on its standard input. No shell is involved,
// nothing of the alert is an argument, and of this process's environment it gets PATH and HOME alone, lest it inherit the bucket's
// credentials. An exit code other than 0 has it run again later.
type Command struct {
	path    string
	args    []string
	timeout time.Duration
}

// NewCommand finds the program. A timeout of 0 is 30 seconds.
func NewCommand(path string, args []string, timeout time.Duration) (*Command, error) {
	full, err := exec.LookPath(path)
	if err != nil {
		return nil, fmt.Errorf("command: %w", err)
	}
	if full, err = filepath.Abs(full); err != nil {
		return nil, fmt.Errorf("command: %w", err)
	}
	if timeout <= 0 {
		timeout = 30 * time.Second
	}
	return &Command{full, args, timeout}, nil
}

// Name implements Receiver. Arguments may be secrets, so they are not part of it.
func (c *Command) Name() string { return "command " + c.path }

// Batch implements Receiver.
func (c *Command) Batch() int { return 1 }

// Send implements Receiver.
func (c *Command) Send(ctx context.Context, alerts []Alert) error {
	for i := range alerts {
		if err := c.run(ctx, &alerts[i]); err != nil {
			return err
		}
	}
	return nil
}

func (c *Command) run(ctx context.Context, alert *Alert) error {
	body, err := json.Marshal(alert)
	if err != nil {
		return fmt.Errorf("%w: couldn't encode it: %w", ErrRefused, err)
	}
	running, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	cmd := exec.CommandContext(running, c.path, c.args...) //nolint:gosec // the operator's own program, with the operator's arguments
	cmd.Stdin = bytes.NewReader(append(body, '\n'))
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME")}
	cmd.WaitDelay = 2 * time.Second // for children that keep its output open
	err = cmd.Run()                 // what it prints goes nowhere: it may be anything
	switch {
	case running.Err() != nil && ctx.Err() == nil:
		return fmt.Errorf("it took longer than %v", c.timeout)
	case err != nil && errors.Is(err, exec.ErrWaitDelay):
		return nil // it ended well; a child of its own didn't
	}
	return err
}
