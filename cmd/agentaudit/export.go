package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/agentaudit/agentaudit/internal/export"
	"github.com/agentaudit/agentaudit/internal/report"
)

const exportHelp = `export writes events for other programs, and beside the file a manifest: what was asked, how many rows, the file's SHA-256, and which
logs prove it.

  jsonl    the stored lines, byte by byte; with --sql the rows as JSON objects
  csv      a flat table: tool.name, tokens.input, …
  parquet  the typed columns of the view events
  ocsf     OCSF 1.9 API Activity, one JSON object a line; docs/ocsf.md has the mapping

Without --output it goes to standard output, without a manifest.`

const exportExamples = `  agentaudit export --bucket file:./agentaudit-data/bucket --since 2026-11-20 --output november.jsonl
  agentaudit export --format csv --agent refunds --output refunds.csv
  agentaudit export --format parquet --sql "SELECT agent_name, tool.name FROM events" --output tools.parquet`

// exportFlags are the flags of export beside those of every question.
type exportFlags struct {
	askFlags

	output, sql string
}

func exportCommand(out *output) *cobra.Command {
	var f exportFlags
	cmd := &cobra.Command{
		Use:     "export --bucket URL",
		Short:   "Write events for other programs: JSONL, CSV, Parquet, OCSF",
		Long:    exportHelp,
		Example: exportExamples,
		Args:    noArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return runExport(cmd.Context(), out, &f) },
	}
	f.add(cmd, export.Formats...)
	cmd.Flags().StringVarP(&f.output, "output", "o", "", "file to write; its manifest is FILE.manifest.json")
	cmd.Flags().StringVar(&f.sql, "sql", "", "rows to export in place of events: SQL, or the name of a question")
	return cmd
}

func runExport(ctx context.Context, out *output, f *exportFlags) (err error) {
	if f.output == "" && f.format == "parquet" {
		return export.ErrFile
	}
	if q, err := report.FindQuestion(f.sql); err == nil {
		f.sql = q.SQL
	}
	a, err := f.ask(ctx, out)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	damaged := false
	request := export.Request{
		Lake: a.lake, View: a.View, SQL: strings.TrimRight(f.sql, "; \n"), Format: f.format, MaxHeld: f.memory << 20,
		OnFinding: func(err error) { damaged = true; out.note("%v", err) },
	}
	if request.Lines, err = f.lines(); err != nil {
		return err
	}
	if f.output == "" {
		if _, err := export.Stream(ctx, request, out.stdout); err != nil {
			return err
		}
		return a.result()
	}
	written, err := export.File(ctx, request, f.output)
	if err != nil {
		return fmt.Errorf("--output: %w", err)
	}
	manifest, err := export.Describe(request, f.output, written, f.narrowed()).Encode()
	if err != nil {
		return err
	}
	if err := os.WriteFile(f.output+".manifest.json", manifest, 0o600); err != nil {
		return fmt.Errorf("--output: %w", err)
	}
	out.note("%s in %s, sha256 %s", plural(int(written.Rows), "row"), f.output, written.SHA256)
	if damaged {
		return errFinding
	}
	return a.result()
}
