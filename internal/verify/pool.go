package verify

import (
	"context"
	"iter"
	"sync"
)

// pool runs a bounded number of functions at a time. The first error cancels everything.
type pool struct {
	slots  chan struct{}
	group  sync.WaitGroup
	cancel context.CancelCauseFunc
}

// do waits for a free slot and runs f beside the caller. After cancellation it does nothing.
func (p *pool) do(ctx context.Context, f func(context.Context) error) {
	select {
	case <-ctx.Done():
		return
	case p.slots <- struct{}{}:
	}
	p.group.Go(func() {
		defer func() { <-p.slots }()
		if err := f(ctx); err != nil {
			p.cancel(err)
		}
	})
}

func (p *pool) wait() { p.group.Wait() }

type outcome[T any] struct {
	value T
	err   error
}

// ahead runs jobs, up to window of them at a time, and yields their results in the jobs' order, until the first error.
func ahead[T any](ctx context.Context, window int, jobs iter.Seq[func(context.Context) (T, error)]) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		var group sync.WaitGroup
		defer group.Wait()
		defer cancel()
		queue := make(chan chan outcome[T], window)
		group.Go(func() {
			defer close(queue)
			for job := range jobs {
				result := make(chan outcome[T], 1)
				select {
				case <-ctx.Done():
					return
				case queue <- result:
				}
				group.Go(func() {
					v, err := job(ctx)
					result <- outcome[T]{v, err}
				})
			}
		})
		for result := range queue {
			o := <-result
			if !yield(o.value, o.err) || o.err != nil {
				return
			}
		}
	}
}
