package main

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/agentaudit/agentaudit/internal/lake"
	"github.com/agentaudit/agentaudit/internal/report"
	"github.com/agentaudit/agentaudit/internal/timeline"
)

const traceHelp = `trace prints what happened in one trace: every event in time order, with the step that it belongs to. A step is one thing that
happened: an agent's run, a model call, a tool call, a decision.

With --graph it prints the steps as a tree: what happened inside of what. Broken traces have their tree, too: a step whose parent
is not among the events is a root, a circle of parents is cut, and each such place is named. --format dot, mermaid and svg are graphs
without asking for one; svg draws time from left to right, one lane for each agent.

ID is 32 hexadecimal digits, or the first eight or more of them if they mean one trace; or the id of a task, whose traces are shown
together. An id that the bucket doesn't have
(in that time and tier) can't be looked at: exit code 2.`

const traceExamples = `  agentaudit trace 4f87afac0984c53f4f87afac0984c53f --bucket file:./agentaudit-data/bucket
  agentaudit trace 4f87afac --graph
  agentaudit trace 4f87afac --format svg > trace.svg`

func traceCommand(out *output) *cobra.Command {
	var (
		f     askFlags
		graph bool
	)
	cmd := &cobra.Command{
		Use:     "trace ID --bucket URL",
		Short:   "Print what happened in a trace, as a timeline or as a graph",
		Long:    traceHelp,
		Example: traceExamples,
		Args:    oneID,
		RunE: func(cmd *cobra.Command, args []string) error {
			return runTrace(cmd.Context(), out, &f, args[0], graph)
		},
	}
	f.add(cmd, "text", "md", "html", "json", "csv", "dot", "mermaid", "svg")
	cmd.Flags().BoolVar(&graph, "graph", false, "print the steps as a tree (--format text, dot, mermaid, json, svg)")
	return cmd
}

// oneID wants the id of what is to be looked at.
func oneID(cmd *cobra.Command, args []string) error {
	if err := cobra.ExactArgs(1)(cmd, args); err != nil {
		return usageError(cmd, err)
	}
	return nil
}

func runTrace(ctx context.Context, out *output, f *askFlags, id string, graph bool) (err error) {
	graph = graph || !slices.Contains(report.Formats, f.format)
	if graph && !slices.Contains(timeline.GraphFormats, f.format) {
		return fmt.Errorf("--format: a graph has no format %q: formats are %s", f.format, strings.Join(timeline.GraphFormats, ", "))
	}
	a, err := f.ask(ctx, out)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	ids, title, err := a.findTraces(ctx, id)
	if err != nil {
		return err
	}
	filter := f.filter()
	filter.Traces = ids
	t, err := a.timeline(ctx, filter)
	if err != nil {
		return err
	}
	if graph {
		err = out.printGraph(t, f.format)
	} else {
		err = a.print(out, f, t.Document(title))
	}
	return errors.Join(err, a.result())
}

func (o *output) printGraph(t *timeline.Timeline, format string) error {
	style := report.Style{Width: o.width, Clean: sanitize}
	if err := t.Graph(o.stdout, format, style); err != nil {
		return fmt.Errorf("couldn't print the graph: %w", err)
	}
	return nil
}

var traceIDPart = regexp.MustCompile(`^[0-9a-fA-F]{8,32}$`)

// findTraces returns the trace that an id is of, or the traces of the task of that id.
func (a *asking) findTraces(ctx context.Context, id string) (ids []string, title string, err error) {
	isTrace := traceIDPart.MatchString(id)
	if isTrace {
		found, err := a.find(ctx, traces, id)
		if err == nil {
			return []string{found}, "Trace " + found, nil
		}
		if !errors.Is(err, errUnknownID) {
			return nil, "", err
		}
	}
	if ids, err = a.askIDs(ctx, "trace_of_task", id); err != nil || len(ids) > 0 {
		return ids, "Task " + id, err
	}
	if isTrace {
		return nil, "", withHint(fmt.Errorf("trace %s: %w", id, errUnknownID), idHint)
	}
	return nil, "", withHint(fmt.Errorf("%q is no trace id, nor eight or more digits of one, nor a task in the bucket", id), "for a session: agentaudit session ID")
}

const idHint = "agentaudit log prints what is there; --json shows the ids"

// askIDs returns the texts that a question about an id lists.
func (a *asking) askIDs(ctx context.Context, question, id string) ([]string, error) {
	found, err := report.Ask(ctx, a, question, id)
	if err != nil {
		return nil, err
	}
	ids := make([]string, 0, len(found.Rows))
	for _, row := range found.Rows {
		if s, ok := row[0].(string); ok {
			ids = append(ids, s)
		}
	}
	return ids, nil
}

// idKind is a kind of id that may be cut short.
type idKind struct {
	noun     string
	question string // that lists the ids which begin with $1
	fewest   int    // characters
}

var (
	traces   = idKind{"trace", "trace_ids", 8}
	sessions = idKind{"session", "session_ids", 8}
)

// errUnknownID means that the bucket has no such id.
var errUnknownID = errors.New("not in the bucket, or not in that time and tier")

// find returns the whole id of what the user named.
func (a *asking) find(ctx context.Context, kind idKind, id string) (string, error) {
	if kind == traces {
		id = strings.ToLower(id)
	}
	ids, err := a.askIDs(ctx, kind.question, id)
	if err != nil {
		return "", err
	}
	switch {
	case slices.Contains(ids, id):
		return id, nil
	case len(ids) == 0 || len(id) < kind.fewest:
		return "", withHint(fmt.Errorf("%s %s: %w", kind.noun, id, errUnknownID), idHint)
	case len(ids) > 1:
		return "", withHint(fmt.Errorf("%s: more than one %s begins so: %s", id, kind.noun, strings.Join(ids, ", ")), "give more of it")
	}
	return ids[0], nil
}

// timeline puts together what a narrower view shows.
func (a *asking) timeline(ctx context.Context, filter lake.Filter) (t *timeline.Timeline, err error) {
	v, err := a.lake.View(ctx, filter)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, v.Close()) }()
	return timeline.Load(ctx, v)
}
