package agentaudits3exporter

import (
	"context"
	"io"
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

// Get asks once. Its deadline covers the reading of an object of the largest size that we make.
func (p patient) Get(ctx context.Context, key string) (io.ReadCloser, error) {
	ctx, cancel := context.WithTimeout(ctx, p.timeout(maxSealMiB*mib))
	r, err := p.Store.Get(ctx, key)
	if err != nil {
		cancel()
		return nil, err
	}
	return cancelling{r, cancel}, nil
}

// cancelling ends a reader's context with it.
type cancelling struct {
	io.ReadCloser
	cancel context.CancelFunc
}

// Close implements io.Closer.
func (c cancelling) Close() error {
	defer c.cancel()
	return c.ReadCloser.Close()
}
