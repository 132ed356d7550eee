package trail

import (
	"context"
	"errors"

	"github.com/agentaudit/agentaudit/internal/objstore"
)

// Tick does what time asks for: a daily or heartbeat entry, joining a day's objects, a look at the other writers, a
// publication. Call it every minute or so, after Start.
func (l *Log) Tick(ctx context.Context) error {
	if err := l.finish(ctx); err != nil {
		return err
	}
	if now := l.opts.Now(); now.Sub(l.lookAt).Abs() >= l.opts.Look {
		l.lookAt = now
		err := l.look(ctx)
		denied := errors.Is(err, objstore.ErrDenied)
		if err != nil && (!denied || !l.blind) { // a policy that is meant so need be told of once
			l.opts.Warn("couldn't look at other writers' trails", err)
		}
		l.blind = denied
	}
	if err := l.closeDay(ctx); err != nil {
		return err
	}
	// A day that can't be joined must not silence the log.
	failed := l.besides(ctx)
	// Abs: a clock that jumped back must not silence the log until it has caught up.
	if l.opts.Now().Sub(l.last).Abs() >= l.opts.Heartbeat {
		err := l.append(ctx, func(*state) ([]Entry, error) { return []Entry{{Kind: KindHeartbeat}}, nil })
		if err != nil {
			return errors.Join(failed, err)
		}
	}
	if l.state.Kind == KindDaily || l.opts.Now().Sub(l.publishAt).Abs() >= l.opts.Publish {
		return errors.Join(failed, l.publish(ctx))
	}
	return failed
}

// besides goes on with what is done beside the log.
func (l *Log) besides(ctx context.Context) error {
	if err := l.collect(ctx); err != nil || l.job != nil {
		return err
	}
	if err := l.rollUp(ctx); err != nil || l.job != nil {
		return err
	}
	return l.expire(ctx)
}
