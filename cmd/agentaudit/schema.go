package main

import (
	"github.com/spf13/cobra"

	"github.com/agentaudit/agentaudit/internal/event"
)

func schemaCommand(out *output) *cobra.Command {
	return &cobra.Command{
		Use:   "schema",
		Short: "Print the JSON Schema of an event",
		Long:  "schema prints the JSON Schema (draft 2020-12) of one stored line.",
		Args:  noArgs,
		RunE: func(*cobra.Command, []string) error {
			_, err := out.stdout.Write(event.SchemaJSON())
			return err
		},
	}
}
