package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/agentaudit/agentaudit/internal/report"
)

const sqlHelp = `sql asks the events of a bucket in SQL (DuckDB's). There is one view, events: each event once, typed, its groups as structures
(tool.name, tokens.input, approval.status). The view history is the same without --since. Both hold only what the other flags let through.

The questions behind all reports are here, too: --list names them, --show NAME prints one, and NAME alone in place of SQL asks it.`

const sqlExamples = `  agentaudit sql --bucket file:./agentaudit-data/bucket "SELECT tool.name, count(*) FROM events GROUP BY ALL ORDER BY 2 DESC"
  agentaudit sql --list
  agentaudit sql --bucket file:./agentaudit-data/bucket --format csv totals`

func sqlCommand(out *output) *cobra.Command {
	var (
		f     askFlags
		list  bool
		show  string
		limit int
	)
	cmd := &cobra.Command{
		Use:     "sql --bucket URL \"SELECT …\"",
		Short:   "Ask verified events in SQL",
		Long:    sqlHelp,
		Example: sqlExamples,
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			switch {
			case list:
				return listQuestions(out)
			case show != "":
				return showQuestion(out, show)
			case len(args) == 0:
				return withHint(errors.New("nothing was asked"), "give SQL, or the name of a question: agentaudit sql --list")
			}
			return runSQL(cmd.Context(), out, &f, args[0], limit)
		},
	}
	f.add(cmd)
	cmd.Flags().BoolVar(&list, "list", false, "list the questions behind the reports")
	cmd.Flags().StringVar(&show, "show", "", "print the SQL of a question")
	cmd.Flags().IntVar(&limit, "limit", report.MaxRows, "print at most so many rows")
	return cmd
}

func runSQL(ctx context.Context, out *output, f *askFlags, query string, limit int) (err error) {
	if q, err := report.FindQuestion(query); err == nil {
		query = q.SQL
	}
	a, err := f.ask(ctx, out)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	table, err := report.AskSQL(ctx, a, query, limit)
	if err != nil {
		return fmt.Errorf("the engine says: %w", err)
	}
	d := &report.Document{Name: "sql", Title: "SQL", Sections: []report.Section{{Name: "rows", Table: table}}}
	if err := a.print(out, f, d); err != nil {
		return err
	}
	return a.result()
}

func listQuestions(out *output) error {
	for _, q := range report.Questions() {
		if _, err := fmt.Fprintf(out.stdout, "%-22s  %s\n", q.Name, q.About); err != nil {
			return err
		}
	}
	return nil
}

func showQuestion(out *output, name string) error {
	q, err := report.FindQuestion(name)
	if err != nil {
		return withHint(err, "agentaudit sql --list names them")
	}
	_, err = fmt.Fprint(out.stdout, q.SQL)
	return err
}
