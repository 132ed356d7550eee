package seal

import (
	"context"
	"errors"
	"fmt"
	"io"

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

// put makes one object and puts it.
func (w *work) put(ctx context.Context, p *part) (Object, error) {
	name := w.name(p, w.compression)
	if err := name.Validate(); err != nil {
		return Object{}, err
	}
	object := Object{
		Key: name.Key(), Tier: p.tier, Day: p.day, Lines: p.lines, Raw: p.raw,
		FirstSeq: p.firstSeq, LastSeq: p.lastSeq, Damaged: p.damaged,
	}
	opts := objstore.PutOptions{ContentType: w.compression.MediaType()}
	if w.opts.LockMode.On() {
		object.RetainUntil = p.retainUntil(w.ingested)
		opts.LockMode, opts.RetainUntil = w.opts.LockMode, object.RetainUntil
	}
	f, err := createSpool(w.opts.Spool)
	if err != nil {
		return Object{}, err
	}
	defer f.discard()
	if err := w.encode(f, p); err != nil {
		return Object{}, fmt.Errorf("couldn't spool %q: %w", object.Key, err)
	}
	body := f.body()
	object.Stored, object.SHA256 = body.Size, body.SHA256
	result, err := w.bucket.Put(ctx, object.Key, body, opts)
	object.Existed = result.Existed
	if errors.Is(err, objstore.ErrConflict) {
		err = w.settle(ctx, &object, p, err)
	}
	return object, err
}

// encode writes one object to out.
func (w *work) encode(out io.Writer, p *part) error {
	e, err := w.encoder(w.compression)
	if err != nil {
		return err
	}
	w.out.Reset(out)
	e.Reset(w.out)
	if err := w.copyLines(e, p); err != nil {
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
