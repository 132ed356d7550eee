package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/klauspost/compress/zstd"

	"github.com/agentaudit/agentaudit/internal/event"
	"github.com/agentaudit/agentaudit/internal/layout"
	"github.com/agentaudit/agentaudit/internal/objstore"
	"github.com/agentaudit/agentaudit/internal/trail"
	"github.com/agentaudit/agentaudit/internal/verify"
)

// id is an event id without its hyphens: there are many.
type id [16]byte

func parseID(text string) (i id, err error) {
	n, err := hex.Decode(i[:], []byte(strings.ReplaceAll(text, "-", "")))
	if err == nil && n != len(i) {
		err = fmt.Errorf("%q is no event id", text)
	}
	return i, err
}

// copies is how often an event is in the bucket.
type copies struct{ plain, flagged uint8 }

// check looks at the bucket as it is in the end.
func check(ctx context.Context, c *collector, b bucket, f *fleet, r *result) error {
	store, err := objstore.Open(ctx, b.direct())
	if err != nil {
		return err
	}
	defer func() { _ = store.Close() }() // read only
	found, err := readEvents(ctx, store, r)
	if err != nil {
		return err
	}
	if err := compare(f, found, r); err != nil {
		return err
	}
	if r.rewritten, err = b.rewritten(); err != nil {
		return err
	}
	if r.panics, err = c.panics(); err != nil {
		return err
	}
	return verifyTrail(ctx, c, store, r)
}

func verifyTrail(ctx context.Context, c *collector, store objstore.Store, r *result) error {
	text, err := os.ReadFile(filepath.Join(c.journal, "trail.key"))
	if err != nil {
		return err
	}
	private, err := trail.ParsePrivateKeys(text)
	if err != nil {
		return err
	}
	var keys []ed25519.PublicKey
	for _, key := range private {
		keys = append(keys, ed25519.PublicKey(key[ed25519.SeedSize:]))
	}
	_, locks := store.(*objstore.S3)
	r.report, err = verify.Run(ctx, store, verify.Options{Keys: keys, CheckLocks: locks})
	return err
}

// readEvents reads each segment, and counts the copies of each event.
func readEvents(ctx context.Context, store objstore.Store, r *result) (map[id]copies, error) {
	found := map[id]copies{}
	plain, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1))
	if err != nil {
		return nil, err
	}
	defer plain.Close()
	for info, err := range store.List(ctx, layout.EventsRoot, "") {
		if err != nil {
			return nil, err
		}
		r.objects++
		body, err := store.Get(ctx, info.Key)
		if err != nil {
			return nil, err
		}
		if err = plain.Reset(body); err == nil {
			err = countLines(plain, found, r)
		}
		if err = errors.Join(err, body.Close()); err != nil {
			return nil, fmt.Errorf("%s: %w", info.Key, err)
		}
	}
	return found, nil
}

func countLines(lines io.Reader, found map[id]copies, r *result) error {
	in := bufio.NewReaderSize(lines, 1<<20)
	for {
		line, err := in.ReadBytes('\n')
		if errors.Is(err, io.EOF) && len(line) == 0 {
			return nil
		}
		if err != nil {
			return err
		}
		h, err := event.ReadHeader(bytes.TrimSuffix(line, []byte("\n")))
		if err != nil {
			return err
		}
		i, err := parseID(h.ID)
		if err != nil {
			return err
		}
		r.lines++
		n := found[i]
		if bytes.HasSuffix(line, []byte(`,"conflict":true}`+"\n")) {
			n.flagged++
		} else {
			n.plain++
		}
		found[i] = n
	}
}

// derived says which events a generated span becomes.
var derived = map[string][]event.Type{
	"invoke_agent": {event.Invocation, event.FinalOutput},
	"chat":         {event.LLMResponse, event.TokenUsage},
	"execute_tool": {event.ToolCall, event.ToolResult},
}

// compare looks for each event of each acknowledged batch.
func compare(f *fleet, found map[id]copies, r *result) error {
	batches, _, _ := f.acknowledged()
	slices.Sort(batches)
	for _, number := range batches {
		for _, span := range f.load.Traces(number, f.o.spans).ResourceSpans().At(0).ScopeSpans().At(0).Spans().All() {
			operation, _ := span.Attributes().Get("gen_ai.operation.name")
			for _, kind := range derived[operation.Str()] {
				i, err := parseID(event.SpanEventID(span.TraceID(), span.SpanID(), kind, 0))
				if err != nil {
					return err
				}
				r.events++
				n, there := found[i]
				if !there {
					r.lost++
				}
				r.duplicates += max(0, int(n.plain)-1)
				r.flagged += int(n.flagged)
				delete(found, i)
			}
		}
	}
	r.strangers = len(found)
	return nil
}
