package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/agentaudit/agentaudit/internal/event"
	"github.com/agentaudit/agentaudit/internal/lake"
	"github.com/agentaudit/agentaudit/internal/logread"
	"github.com/agentaudit/agentaudit/internal/objstore"
	"github.com/agentaudit/agentaudit/internal/report"
)

// askFlags are the flags of every command that asks the lake.
type askFlags struct {
	bucket, key, cache   string
	cacheLimit, memory   int64 // GiB, MiB
	parallel             int
	unverified, fresh    bool
	since, until, format string

	agents, users, sessions, traces, tools, tiers, types []string

	history time.Duration // that the command compares with
}

// add declares the flags that say where the events are and which are meant.
func (f *askFlags) add(cmd *cobra.Command, formats ...string) {
	flags := cmd.Flags()
	bucketFlag(flags, &f.bucket)
	flags.StringVar(&f.key, "key", "", "file with public keys that logs must lead to")
	flags.StringVar(&f.cache, "cache", "", "folder for what was fetched (default: in your cache folder)")
	flags.Int64Var(&f.cacheLimit, "cache-limit", 20, "how large the cache may get, in GiB")
	flags.Int64Var(&f.memory, "memory", 1024, "how much the engine may hold before it spills to the cache's disk, in MiB")
	flags.IntVar(&f.parallel, "parallel", 0, "objects fetched at a time (default 16 for a directory, 64 for S3)")
	flags.BoolVar(&f.unverified, "unverified", false, "show what lies in the bucket without asking the trail; every answer says so")
	flags.BoolVar(&f.fresh, "fresh", false, "ask the bucket again, even when the last answer is a minute old")
	flags.StringVar(&f.since, "since", "", "only events at or after this day or time")
	flags.StringVar(&f.until, "until", "", "only events until the end of this day, or before this time")
	flags.StringSliceVar(&f.agents, "agent", nil, "only events of agents with these names or ids")
	flags.StringSliceVar(&f.users, "user", nil, "only events on behalf of these users")
	flags.StringSliceVar(&f.sessions, "session", nil, "only events of these sessions")
	flags.StringSliceVar(&f.tools, "tool", nil, "only events of these tools")
	flags.StringSliceVar(&f.tiers, "tier", nil, "only events of these tiers")
	flags.StringSliceVar(&f.types, "type", nil, "only events of these types, with or without \"agent.\"")
	if len(formats) == 0 {
		formats = report.Formats
	}
	flags.StringVar(&f.format, "format", formats[0], "how to print: "+strings.Join(formats, ", "))
	cmd.PreRunE = func(*cobra.Command, []string) error {
		if !slices.Contains(formats, f.format) {
			return fmt.Errorf("--format: no format %q: formats are %s", f.format, strings.Join(formats, ", "))
		}
		return nil
	}
}

// recent is for how long an answer of the logs about a day that is not over is taken as news.
const recent = time.Minute

// options reads the flags. The days that are fetched are bounded by --since and --until.
func (f *askFlags) options() (opts lake.Options, err error) {
	opts = lake.Options{
		Dir: f.cache, Limit: f.cacheLimit << 30, Memory: f.memory << 20, Parallel: f.parallel, Unverified: f.unverified, Tiers: f.tiers,
		History: f.history, MaxAge: recent,
	}
	if f.fresh {
		opts.MaxAge = 0
	}
	if f.memory < 128 || f.memory > 1<<20 {
		return opts, fmt.Errorf("--memory: %d is not between 128 and %d MiB", f.memory, 1<<20)
	}
	if opts.Keys, err = readKeys(f.key); err != nil {
		return opts, err
	}
	old := logFlags{since: f.since, until: f.until, tiers: f.tiers, types: f.types, traces: f.traces, memory: 1}
	query, err := old.query()
	if err != nil {
		return opts, err
	}
	opts.Since, opts.Until = query.Since, query.Until
	return opts, nil
}

// filter reads the flags that choose events.
func (f *askFlags) filter() lake.Filter {
	types := make([]string, 0, len(f.types))
	for _, name := range f.types {
		t, _ := event.FindType(name) // options has refused what is none
		types = append(types, string(t))
	}
	return lake.Filter{
		Agents: f.agents, Users: f.users, Sessions: f.sessions, Traces: f.traces, Tools: f.tools, Tiers: f.tiers, Types: types,
	}
}

// lines is the filter for stored lines.
func (f *askFlags) lines() (logread.Query, error) {
	old := logFlags{
		since: f.since, until: f.until, tiers: f.tiers, types: f.types, agents: f.agents, sessions: f.sessions, users: f.users, tools: f.tools,
		traces: f.traces, memory: 1,
	}
	return old.query()
}

// narrowed lists the filters that were given, by name.
func (f *askFlags) narrowed() map[string][]string {
	given := map[string][]string{
		"agent": f.agents, "user": f.users, "session": f.sessions, "trace": f.traces, "tool": f.tools, "tier": f.tiers, "type": f.types,
	}
	maps.DeleteFunc(given, func(_ string, values []string) bool { return len(values) == 0 })
	return given
}

