package e2e

import (
	"bufio"
	"bytes"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agentaudit/agentaudit/internal/event"
	"github.com/agentaudit/agentaudit/internal/layout"
	"github.com/agentaudit/agentaudit/internal/objstore"
	"github.com/agentaudit/agentaudit/internal/objstore/s3test"
	"github.com/agentaudit/agentaudit/test/load"
)

// world is what a bucket holds. Reading it checks what must be true of every bucket, whatever happened before:
//
//   - each key is one of the layout's, and each object holds lines of its tier, UTC day and writer alone;
//   - each line is an event that the strict decoder and the JSON Schema take (of large worlds, one line in 200);
//   - no event id comes twice in one object, and none is marked as one that came with other content before;
//   - the sequence numbers of each writer are 1, 2, 3… without a gap and none is there twice.
type world struct {
	t       *testing.T
	objects map[string]int // lines by key
	trail   []layout.Trail // files of the writers' logs
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
	w.t, w.trail, w.objects, w.ids, w.seqs, w.schema = t, nil, map[string]int{}, map[string]int{}, map[string][]uint64{}, compileSchema(t)
	ctx := t.Context()
	store := openStore(t, bucket)
	defer store.Close()
	for info, err := range store.List(ctx, "", "") {
		require.NoError(t, err)
		if file, err := layout.ParseTrail(info.Key); err == nil {
			w.trail = append(w.trail, file)
			continue
		}
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
			if seq != uint64(i)+1 {
				t.Fatalf("writer %s: sequence number %d where %d should come: a gap, or one twice", writer, seq, i+1)
			}
		}
	}
	return w
}

func (w *world) readObject(key string, segment layout.Segment, body io.Reader) {
	t := w.t
	plain, err := zstd.NewReader(body, zstd.WithDecoderConcurrency(1))
	require.NoError(t, err)
	defer plain.Close()
	ids := map[string]bool{}
	in := bufio.NewReaderSize(plain, 1<<20)
	for {
		line, err := in.ReadBytes('\n')
		if err == io.EOF {
			require.Empty(t, line, "%s doesn't end in a newline", key)
			break
		}
		require.NoError(t, err, "%s", key)
		h := w.readLine(key, bytes.TrimSuffix(line, []byte("\n")))
		if h.Tier != segment.Tier || layout.DateOf(h.Time) != segment.Date || h.Writer != segment.Writer {
			t.Fatalf("%s holds an event of another tier, day or writer: %s", key, line)
		}
		if ids[h.ID] {
			t.Fatalf("%s holds event %s twice", key, h.ID)
		}
		ids[h.ID] = true
	}
	require.NotEmpty(t, ids, "%s is empty", key)
	w.objects[key] = len(ids)
}

// sampleEvery is how many lines of a large world share one whole decoding, which is slow with the race detector on.
const sampleEvery = 200

func (w *world) readLine(key string, line []byte) event.Header {
	h, err := event.ReadHeader(line)
	if err != nil {
		w.t.Fatalf("%s: %v: %s", key, err, line)
	}
	if bytes.HasSuffix(line, []byte(`,"conflict":true}`)) {
		w.t.Fatalf("%s holds an event of whose id another was written: %s", key, line)
	}
	w.lines++
	w.ids[h.ID]++
	w.seqs[h.Writer] = append(w.seqs[h.Writer], h.Seq)
	if !w.keep && w.lines%sampleEvery != 1 {
		return h
	}
	var e event.Event
	require.NoError(w.t, event.Decode(line, &e), "%s: %s", key, line)
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(line))
	require.NoError(w.t, err)
	require.NoError(w.t, w.schema.Validate(doc), "%s", line)
	if w.keep {
		w.text = append(append(w.text, line...), '\n')
		w.events = append(w.events, e)
	}
	return h
}

// holds checks that the events of generated batches are there, and returns how many they are.
//
// Their ids are made of trace, span and type. So when the world holds them all and no others, then no (trace, span,
// type) is twice in one object.
func (w *world) holds(g *load.Generator, spans int, batches []uint64) (events int) {
	w.t.Helper()
	missing := 0
	for _, number := range batches {
		for _, span := range g.Traces(number, spans).ResourceSpans().At(0).ScopeSpans().At(0).Spans().All() {
			operation, _ := span.Attributes().Get("gen_ai.operation.name")
			for _, kind := range derived[operation.Str()] {
				events++
				if w.ids[event.SpanEventID(span.TraceID(), span.SpanID(), kind, 0)] == 0 {
					missing++
				}
			}
		}
	}
	assert.Zero(w.t, missing, "acknowledged events are missing")
	return events
}

// derived says which events a generated span becomes.
var derived = map[string][]event.Type{
	"invoke_agent": {event.Invocation, event.FinalOutput},
	"chat":         {event.LLMResponse, event.TokenUsage},
	"execute_tool": {event.ToolCall, event.ToolResult},
}

// distinct counts the events, each once.
func (w *world) distinct() int { return len(w.ids) }

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
		if err != nil || d.IsDir() || name == "lock" || name == "writer" || strings.HasPrefix(name, "trail.") || strings.HasPrefix(name, "recent.") {
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
	store, err := objstore.Open(t.Context(), bucket)
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
