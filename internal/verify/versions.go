package verify

import (
	"context"
	"errors"
	"fmt"

	"github.com/agentaudit/agentaudit/internal/layout"
	"github.com/agentaudit/agentaudit/internal/objstore"
)

// A bucket with versions keeps what was there before somebody wrote over it, and what a delete marker hides. A writer creates each
// key once, so whatever lies behind a newest version was put there, or covered, by another hand.

// maxVersions bounds those of one key that are looked at.
const maxVersions = 1000

// lookBehind tells what lies behind keys, if the store knows.
func (r *run) lookBehind(ctx context.Context) error {
	store, ok := r.store.(objstore.Versioner)
	if !ok || !r.opts.CheckVersions || r.opts.LogsOnly {
		return nil
	}
	for _, root := range []string{layout.EventsRoot, layout.DaysRoot, layout.TrailRoot} {
		r.pool.do(ctx, func(ctx context.Context) error { return r.lookBehindAll(ctx, store, root) })
	}
	return nil
}

func (r *run) lookBehindAll(ctx context.Context, store objstore.Versioner, root string) error {
	return retry(ctx, func(ctx context.Context, alive func()) error {
		var of []objstore.Version
		var found []Finding // told when the listing has come to its end: it may have to begin again
		end := func() {
			if f, ok := behind(of); ok && len(found) < r.opts.MaxFindings {
				found = append(found, f)
			}
			of = of[:0]
		}
		for v, err := range store.Versions(ctx, root) {
			if errors.Is(err, objstore.ErrDenied) {
				r.found.add(Finding{Kind: VersionsUnchecked, Key: root, Found: err.Error()})
				return nil
			}
			if err != nil {
				return err
			}
			alive()
			if len(of) > 0 && of[0].Key != v.Key {
				end()
			}
			if len(of) < maxVersions {
				of = append(of, v)
			}
		}
		end()
		for _, f := range found {
			r.found.add(f)
		}
		return nil
	})
}

// behind judges the versions of one key.
func behind(all []objstore.Version) (f Finding, found bool) {
	objects, hidden := 0, false
	var older string
	for _, v := range all {
		hidden = hidden || v.Marker && v.Newest
		if v.Marker {
			continue
		}
		objects++
		if !v.Newest && older == "" {
			older = fmt.Sprintf("%s of %d bytes, put %s", v.ID, v.Size, v.Modified.UTC().Format(timeLayout))
		}
	}
	switch t, err := layout.ParseTrail(firstKey(all)); {
	case len(all) < 2 && !hidden:
		return f, false
	case err == nil && t.Path == pathPointer && !hidden:
		return f, false // the one file that is written again
	case hidden:
		f = Finding{Kind: ObjectHidden, Found: "a delete marker"}
		if older != "" {
			f.Found += "; behind it version " + older
		}
	case objects > 1:
		f = Finding{Kind: ObjectOverwritten, Expected: "one version", Found: fmt.Sprintf("%d, the one before: %s", objects, older)}
	default:
		f = Finding{Kind: ObjectOverwritten, Message: "the object was deleted and put again", Expected: "one version", Found: "a delete marker behind the newest version"}
	}
	f.Key = all[0].Key
	f.Writer = writerOf(f.Key)
	return f, true
}

func firstKey(all []objstore.Version) string {
	if len(all) == 0 {
		return ""
	}
	return all[0].Key
}

// writerOf returns whose key it is, as far as the key says.
func writerOf(key string) string {
	if s, err := layout.ParseSegment(key); err == nil {
		return s.Writer
	}
	if d, err := layout.ParseDay(key); err == nil {
		return d.Writer
	}
	if t, err := layout.ParseTrail(key); err == nil {
		return t.Writer
	}
	return ""
}
