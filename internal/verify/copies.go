package verify

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"iter"
	"strconv"

	"github.com/agentaudit/agentaudit/internal/objstore"
)

// Entries lie in the bucket up to three times. Where the tree has been verified before, the few large copies do: days files
// first, then bundles, then the entries themselves. Whatever the source, the root decides.

const maxBundle = tileWidth * (2 + 65535) // bytes of an entry bundle

var errEnough = errors.New("enough")

// copies yields the entries from ≤ i < to, from whatever copy takes the fewest requests. It ends early where there is none.
func (l *log) copies(ctx context.Context, from, to int64) iter.Seq2[step, error] {
	return func(yield func(step, error) bool) {
		c := copier{log: l, next: from, to: to, yield: yield}
		for _, read := range []func(context.Context) error{c.days, c.bundles, c.entries} {
			if err := read(ctx); errors.Is(err, errEnough) {
				return
			} else if err != nil {
				yield(step{}, err)
				return
			}
		}
	}
}

type copier struct {
	*log
	next, to int64
	yield    func(step, error) bool
}

func (c *copier) emit(data []byte, e *entry, err error) error {
	s := step{index: c.next, data: data, entry: e, err: err}
	c.next++
	if !c.yield(s, nil) || c.next >= c.to {
		return errEnough
	}
	return nil
}

// days reads days files for as long as they follow each other.
func (c *copier) days(ctx context.Context) error {
	for _, day := range c.files.days {
		if c.next >= c.to {
			return errEnough
		}
		start := c.next
		err := c.stream(ctx, c.key(dirDays+day+".jsonl"), func(r io.Reader) error {
			in := bufio.NewReaderSize(r, maxEntry+1)
			for i := int64(0); ; i++ {
				line, err := in.ReadSlice('\n')
				if err != nil {
					return nil //nolint:nilerr // the end, or no entry: another copy goes on, and the file is checked where it is told of
				}
				if start+i < c.next {
					continue // read before the store failed
				}
				data := append([]byte(nil), line[:len(line)-1]...)
				e, err := parseEntry(data)
				if err != nil || e.Index != c.next {
					return nil //nolint:nilerr // as above
				}
				if err := c.emit(data, e, nil); err != nil {
					return err
				}
			}
		})
		if err != nil && !fault(err) {
			return err
		}
	}
	return nil
}

func (c *copier) bundles(ctx context.Context) error {
	for c.next+tileWidth <= c.to && c.next%tileWidth == 0 {
		bundle, err := c.bundle(ctx, tileName{"entries", c.next / tileWidth, tileWidth})
		if err != nil {
			return err
		}
		if len(bundle) < tileWidth {
			return nil
		}
		for _, data := range bundle {
			e, err := parseEntry(data)
			if err := c.emit(data, e, err); err != nil {
				return err
			}
		}
	}
	return nil
}

func (c *copier) entries(ctx context.Context) error {
	from := c.next
	if from >= c.to {
		return errEnough
	}
	jobs := func(yield func(func(context.Context) ([]byte, error)) bool) {
		for i := from; i < c.to; i++ {
			if !yield(func(ctx context.Context) ([]byte, error) { return c.get(ctx, c.key(numbered(dirEntries, i)), maxEntry) }) {
				return
			}
		}
	}
	for data, err := range ahead(ctx, min(c.opts.Parallel, 64), jobs) {
		if fault(err) {
			if data = c.otherCopy(ctx, c.next, func([]byte) bool { return true }); data == nil {
				return errEnough
			}
			err = nil
		}
		if err != nil {
			return err
		}
		e, err := parseEntry(data)
		if err := c.emit(data, e, err); err != nil {
			return err
		}
	}
	return nil
}

// bundle returns the entries of a bundle, as many as can be read.
func (l *log) bundle(ctx context.Context, name tileName) (entries [][]byte, err error) {
	data, err := l.get(ctx, l.key(name.path()), maxBundle)
	if err != nil {
		if fault(err) {
			err = nil
		}
		return nil, err
	}
	return splitBundle(data), nil
}

// splitBundle reads entries with their lengths before them, as far as they go.
func splitBundle(data []byte) (entries [][]byte) {
	for len(data) >= 2 && len(entries) < tileWidth {
		n := 2 + int(binary.BigEndian.Uint16(data))
		if n > len(data) {
			break
		}
		entries = append(entries, data[2:n:n])
		data = data[n:]
	}
	return entries
}

// otherCopy returns a copy of an entry, other than in its own file, that suits.
func (l *log) otherCopy(ctx context.Context, i int64, suits func([]byte) bool) []byte {
	n := i / tileWidth
	names := []tileName{{"entries", n, tileWidth}}
	prefix := l.key(tilePath("entries", n) + ".p/")
	for info, err := range l.list(ctx, prefix, "") {
		if err != nil {
			break
		}
		if w, err := strconv.ParseInt(info.Key[len(prefix):], 10, 64); err == nil && w > i%tileWidth && w < tileWidth {
			names = append(names, tileName{"entries", n, w})
			break
		}
	}
	for _, name := range names {
		bundle, err := l.bundle(ctx, name)
		if err == nil && int64(len(bundle)) > i%tileWidth && suits(bundle[i%tileWidth]) {
			return bundle[i%tileWidth]
		}
	}
	for _, day := range l.files.days {
		if l.rules.day.Valid() && day < l.rules.day.AddDays(-1).String() {
			continue
		}
		if data := l.inDay(ctx, day, i); data != nil && suits(data) {
			return data
		}
	}
	return nil
}

func (l *log) inDay(ctx context.Context, day string, i int64) (found []byte) {
	err := l.stream(ctx, l.key(dirDays+day+".jsonl"), func(r io.Reader) error {
		in := bufio.NewReaderSize(r, maxEntry+1)
		for {
			line, err := in.ReadSlice('\n')
			if err != nil {
				return nil //nolint:nilerr // the end
			}
			if e, err := parseEntry(line[:len(line)-1]); err == nil && e.Index == i {
				found = append([]byte(nil), line[:len(line)-1]...)
				return nil
			} else if err == nil && e.Index > i {
				return nil
			}
		}
	})
	if err != nil && !errors.Is(err, objstore.ErrNotFound) {
		return nil
	}
	return found
}

// replace looks for another copy of an entry that is gone, and tells that it is.
func (h *history) replace(ctx context.Context, s *step) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	h.find(Finding{Kind: EntryMissing, Key: h.key(numbered(dirEntries, s.index)), Entry: &s.index})
	if s.data = h.otherCopy(ctx, s.index, func([]byte) bool { return true }); s.data != nil {
		s.entry, s.err = parseEntry(s.data)
	}
	return nil
}
