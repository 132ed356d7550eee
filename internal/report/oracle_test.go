package report

import (
	"bufio"
	"bytes"
	"cmp"
	"io"
	"maps"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/require"

	"github.com/agentaudit/agentaudit/internal/event"
	"github.com/agentaudit/agentaudit/internal/generate"
	"github.com/agentaudit/agentaudit/internal/lake"
)

// world is a bucket with a lake over it, and its events as a plain loop reads them from the stored lines.
type world struct {
	name   string
	store  *generate.Memory
	lake   *lake.Lake
	events []event.Event
}

func openWorld(t testing.TB, name string, store *generate.Memory) *world {
	t.Helper()
	l, err := lake.Open(t.Context(), store, lake.Options{Dir: t.TempDir()})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, l.Close()) })
	require.Empty(t, l.Provenance().Findings)
	return &world{name: name, store: store, lake: l, events: complete(once(readLines(t, store)))}
}

func (w *world) view(t testing.TB, f lake.Filter) *lake.View {
	t.Helper()
	v, err := w.lake.View(t.Context(), f)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, v.Close()) })
	return v
}

// generated is two days of agents at work; golden is what the processor made of recorded runs; written is the scenario.
func worlds(t testing.TB) []*world {
	t.Helper()
	days := generate.NewMemory()
	_, err := generate.Write(t.Context(), generate.Spec{Seed: 6, Events: 3000, Days: 3}, days, 2)
	require.NoError(t, err)
	return []*world{
		openWorld(t, "generated", days),
		writtenWorld(t, "golden", goldenEvents(t)),
		writtenWorld(t, "scenario", scenario()),
	}
}

func writtenWorld(t testing.TB, name string, events []event.Event) *world {
	t.Helper()
	store := generate.NewMemory()
	_, err := generate.WriteEvents(t.Context(), store, events, "writer-a", "writer-b")
	require.NoError(t, err)
	return openWorld(t, name, store)
}

// goldenEvents are the events that the processor makes of recorded runs.
func goldenEvents(t testing.TB) (events []event.Event) {
	t.Helper()
	files, err := filepath.Glob("../../testdata/golden/*.jsonl")
	require.NoError(t, err)
	more, err := filepath.Glob("../../testdata/golden/dialects/*.jsonl")
	require.NoError(t, err)
	require.NotEmpty(t, append(files, more...))
	for _, name := range append(files, more...) {
		text, err := os.ReadFile(name)
		require.NoError(t, err)
		for line := range bytes.Lines(text) {
			if line = bytes.TrimSpace(line); len(line) == 0 {
				continue
			}
			var e event.Event
			require.NoError(t, event.Decode(line, &e), name)
			events = append(events, e)
		}
	}
	slices.SortStableFunc(events, func(a, b event.Event) int { return cmp.Compare(a.Timestamp, b.Timestamp) })
	return events
}

// readLines decodes every stored line of the segments.
func readLines(t testing.TB, store *generate.Memory) (events []event.Event) {
	t.Helper()
	for info, err := range store.List(t.Context(), "events/", "") {
		require.NoError(t, err)
		object, err := store.Get(t.Context(), info.Key)
		require.NoError(t, err)
		var in io.Reader = object
		if strings.HasSuffix(info.Key, ".zst") {
			z, err := zstd.NewReader(object)
			require.NoError(t, err)
			defer z.Close()
			in = z
		}
		lines := bufio.NewReaderSize(in, 1<<20)
		for {
			line, err := lines.ReadBytes('\n')
			if err == io.EOF {
				break
			}
			require.NoError(t, err)
			var e event.Event
			require.NoError(t, event.Decode(bytes.TrimSuffix(line, []byte("\n")), &e))
			events = append(events, e)
		}
	}
	return events
}

// once leaves out what is stored again with the same body.
func once(stored []event.Event) (events []event.Event) {
	seen := map[string]bool{}
	for i := range stored {
		body := string(stored[i].AppendBody(nil))
		if !seen[body] {
			seen[body] = true
			events = append(events, stored[i])
		}
	}
	return events
}

// complete gives events the session, user and agent that all others of their trace have.
func complete(events []event.Event) []event.Event {
	fields := []func(*event.Event) *string{
		func(e *event.Event) *string { return &e.SessionID },
		func(e *event.Event) *string { return &e.UserID },
		func(e *event.Event) *string { return &e.AgentName },
	}
	for _, field := range fields {
		known := map[string]map[string]bool{}
		for i := range events {
			if v := *field(&events[i]); v != "" && !events[i].TraceID.IsEmpty() {
				trace := events[i].TraceID.String()
				if known[trace] == nil {
					known[trace] = map[string]bool{}
				}
				known[trace][v] = true
			}
		}
		for i := range events {
			names := known[events[i].TraceID.String()]
			if p := field(&events[i]); *p == "" && !events[i].TraceID.IsEmpty() && len(names) == 1 {
				*p = slices.Collect(maps.Keys(names))[0]
			}
		}
	}
	return events
}

