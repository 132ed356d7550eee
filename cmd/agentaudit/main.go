// Command agentaudit is for auditors: it reads the audit trail of AI agents from a bucket, with nothing else running.
//
// Exit codes: 0 all is well, 1 something was found wrong with what was looked at, 2 bad usage or it could not be looked at.
package main

import (
	"context"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

func main() {
	os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// run parses and dispatches, and returns the exit code.
func run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	out := newOutput(stdout, stderr)

	root := newRoot(out)
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	return out.exit(root.ExecuteContext(ctx))
}

// newRoot returns the command with all that it can do.
func newRoot(out *output) *cobra.Command {
	root := &cobra.Command{
		Use:           "agentaudit",
		Short:         "Read the audit trail of AI agents",
		Long:          "agentaudit reads the audit trail of AI agents from the bucket that a collector wrote it to.\n\n" + exitCodes,
		SilenceUsage:  true,
		SilenceErrors: true,
		Args:          noArgs,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.AddCommand(
		// Look at events.
		agentCommand(out), anomaliesCommand(out), askCommand(out), exportCommand(out), forensicsCommand(out), logCommand(out),
		mcpCommand(out), reportCommand(out), serveCommand(out), sessionCommand(out), sqlCommand(out), traceCommand(out),
		// Prove them.
		keygenCommand(out), proveCommand(out), rollupCommand(out), verifyCommand(out), watchCommand(out),
		// Set up.
		redactCommand(out), replayCommand(out), schemaCommand(out), versionCommand(out),
	)
	root.CompletionOptions.HiddenDefaultCmd = true
	root.SetFlagErrorFunc(usageError)
	return root
}
