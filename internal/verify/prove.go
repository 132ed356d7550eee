package verify

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/agentaudit/agentaudit/internal/event"
	"github.com/agentaudit/agentaudit/internal/layout"
)

// Errors of Prove, for callers that branch.
var (
	// ErrNoEvent means that no segment holds an event of that id.
	ErrNoEvent = errors.New("no event with this id in the bucket")
	// ErrNotProven means that the event is there, but that the log doesn't prove it.
	ErrNotProven = errors.New("the log doesn't prove the event")
)

// Prove makes the proof of one event. It reads all segments until it finds the event, and then its writer's log. Whoever is
// handed the proof checks it with [Proof.Check]; Prove has done so with the key that the log publishes.
func Prove(ctx context.Context, store Store, id string, opts Options) (*Proof, error) {
	opts.MaxFindings = 1
	r := newRun(store, &opts)
	defer r.scans.close()
	key, writer, err := r.findEvent(ctx, id)
	if err != nil {
		return nil, err
	}
	p := &Proof{Schema: ProofSchema, Writer: writer, Object: key}
	if err := r.proveLine(ctx, p, id); err != nil {
		return nil, err
	}
	if err := r.proveEntry(ctx, p); err != nil {
		return nil, err
	}
	return p, nil
}

// findEvent returns the key of the first segment that holds the event.
func (r *run) findEvent(ctx context.Context, id string) (key, writer string, err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	r.pool.cancel = cancel
	var mu sync.Mutex
	for info, err := range r.list(ctx, layout.EventsRoot, "") {
		if err != nil {
			r.pool.wait()
			return "", "", errors.Join(err, context.Cause(ctx))
		}
		name, err := layout.ParseSegment(info.Key)
		if err != nil {
			continue
		}
		mu.Lock()
		found := key != ""
		mu.Unlock()
		if found {
			break
		}
		r.progress(0, info.Size)
		r.pool.do(ctx, func(ctx context.Context) error {
			_, there, err := r.lookFor(ctx, info.Key, name.Compression, id, nil)
			r.progress(info.Size, 0)
			mu.Lock()
			defer mu.Unlock()
			if there && (key == "" || info.Key < key) {
				key, writer = info.Key, name.Writer
			}
			return err
		})
	}
	r.pool.wait()
	if key == "" {
		if cause := context.Cause(ctx); cause != nil {
			return "", "", cause
		}
		return "", "", ErrNoEvent
	}
	return key, writer, nil
}

// lookFor returns the line of an event. each is told every line up to the end; without it the search ends at the event.
func (r *run) lookFor(ctx context.Context, key string, c layout.Compression, id string, each func([]byte) error) (line []byte, found bool, err error) {
	wanted := []byte(`"event_id":"` + id + `"`)
	err = r.stream(ctx, key, func(src io.Reader) error {
		plain, err := unpack(src, c)
		if err != nil {
			return nil // a ruined object holds no event; verify tells
		}
		defer plain.Close() //nolint:errcheck // it was only read
		in := bufio.NewScanner(plain)
		in.Buffer(make([]byte, 0, scanBuffer), r.opts.MaxLine)
		for in.Scan() {
			if !found && bytes.Contains(in.Bytes(), wanted) {
				if h, err := event.ReadHeader(in.Bytes()); err == nil && h.ID == id {
					line, found = bytes.Clone(in.Bytes()), true
					if each == nil {
						return nil
					}
				}
			}
			if each != nil {
				if err := each(in.Bytes()); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if fault(err) {
		err = nil
	}
	return line, found, err
}

func unpack(r io.Reader, c layout.Compression) (io.ReadCloser, error) {
	switch c {
	case layout.Gzip:
		return gzip.NewReader(r)
	case layout.Zstd:
		d, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxWindow))
		if err != nil {
			return nil, err
		}
		return d.IOReadCloser(), nil
	default:
		return io.NopCloser(r), nil
	}
}

func (r *run) proveLine(ctx context.Context, p *Proof, id string) error {
	name, err := layout.ParseSegment(p.Object)
	if err != nil {
		return err
	}
	var tree hashes
	var count int64
	at := int64(-1)
	wanted := []byte(`"event_id":"` + id + `"`)
	line, found, err := r.lookFor(ctx, p.Object, name.Compression, id, func(text []byte) error {
		if at < 0 && bytes.Contains(text, wanted) {
			if h, err := event.ReadHeader(text); err == nil && h.ID == id {
				at = count
			}
		}
		count++
		return tree.add(count-1, tlog.RecordHash(text))
	})
	if err != nil || !found {
		return errors.Join(err, fmt.Errorf("%w: %s changed meanwhile", ErrNotProven, p.Object))
	}
	p.Line, p.LineIndex = string(line), at
	p.LinePath, err = tree.prove(count, at)
	return err
}

// proveEntry finds the entry that tells of the object, and its path to the newest checkpoint.
func (r *run) proveEntry(ctx context.Context, p *Proof) error {
	l := newLog(r, p.Writer)
	if err := l.takeInventory(ctx); err != nil {
		return err
	}
	if ok, err := l.findNewest(ctx); err != nil || !ok {
		return errors.Join(err, fmt.Errorf("%w: %s has no checkpoint", ErrNotProven, p.Writer))
	}
	var tree hashes
	at := int64(-1)
	for s, err := range l.copies(ctx, 0, l.size) {
		if err != nil {
			return err
		}
		if err := tree.add(s.index, tlog.RecordHash(s.data)); err != nil {
			return err
		}
		if s.entry == nil {
			continue
		}
		l.rules.signer, _ = keysAfter(p.Writer, s.entry, l.rules.signer, nil)
		if s.entry.Rotation != nil {
			p.Rotations = append(p.Rotations, s.entry.Rotation.Note)
		}
		if s.entry.Start != nil && s.index == 0 {
			if _, key, err := keyOf(p.Writer, s.entry.Start.Key); err == nil {
				l.chain = append(l.chain, key)
			}
		}
		if s.entry.Seal != nil {
			for _, o := range s.entry.Seal.Objects {
				if o.Key == p.Object {
					at, p.Entry = s.index, string(s.data)
				}
			}
		}
	}
	if at < 0 {
		return fmt.Errorf("%w: no entry of %s names %s yet", ErrNotProven, p.Writer, p.Object)
	}
	path, err := tree.prove(l.size, at)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrNotProven, err)
	}
	p.EntryPath, p.Checkpoint = path, string(l.newest)
	if err := p.Check(l.chain); err != nil {
		return fmt.Errorf("%w: %w", ErrNotProven, err)
	}
	return nil
}
