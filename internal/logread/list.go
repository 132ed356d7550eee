package logread

import (
	"context"
	"fmt"
	"slices"

	"github.com/agentaudit/agentaudit/internal/layout"
	"github.com/agentaudit/agentaudit/internal/objstore"
)

// object is one object to be read.
type object struct {
	objstore.Info

	tier        string
	date        layout.Date
	writer      string
	compression layout.Compression
	isDay       bool
}

// parse tells what a key says of its object.
func parse(info objstore.Info) (*object, error) {
	if d, err := layout.ParseDay(info.Key); err == nil {
		return &object{Info: info, tier: d.Tier, date: d.Date, writer: d.Writer, compression: d.Compression, isDay: true}, nil
	}
	s, err := layout.ParseSegment(info.Key)
	if err != nil {
		return nil, err
	}
	return &object{Info: info, tier: s.Tier, date: s.Date, writer: s.Writer, compression: s.Compression}, nil
}

// family is one root of event objects with the prefix that a partition has there.
type family struct {
	root   string
	prefix func(tier string, date layout.Date) string
}

var families = []family{
	{layout.EventsRoot, layout.SegmentPrefix},
	{layout.DaysRoot, layout.DayPrefix},
}

// list finds the objects that may hold wanted events, in the order of their days.
func (r *reader) list(ctx context.Context) ([]*object, error) { return r.listOf(ctx, families) }

func (r *reader) listOf(ctx context.Context, families []family) ([]*object, error) {
	var all []*object
	for _, f := range families {
		for after, more := "", true; more; {
			err := retry(ctx, func(ctx context.Context, alive func()) (err error) {
				after, more, err = r.scan(ctx, alive, f, after, &all)
				return err
			})
			if err != nil {
				return nil, fmt.Errorf("couldn't list the bucket: %w", err)
			}
		}
	}
	slices.SortStableFunc(all, func(a, b *object) int { return a.date.Compare(b.date) })
	return all, nil
}

// scan lists on from the key after until a partition comes that is not wanted; then it returns the key behind
// which the next wanted one can be. So a narrow query over years of objects costs two requests a tier. After an error
// the returned key is where to go on, too.
func (r *reader) scan(
	ctx context.Context, alive func(), f family, after string, all *[]*object,
) (next string, more bool, err error) {
	first, last := r.query.days()
	for info, err := range r.store.List(ctx, f.root, after) {
		if err != nil {
			return after, true, err
		}
		alive()
		o, err := parse(info)
		switch {
		case err != nil:
			r.finding(Finding{Key: info.Key, Err: err})
		case !allows(r.query.Tiers, o.tier), o.date.Compare(last) > 0:
			// "~" sorts behind every writer's name.
			return f.prefix(o.tier, lastDate) + "~", true, nil
		case o.date.Compare(first) < 0:
			return before(f.prefix(o.tier, first)), true, nil
		default:
			*all = append(*all, o)
		}
		after = info.Key
	}
	return "", false, nil
}

// before returns a key that sorts before everything under a partition and after all that lies before the partition.
func before(partition string) string { return partition[:len(partition)-1] }
