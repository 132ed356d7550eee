package verify

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"time"

	"github.com/agentaudit/agentaudit/internal/objstore"
)

const (
	attempts = 5
	// maxSilence bounds one attempt that makes no progress.
	maxSilence = time.Minute
	firstPause = 100 * time.Millisecond
)

var (
	errTooLarge = errors.New("larger than it can be")
	errSilent   = errors.New("no answer for " + maxSilence.String())
)

// passing says whether an error may be over in a moment. A missing bucket or permission had better be told at once.
func passing(err error) bool {
	return objstore.Retryable(err) && !errors.Is(err, objstore.ErrNoBucket) && !errors.Is(err, objstore.ErrDenied) &&
		!errors.Is(err, errTooLarge)
}

// retry makes a few attempts. An attempt calls alive whenever the store has said something.
func retry(ctx context.Context, attempt func(ctx context.Context, alive func()) error) error {
	for n, pause := 1, firstPause; ; n, pause = n+1, 2*pause {
		err := once(ctx, attempt)
		if err == nil || ctx.Err() != nil || n == attempts || !passing(err) {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
		}
	}
}

func once(ctx context.Context, attempt func(ctx context.Context, alive func()) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	timer := time.AfterFunc(maxSilence, func() { cancel(errSilent) })
	defer timer.Stop()
	err := attempt(ctx, func() { timer.Reset(maxSilence) })
	if err != nil && errors.Is(context.Cause(ctx), errSilent) {
		return errSilent
	}
	return err
}

// get returns a whole object of at most limit bytes, else errTooLarge.
func (r *run) get(ctx context.Context, key string, limit int64) (data []byte, err error) {
	data, _, err = r.getInfo(ctx, key, limit)
	return data, err
}

// begin opens an object. What is known of it beyond its bytes is filled in if the store tells that in the same request.
func (r *run) begin(ctx context.Context, key string) (io.ReadCloser, objstore.Info, error) {
	if o, ok := r.store.(objstore.Opener); ok {
		return o.Open(ctx, key)
	}
	body, err := r.store.Get(ctx, key)
	return body, objstore.Info{}, err
}

func (r *run) getInfo(ctx context.Context, key string, limit int64) (data []byte, info objstore.Info, err error) {
	err = retry(ctx, func(ctx context.Context, _ func()) error {
		var body io.ReadCloser
		body, info, err = r.begin(ctx, key)
		if err != nil {
			return err
		}
		defer body.Close() //nolint:errcheck // it was only read
		data, err = io.ReadAll(io.LimitReader(body, limit+1))
		if err == nil && int64(len(data)) > limit {
			err = errTooLarge
		}
		return err
	})
	if err != nil && !errors.Is(err, objstore.ErrNotFound) && !errors.Is(err, errTooLarge) {
		err = fmt.Errorf("couldn't read %s: %w", key, err)
	}
	return data, info, err
}

// stream hands the object to read, and again from the start when the store failed in between.
func (r *run) stream(ctx context.Context, key string, read func(io.Reader) error) error {
	return r.streamInfo(ctx, key, func(src io.Reader, _ objstore.Info) error { return read(src) })
}

func (r *run) streamInfo(ctx context.Context, key string, read func(io.Reader, objstore.Info) error) error {
	var own error // of read, which no other attempt would mend
	err := retry(ctx, func(ctx context.Context, alive func()) error {
		body, info, err := r.begin(ctx, key)
		if err != nil {
			return err
		}
		defer body.Close() //nolint:errcheck // it was only read
		src := &source{r: body, alive: alive}
		own = read(src, info)
		return src.err
	})
	if err != nil && !errors.Is(err, objstore.ErrNotFound) {
		err = fmt.Errorf("couldn't read %s: %w", key, err)
	}
	if err == nil {
		err = own
	}
	return err
}

// source keeps the store's errors apart from those of what it holds.
type source struct {
	r     io.Reader
	alive func()
	err   error
}

func (s *source) Read(b []byte) (int, error) {
	n, err := s.r.Read(b)
	s.alive()
	if err != nil && err != io.EOF {
		s.err = err
	}
	return n, err
}

// list yields what is under prefix, behind the key after, and goes on where it was when the store fails.
func (r *run) list(ctx context.Context, prefix, after string) iter.Seq2[objstore.Info, error] {
	return func(yield func(objstore.Info, error) bool) {
		for {
			before := after
			err := retry(ctx, func(ctx context.Context, alive func()) error {
				for info, err := range r.store.List(ctx, prefix, after) {
					if err != nil {
						return err
					}
					alive()
					after = info.Key
					if !yield(info, nil) {
						return nil
					}
				}
				return nil
			})
			if err == nil {
				return
			}
			if after == before || !passing(err) || ctx.Err() != nil { // else it got on: a long listing may fail now and then
				yield(objstore.Info{}, fmt.Errorf("couldn't list %s: %w", prefix, err))
				return
			}
		}
	}
}