// row is what a plain loop counts of one group.
type row map[string]any

// counted is what a plain loop counts, by key.
type counted map[string]row

func failed(e *event.Event) bool {
	return e.Outcome == event.OutcomeError || e.Outcome == event.OutcomeTimeout
}

func isCall(e *event.Event) bool { return e.Type == event.ToolResult || e.Type == event.LLMResponse }

// n counts events.
func n(events []*event.Event, is func(*event.Event) bool) int64 {
	var n int64
	for _, e := range events {
		if is(e) {
			n++
		}
	}
	return n
}

func of(types ...event.Type) func(*event.Event) bool {
	return func(e *event.Event) bool { return slices.Contains(types, e.Type) }
}

func both(a, b func(*event.Event) bool) func(*event.Event) bool {
	return func(e *event.Event) bool { return a(e) && b(e) }
}

// distinct counts the values that aren't empty.
func distinct(events []*event.Event, value func(*event.Event) string) int64 {
	seen := map[string]bool{}
	for _, e := range events {
		if v := value(e); v != "" {
			seen[v] = true
		}
	}
	return int64(len(seen))
}

func group(events []event.Event, is func(*event.Event) bool, key func(*event.Event) string) map[string][]*event.Event {
	groups := map[string][]*event.Event{}
	for i := range events {
		if e := &events[i]; is == nil || is(e) {
			groups[key(e)] = append(groups[key(e)], e)
		}
	}
	return groups
}

// spent sums up usage; cost is nil when nobody told one.
func spent(events []*event.Event) (input, output, cacheRead, total int64, cost any, unpriced int64) {
	sum, priced := 0.0, false
	for _, e := range events {
		if e.Type != event.TokenUsage {
			continue
		}
		input += e.Tokens.Input.Value
		output += e.Tokens.Output.Value
		cacheRead += e.Tokens.CacheRead.Value
		total += e.Tokens.Total.Value
		if e.CostUSD.Set {
			sum, priced = sum+e.CostUSD.Value, true
		} else {
			unpriced++
		}
	}
	if priced {
		cost = sum
	}
	return input, output, cacheRead, total, cost, unpriced
}

// durations returns mean, median, 95th percentile and maximum; nil when nobody told one.
func durations(events []*event.Event, is func(*event.Event) bool) (avg, p50, p95, highest any) {
	var all []float64
	sum := 0.0
	for _, e := range events {
		if is(e) && e.DurationMS.Set {
			all = append(all, e.DurationMS.Value)
			sum += e.DurationMS.Value
		}
	}
	if len(all) == 0 {
		return nil, nil, nil, nil
	}
	slices.Sort(all)
	quantile := func(q float64) float64 {
		at := q * float64(len(all)-1)
		low := math.Floor(at)
		v := all[int(low)]
		return v + (at-low)*(all[min(int(low)+1, len(all)-1)]-v)
	}
	return sum / float64(len(all)), quantile(0.5), quantile(0.95), all[len(all)-1]
}

func share(part, of int64) any {
	if of == 0 {
		return nil
	}
	return float64(part) / float64(of)
}

func first(events []*event.Event) time.Time {
	at := events[0].Timestamp
	for _, e := range events {
		at = min(at, e.Timestamp)
	}
	return at.AsTime()
}

func last(events []*event.Event) time.Time {
	at := events[0].Timestamp
	for _, e := range events {
		at = max(at, e.Timestamp)
	}
	return at.AsTime()
}

var digits = regexp.MustCompile(`[0-9]+`)

// said is a message without its numbers.
func said(e *event.Event) string {
	if e.Error == "" {
		return "(no message)"
	}
	runes := []rune(e.Error)
	return digits.ReplaceAllString(string(runes[:min(len(runes), 200)]), "#")
}

// earliest are the ids of the first events.
func earliest(events []*event.Event, limit int) []string {
	events = slices.Clone(events)
	slices.SortFunc(events, func(a, b *event.Event) int {
		return cmp.Or(cmp.Compare(a.Timestamp, b.Timestamp), strings.Compare(a.ID, b.ID))
	})
	var ids []string
	for _, e := range events[:min(limit, len(events))] {
		ids = append(ids, e.ID)
	}
	return ids
}

// names are the values that aren't empty, in order; nil if there is none.
func names(events []*event.Event, value func(*event.Event) string) any {
	var all []string
	for _, e := range events {
		if v := value(e); v != "" && !slices.Contains(all, v) {
			all = append(all, v)
		}
	}
	if all == nil {
		return nil
	}
	slices.Sort(all)
	return all
}
