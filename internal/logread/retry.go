package logread

import (
	"context"
	"errors"
	"time"

	"github.com/cenkalti/backoff/v5"

	"github.com/agentaudit/agentaudit/internal/objstore"
)

const (
	attempts = 5
	// maxSilence is how long a store may say nothing before an attempt is given up. A store has no deadline of its own.
	maxSilence = time.Minute
)

var errSilent = errors.New("no answer for " + maxSilence.String())

// retry makes a few attempts at something that the store may answer otherwise next time. An attempt must call alive
// whenever the store has said something.
func retry(ctx context.Context, attempt func(ctx context.Context, alive func()) error) error {
	pause := backoff.NewExponentialBackOff()
	pause.InitialInterval = 100 * time.Millisecond
	_, err := backoff.Retry(ctx, func() (struct{}, error) {
		ctx, cancel := context.WithCancelCause(ctx)
		defer cancel(nil)
		timer := time.AfterFunc(maxSilence, func() { cancel(errSilent) })
		defer timer.Stop()
		err := attempt(ctx, func() { timer.Reset(maxSilence) })
		if err != nil && errors.Is(context.Cause(ctx), errSilent) {
			err = errSilent
		}
		if err != nil && !passing(err) {
			err = backoff.Permanent(err)
		}
		return struct{}{}, err
	}, backoff.WithBackOff(pause), backoff.WithMaxTries(attempts))
	return err
}

// passing says whether an error may be over in a moment. A store that is being written to waits for permissions to be
// put right; a reader had better say so at once.
func passing(err error) bool {
	return objstore.Retryable(err) && !errors.Is(err, objstore.ErrNoBucket) && !errors.Is(err, objstore.ErrDenied) &&
		!errors.Is(err, ErrTooLarge)
}
