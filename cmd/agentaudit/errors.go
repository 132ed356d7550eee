package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"
)

const exitCodes = `Exit codes: 0 all is well; 1 something was found wrong with the data; 2 bad usage, or it could not be looked at.`

const (
	exitOK      = 0
	exitFinding = 1
	exitFailed  = 2
)

// errFinding ends a command that did its work and found something wrong, which it has told already.
var errFinding = errors.New("something was found wrong")

// hinted is an error with a line of advice.
type hinted struct {
	error

	hint string
}

func (h hinted) Unwrap() error { return h.error }

func withHint(err error, hint string) error { return hinted{err, hint} }

func usageError(cmd *cobra.Command, err error) error {
	return withHint(err, fmt.Sprintf("run '%s --help'", cmd.CommandPath()))
}

// noArgs refuses arguments; on the root command that means a command that doesn't exist.
func noArgs(cmd *cobra.Command, args []string) error {
	if err := cobra.NoArgs(cmd, args); err != nil {
		return usageError(cmd, err)
	}
	return nil
}
