package agentaudits3exporter

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"time"

	"github.com/agentaudit/agentaudit/internal/objstore"
)

// patient is the bucket as sealing sees it: each request has a deadline, and a put succeeds however many attempts it
// takes, so that a segment of many objects needn't begin anew for each failure.
type patient struct {
	objstore.Store
	sealer *sealer
}

// Put puts an object. It fails when ctx ends and when the object exists with other bytes.
func (p patient) Put(ctx context.Context, key string, body objstore.Body, opts objstore.PutOptions) (result objstore.Result, err error) {
	err = p.sealer.retry(ctx, func() error {
		attempt, cancel := context.WithTimeout(ctx, p.timeout(body.Size))
		defer cancel()
		result, err = p.Store.Put(attempt, key, body, opts)
		p.sealer.countPut(ctx, result, err)
		p.sealer.outage(err)
		return err
	})
	return result, err
}

// timeout allows for a link of a MiB a second.
func (p patient) timeout(size int64) time.Duration {
	return p.sealer.config.Upload.Timeout + time.Duration(size/mib)*time.Second
}

// Stat asks once.
func (p patient) Stat(ctx context.Context, key string) (objstore.Info, error) {
	ctx, cancel := context.WithTimeout(ctx, p.timeout(0))
	defer cancel()
	return p.Store.Stat(ctx, key)
}

// Get asks once. It fails when the bucket is silent for longer than an attempt may take, also in the midst of an object.
func (p patient) Get(ctx context.Context, key string) (io.ReadCloser, error) {
	w := p.watch(ctx)
	r, err := p.Store.Get(w.ctx, key)
	if err != nil {
		defer w.end()
		return nil, w.explain(err)
	}
	w.rest()
	return watched{r, w}, nil
}

// List asks once. It fails when the bucket is silent for longer than an attempt may take.
func (p patient) List(ctx context.Context, prefix, after string) iter.Seq2[objstore.Info, error] {
	return func(yield func(objstore.Info, error) bool) {
		w := p.watch(ctx)
		defer w.end()
		for info, err := range p.Store.List(w.ctx, prefix, after) {
			w.rest()
			if !yield(info, w.explain(err)) {
				return
			}
			w.progress()
		}
	}
}

// Replace implements objstore.Replacer, for a store that does.
func (p patient) Replace(ctx context.Context, key string, body objstore.Body, contentType string) error {
	ctx, cancel := context.WithTimeout(ctx, p.timeout(body.Size))
	defer cancel()
	r, ok := p.Store.(objstore.Replacer)
	if !ok {
		return objstore.ErrUnsupported
	}
	return r.Replace(ctx, key, body, contentType)
}

var errSilent = fmt.Errorf("the bucket is silent: %w", context.DeadlineExceeded)

// watch ends a request that makes no progress.
type watch struct {
	ctx    context.Context
	cancel context.CancelCauseFunc
	timer  *time.Timer
	after  time.Duration
}

func (p patient) watch(ctx context.Context) watch {
	ctx, cancel := context.WithCancelCause(ctx)
	after := p.timeout(0)
	return watch{ctx, cancel, time.AfterFunc(after, func() { cancel(errSilent) }), after}
}

// progress says that the bucket has answered, or is asked for more.
func (w watch) progress() { w.timer.Reset(w.after) }

// rest says that it isn't the bucket's turn.
func (w watch) rest() { w.timer.Stop() }

func (w watch) end() {
	w.timer.Stop()
	w.cancel(nil)
}

// explain says why a request has failed that was ended.
func (w watch) explain(err error) error {
	if err != nil && errors.Is(context.Cause(w.ctx), errSilent) {
		return fmt.Errorf("%w (%v)", errSilent, err) // not as cancelled: the caller did not
	}
	return err
}

// watched is an object that is being read.
type watched struct {
	io.ReadCloser
	watch watch
}

// Read implements io.Reader.
func (r watched) Read(b []byte) (int, error) {
	r.watch.progress()
	n, err := r.ReadCloser.Read(b)
	r.watch.rest()
	return n, err // as it is: readers look for io.EOF
}

// Close implements io.Closer.
func (r watched) Close() error {
	defer r.watch.end()
	return r.ReadCloser.Close()
}