// asking is a lake with a view on it, for one command.
type asking struct {
	*lake.View

	lake  *lake.Lake
	store objstore.Store
	opts  lake.Options
}

// ask opens the bucket and brings what the flags ask for.
func (f *askFlags) ask(ctx context.Context, out *output) (*asking, error) {
	opts, err := f.options()
	if err != nil {
		return nil, err
	}
	if !lake.HasEngine {
		return nil, withHint(lake.ErrNoEngine, "log, verify, prove, replay, redact and keygen need no engine")
	}
	store, err := openBucket(ctx, f.bucket)
	if err != nil {
		return nil, err
	}
	if _, isDir := store.(*objstore.Dir); !isDir && opts.Parallel == 0 {
		opts.Parallel = 64
	}
	bar := out.newProgress("fetching")
	opts.OnProgress = bar.set
	l, err := lake.Open(ctx, store, opts)
	bar.clear()
	if err != nil {
		return nil, errors.Join(readingError(err), store.Close())
	}
	v, err := l.View(ctx, f.filter())
	if err != nil {
		return nil, errors.Join(err, l.Close(), store.Close())
	}
	a := &asking{View: v, lake: l, store: store, opts: opts}
	a.tell(out)
	return a, nil
}

func (a *asking) Close() error { return errors.Join(a.View.Close(), a.lake.Close(), a.store.Close()) }

// tell says on stderr what of the answer is not proven or not there.
func (a *asking) tell(out *output) {
	p := a.lake.Provenance()
	for _, limit := range report.LimitsOf(&p) {
		out.note("%s", limit)
	}
	if p.Objects == 0 {
		out.note("no events in %s, or none in that time and tier", a.store)
	}
}

// result is what the command ends with when its own work is done: a finding when the data is not what was signed.
func (a *asking) result() error {
	if len(a.lake.Provenance().Findings) > 0 {
		return errFinding
	}
	return nil
}

// facts are what every document says of its data.
func (a *asking) facts(f *askFlags) []report.Fact {
	p := a.lake.Provenance()
	facts := []report.Fact{{Name: "bucket", Value: p.Bucket}, {Name: "period", Value: period(a.Since, a.Until)}}
	for _, narrowed := range []struct {
		name   string
		values []string
	}{
		{"agent", f.agents},
		{"user", f.users},
		{"session", f.sessions},
		{"trace", f.traces},
		{"tool", f.tools},
		{"tier", f.tiers},
		{"type", f.types},
	} {
		if len(narrowed.values) > 0 {
			facts = append(facts, report.Fact{Name: narrowed.name, Value: strings.Join(narrowed.values, ", ")})
		}
	}
	return append(facts, report.Fact{Name: "verified", Value: verifiedWords(p)})
}

func period(since, until time.Time) string {
	day := func(t time.Time, none string) string {
		if t.IsZero() {
			return none
		}
		return t.UTC().Format(time.RFC3339)
	}
	return day(since, "the beginning") + " to " + day(until, "now")
}

// verifiedWords says in a line what of the data is proven: the logs with their sizes and roots, which name everything that they hold.
func verifiedWords(p lake.Provenance) string {
	if len(p.Writers) == 0 && p.Verified {
		return "there is no log in this bucket"
	}
	logs := make([]string, len(p.Writers))
	for i, w := range p.Writers {
		logs[i] = fmt.Sprintf("%s %d %.12s", w.Writer, w.Size, w.Root)
	}
	words := "NO"
	if p.Verified {
		words = "yes"
	}
	words += fmt.Sprintf(": %s, %s", plural(int(p.Objects), "object"), plural(int(p.Lines), "line"))
	if len(logs) > 0 {
		words += "; logs " + strings.Join(logs, ", ")
	}
	if p.PublishedKeys {
		words += "; by the key that the bucket publishes"
	}
	return words
}

// print prints a document in the format that was asked for.
func (a *asking) print(out *output, f *askFlags, d *report.Document) error {
	d.Facts = append(a.facts(f), d.Facts...)
	p := a.lake.Provenance()
	for _, limit := range report.LimitsOf(&p) {
		if !slices.Contains(d.Limits, limit) {
			d.Limits = append(d.Limits, limit)
		}
	}
	return out.printDocument(f.format, d)
}

func (o *output) printDocument(format string, d *report.Document) error {
	if format != "text" {
		return report.Print(o.stdout, d, format)
	}
	style := report.Style{Width: o.width, Clean: sanitize}
	if o.width > 0 {
		style.Heading = func(s string) string { return o.colors.heading.Sprint(s) }
		style.Faint = func(s string) string { return o.colors.faint.Sprint(s) }
	}
	return report.PrintText(o.stdout, d, style)
}
