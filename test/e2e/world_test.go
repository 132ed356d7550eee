package e2e

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/klauspost/compress/zstd"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/agentaudit/agentaudit/internal/event"
	"github.com/agentaudit/agentaudit/internal/layout"
	"github.com/agentaudit/agentaudit/internal/objstore"
	"github.com/agentaudit/agentaudit/internal/objstore/s3test"
	"github.com/agentaudit/agentaudit/test/load"
)

// world is what a bucket holds. Reading it checks what must be true of every bucket, whatever happened before:
//
//   - each key is one of the layout's, and each object holds lines of its tier, UTC day and writer alone;
//   - each line is an event that the strict decoder takes, and the JSON Schema too (every line of small worlds, some of large ones);
//   - no event id, and no (trace, span, type), comes twice in one object;
//   - the sequence numbers of each writer are 1, 2, 3… without a gap and none is there twice.
type world struct {
	t       *testing.T
	objects map[string]int // lines by key
	ids     map[string]int // how many objects hold an event
	lines   int
	seqs    map[string][]uint64 // by writer

	keep   bool // whether events is filled
	events []event.Event
	text   []byte // all lines, if keep
	schema *jsonschema.Schema
}

// readWorld reads a bucket and keeps its events.
func readWorld(t *testing.T, bucket string) *world {
	t.Helper()
	return (&world{keep: true}).read(t, bucket)
}

func (w *world) read(t *testing.T, bucket string) *world {
	t.Helper()
	w.t, w.objects, w.ids, w.seqs, w.schema = t, map[string]int{}, map[string]int{}, map[string][]uint64{}, compileSchema(t)
	ctx := context.Background()
	store := openStore(t, bucket)
	defer store.Close() //nolint:errcheck // it was only read
	for info, err := range store.List(ctx, "", "") {
		require.NoError(t, err)
		segment, err := layout.ParseSegment(info.Key)
		require.NoError(t, err, "an object that no writer of ours made")
		body, err := store.Get(ctx, info.Key)
		require.NoError(t, err)
		w.readObject(info.Key, segment, body)
		require.NoError(t, body.Close())
	}
	for writer, seqs := range w.seqs {
		slices.Sort(seqs)
		for i, seq := range seqs {
			require.Equal(t, uint64(i)+1, seq, "sequence number of writer %s: a gap, or one twice", writer)
		}
	}
	return w
}

func (w *world) readObject(key string, segment layout.Segment, body io.Reader) {
	t := w.t
	plain, err := zstd.NewReader(body, zstd.WithDecoderConcurrency(1))
	require.NoError(t, err)
	defer plain.Close()
	type identity struct {
		trace pcommon.TraceID
		span  pcommon.SpanID
		kind  event.Type
	}
	ids, identities := map[string]bool{}, map[identity]bool{}
	in := bufio.NewReaderSize(plain, 1<<20)
	for {
		line, err := in.ReadBytes('\n')
		if err == io.EOF {
			require.Empty(t, line, "%s doesn't end in a newline", key)
			break
		}
		require.NoError(t, err, "%s", key)
		e := w.readLine(key, bytes.TrimSuffix(line, []byte("\n")))
		if t.Failed() {
			t.FailNow()
		}
		if e.Retention.Tier != segment.Tier || layout.DateOf(e.Timestamp.AsTime()) != segment.Date || e.Writer != segment.Writer {
			t.Fatalf("%s holds an event of another tier, day or writer: %s", key, line)
		}
		require.False(t, ids[e.ID], "%s holds event %s twice", key, e.ID)
		ids[e.ID] = true
		if !e.TraceID.IsEmpty() && !e.SpanID.IsEmpty() && e.Origin.Signal == "span" && !w.keep {
			// Generated spans give one event of a type, so the ids above could not hide a second one.
			i := identity{e.TraceID, e.SpanID, e.Type}
			require.False(t, identities[i], "%s holds %v twice", key, i)
			identities[i] = true
		}
	}
	require.NotEmpty(t, ids, "%s is empty", key)
	w.objects[key] = len(ids)
}

// sampleEvery is how many lines of a large world share one check against the JSON Schema, which is slow.
const sampleEvery = 500

func (w *world) readLine(key string, line []byte) *event.Event {
	var e event.Event
	require.NoError(w.t, event.Decode(line, &e), "%s: %s", key, line)
	w.lines++
	w.ids[e.ID]++
	w.seqs[e.Writer] = append(w.seqs[e.Writer], uint64(e.Seq.Value)) //nolint:gosec // Decode refuses negative ones, and the check of gaps would, too
	if w.keep || w.lines%sampleEvery == 1 {
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(line))
		require.NoError(w.t, err)
		require.NoError(w.t, w.schema.Validate(doc), "%s", line)
	}
	if w.keep {
		w.text = append(append(w.text, line...), '\n')
		w.events = append(w.events, e)
	}
	return &e
}

// holds checks that the events of generated batches are there.
func (w *world) holds(g *load.Generator, spans int, batches []uint64) {
	w.t.Helper()
	missing := 0
	for _, number := range batches {
		for _, span := range g.Traces(number, spans).ResourceSpans().At(0).ScopeSpans().At(0).Spans().All() {
			operation, _ := span.Attributes().Get("gen_ai.operation.name")
			for _, kind := range derived[operation.Str()] {
				if w.ids[event.SpanEventID(span.TraceID(), span.SpanID(), kind, 0)] == 0 {
					missing++
				}
			}
		}
	}
	assert.Zero(w.t, missing, "acknowledged events are missing")
}

// derived says which events a generated span becomes.
var derived = map[string][]event.Type{
	"invoke_agent": {event.Invocation, event.FinalOutput},
	"chat":         {event.LLMResponse, event.TokenUsage},
	"execute_tool": {event.ToolCall, event.ToolResult},
}

// repeated counts the events that more than one object holds.
func (w *world) repeated() (n int) {
	for _, times := range w.ids {
		n += times - 1
	}
	return n
}

// journalIsEmpty checks that a stopped collector has left nothing to upload.
func journalIsEmpty(t *testing.T, dir string) {
	t.Helper()
	assert.Zero(t, journalSize(t, dir), "bytes in the journal")
}

// journalSize returns the bytes of all files in which events may be.
func journalSize(t *testing.T, dir string) (size int64) {
	t.Helper()
	require.NoError(t, filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		name := d.Name()
		if err != nil || d.IsDir() || name == "lock" || name == "writer" {
			return err
		}
		info, err := d.Info()
		if err == nil {
			size += info.Size()
		}
		return err
	}))
	return size
}

func compileSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(event.SchemaJSON()))
	require.NoError(t, err)
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	require.NoError(t, c.AddResource("event.schema.json", doc))
	schema, err := c.Compile("event.schema.json")
	require.NoError(t, err)
	return schema
}

// openStore opens a bucket with the credentials of the tests' own servers.
func openStore(t *testing.T, bucket string) objstore.Store {
	t.Helper()
	store, err := objstore.Open(context.Background(), bucket)
	require.NoError(t, err)
	return store
}

// TestMain gives the tests' own reading of buckets the credentials of the tests' servers. Parallel tests can't set
// the environment each for itself.
func TestMain(m *testing.M) {
	for _, pair := range s3test.Env() {
		name, value, _ := bytes.Cut([]byte(pair), []byte("="))
		if err := os.Setenv(string(name), string(value)); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}
