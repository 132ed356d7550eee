package trail

import "context"

// job is long work beside the log, of which there is one at a time: so seals never wait for a day's objects to be read and put.
type job struct {
	cancel context.CancelFunc
	done   chan struct{} // closed when err is set
	err    error
	finish func(context.Context) error
}

// beside runs work, which must not touch the log, and later finish, in the log's goroutine: at once if the work is done
// already, else at a tick after it. An error of work is that tick's.
func (l *Log) beside(ctx context.Context, work, finish func(context.Context) error) error {
	working, cancel := context.WithCancel(ctx)
	j := &job{cancel: cancel, done: make(chan struct{}), finish: finish}
	l.job = j
	l.opts.Go(func() {
		defer close(j.done)
		j.err = work(working)
	})
	return l.collect(ctx)
}

// collect ends the job if its work is done.
func (l *Log) collect(ctx context.Context) error {
	j := l.job
	if j == nil {
		return nil
	}
	select {
	case <-j.done:
	default:
		return nil
	}
	l.job = nil
	j.cancel()
	if j.err != nil {
		return j.err
	}
	return j.finish(ctx)
}

// abandon stops the job. What it was to do waits in the state, for the next start.
func (l *Log) abandon() {
	if l.job != nil {
		l.job.cancel()
		<-l.job.done
		l.job = nil
	}
}
