package seal

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/agentaudit/agentaudit/internal/layout"
	"github.com/agentaudit/agentaudit/internal/objstore"
)

// work is the second pass over one segment.
type work struct {
	*Sealer
	segment     Segment
	bucket      Bucket
	ingested    layout.Date
	compression layout.Compression
}

func (w *work) name(p *part, c layout.Compression) layout.Segment {
	return layout.Segment{Tier: p.tier, Date: p.day, Writer: w.segment.Writer, Seal: w.segment.Seal, Compression: c}
}

// maxPuts is how many objects are put at a time. Making them takes one core; waiting for the bucket need not.
const maxPuts = 4

// putAll makes the objects one after the other and puts them side by side.
func (w *work) putAll(ctx context.Context, parts []*part) ([]Object, error) {
	objects, conflicts := make([]Object, len(parts)), make([]error, len(parts))
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	slots := make(chan struct{}, maxPuts)
	var puts sync.WaitGroup
	for i, p := range parts {
		slots <- struct{}{} // before the spool file, so that there are no more of those either
		if ctx.Err() != nil {
			break
		}
		object, f, err := w.pack(p)
		if err != nil {
			cancel(err)
			break
		}
		puts.Go(func() {
			defer func() { <-slots }()
			defer f.discard()
			result, err := w.bucket.Put(ctx, object.Key, f.body(), w.options(object))
			object.Existed = result.Existed
			objects[i] = object
			if errors.Is(err, objstore.ErrConflict) {
				conflicts[i] = err
			} else if err != nil {
				cancel(err)
			}
		})
		if i == 0 {
			puts.Wait() // earlierCompression relies on it: no object without the first
		}
	}
	puts.Wait()
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	for i, conflict := range conflicts {
		if conflict == nil {
			continue
		}
		if err := w.settle(ctx, &objects[i], parts[i], conflict); err != nil {
			return nil, err
		}
	}
	return objects, nil
}

// pack spools one object.
func (w *work) pack(p *part) (Object, *spool, error) {
	name := w.name(p, w.compression)
	if err := name.Validate(); err != nil {
		return Object{}, nil, err
	}
	object := Object{
		Key: name.Key(), Tier: p.tier, Day: p.day, Lines: p.lines, Raw: p.raw,
		FirstSeq: p.firstSeq, LastSeq: p.lastSeq, Damaged: p.damaged,
	}
	if w.opts.LockMode.On() {
		object.RetainUntil = p.retainUntil(w.ingested)
	}
	f, err := createSpool(w.opts.Spool)
	if err != nil {
		return Object{}, nil, err
	}
	if err := w.encode(f, p); err != nil {
		f.discard()
		return Object{}, nil, fmt.Errorf("couldn't spool %q: %w", object.Key, err)
	}
	body := f.body()
	object.Stored, object.SHA256, object.Root = body.Size, body.SHA256, w.roots.Root()
	return object, f, nil
}

func (w *work) options(object Object) objstore.PutOptions {
	opts := objstore.PutOptions{ContentType: w.compression.MediaType()}
	if w.opts.LockMode.On() {
		opts.LockMode, opts.RetainUntil = w.opts.LockMode, object.RetainUntil
	}
	return opts
}

// encode writes one object to out, and hashes its lines on the way.
func (w *work) encode(out io.Writer, p *part) error {
	e, err := w.encoder(w.compression)
	if err != nil {
		return err
	}
	w.out.Reset(out)
	e.Reset(w.out)
	w.roots.Reset()
	if err := w.copyLines(io.MultiWriter(e, w.roots), p); err != nil {
		return err
	}
	if err := e.Close(); err != nil {
		return err
	}
	return w.out.Flush()
}

// copyLines writes the lines of one object to out.
func (w *work) copyLines(out io.Writer, p *part) error {
	// A part that is a good share of the segment is read along with what lies between its lines; the lines of one
	// that is strewn thinly are read one by one.
	w.window.reset(w.segment.Lines, w.segment.Size, p.raw*8 >= w.segment.Size)
	last := byte('\n')
	for run := range p.runs() {
		for run.size > 0 {
			chunk, err := w.window.read(run)
			if err != nil {
				return fmt.Errorf("couldn't read the segment: %w", err)
			}
			if _, err := out.Write(chunk); err != nil {
				return err
			}
			n := len(chunk)
			last = chunk[n-1]
			run.off, run.size = run.off+int64(n), run.size-int64(n)
		}
	}
	if last != '\n' { // a damaged end: whatever is joined behind it must begin a line
		_, err := out.Write([]byte{'\n'})
		return err
	}
	return nil
}
