package logread

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.uber.org/goleak"

	"github.com/agentaudit/agentaudit/internal/event"
	"github.com/agentaudit/agentaudit/internal/layout"
	"github.com/agentaudit/agentaudit/internal/objstore"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// bucket is a store in memory. It fails when its user does what no user may: leave an object open.
type bucket struct {
	objects map[string][]byte

	mu     sync.Mutex
	open   int
	gets   map[string]int
	listed int // keys handed out by List
	// cut, if set, says after how many bytes the nth Get of a key breaks off with which error.
	cut func(key string, nth int) (after int, err error)
	// listFails counts down the listings that end with an error.
	listFails int
}

func newBucket() *bucket { return &bucket{objects: map[string][]byte{}, gets: map[string]int{}} }

func (b *bucket) Get(ctx context.Context, key string) (io.ReadCloser, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.gets[key]++
	data, ok := b.objects[key]
	if !ok {
		return nil, fmt.Errorf("%s: %w", key, objstore.ErrNotFound)
	}
	b.open++
	r := io.Reader(bytes.NewReader(data))
	if b.cut != nil {
		if after, err := b.cut(key, b.gets[key]); err != nil {
			r = io.MultiReader(io.LimitReader(r, int64(after)), failing{ctx, err})
		}
	}
	return &opened{r, b}, nil
}

// errHang makes a Get hang until its context ends.
var errHang = errors.New("hang")

type failing struct {
	ctx context.Context
	err error
}

func (f failing) Read([]byte) (int, error) {
	if errors.Is(f.err, errHang) {
		<-f.ctx.Done()
		return 0, f.ctx.Err()
	}
	return 0, f.err
}

type opened struct {
	io.Reader

	b *bucket
}

func (o *opened) Close() error {
	o.b.mu.Lock()
	defer o.b.mu.Unlock()
	o.b.open--
	return nil
}

func (b *bucket) keys() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Sorted(maps.Keys(b.objects))
}

func (b *bucket) size(key string) int64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return int64(len(b.objects[key]))
}

func (b *bucket) List(_ context.Context, prefix, after string) iter.Seq2[objstore.Info, error] {
	return func(yield func(objstore.Info, error) bool) {
		for _, key := range b.keys() {
			if !strings.HasPrefix(key, prefix) || key <= after {
				continue
			}
			if b.listFails > 0 && b.listed%2 == 1 {
				b.listFails--
				b.listed++
				yield(objstore.Info{}, errors.New("connection reset"))
				return
			}
			b.listed++
			if !yield(objstore.Info{Key: key, Size: b.size(key)}, nil) {
				return
			}
		}
	}
}

var day = time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC)

// stored returns a stored line and its newline.
func stored(n int, at time.Time, t event.Type, tier, writer string, seq uint64) string {
	e := event.Event{
		ID: fmt.Sprintf("00000000-0000-8000-8000-%012d", n), Type: t, Timestamp: pcommon.NewTimestampFromTime(at),
		AgentName: fmt.Sprintf("agent-%d", n%2), SessionID: fmt.Sprintf("s%d", n%3), Retention: event.Retention{Tier: tier},
	}
	return string(event.AppendStamp(e.AppendBody(nil), writer, seq, at.Add(time.Second), false)) + "\n"
}

func (b *bucket) put(t require.TestingT, key, lines string) {
	c := layout.None
	if strings.HasSuffix(key, ".gz") {
		c = layout.Gzip
	} else if strings.HasSuffix(key, ".zst") {
		c = layout.Zstd
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.objects[key] = append(b.objects[key], pack(t, lines, c)...)
}

func pack(t require.TestingT, lines string, c layout.Compression) []byte {
	var packed bytes.Buffer
	var w io.WriteCloser
	switch c {
	case layout.Gzip:
		w = gzip.NewWriter(&packed)
	case layout.Zstd:
		var err error
		w, err = zstd.NewWriter(&packed, zstd.WithEncoderConcurrency(1))
		require.NoError(t, err)
	default:
		return []byte(lines)
	}
	_, err := io.WriteString(w, lines)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return packed.Bytes()
}

// result is what one reading gave.
type result struct {
	Stats

	lines    []string
	findings []string
	err      error
}

func (b *bucket) read(t require.TestingT, q Query, opts Options) (r result) {
	opts.OnFinding = func(f Finding) { r.findings = append(r.findings, f.String()) }
	r.Stats, r.err = Read(context.Background(), b, q, opts, func(line []byte) error {
		r.lines = append(r.lines, string(line))
		return nil
	})
	require.Zero(t, b.open, "every object opened is closed")
	require.Len(t, r.lines, r.Events)
	require.Len(t, r.findings, r.Findings)
	slices.Sort(r.findings)
	return r
}
