package lake

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
)

// Who follows a day that is not over brings a few objects at a time, and each time makes a small file. Many small files are slow to ask, so
// those of one tier and day are joined when there are too many of them.
const (
	manyBatches = 32
	smallBatch  = 32 << 20 // bytes of a Parquet file that is joined with others
)

// closeDay takes over the batches of one tier and day, joined if they are many.
func (b *bringing) closeDay(ctx context.Context) error {
	defer clear(b.day)
	if len(b.day) > manyBatches {
		if err := b.compact(ctx); err != nil {
			return err
		}
	}
	maps.Copy(b.ids, b.day)
	return nil
}

// compact joins the small batches of the day at hand. The files that were joined stay for whoever reads them, until the cache needs the room.
func (b *bringing) compact(ctx context.Context) error {
	var small []*batch
	for id := range b.day {
		if of := b.cache.batch(id); of != nil && of.Size < smallBatch {
			small = append(small, of)
		}
	}
	if len(small) < 2 {
		return nil
	}
	slices.SortFunc(small, func(a, c *batch) int { return cmp.Compare(a.id, c.id) })
	made := &batch{}
	sources := make([]string, len(small))
	for i, of := range small {
		sources[i] = b.cache.parquet(of.id)
		made.sums = append(made.sums, of.sums...)
		made.Lines += of.Lines
		made.Rows += of.Rows
	}
	out := filepath.Join(b.cache.tmp, "compact.parquet")
	query := fmt.Sprintf("COPY (SELECT * FROM read_parquet([%s])) TO %s (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1)", quoteAll(sources), quote(out))
	if _, err := b.db.ExecContext(ctx, query); err != nil {
		return fmt.Errorf("couldn't join %d small files of the cache: %w", len(small), err)
	}
	if err := b.cache.commit(out, made); err != nil {
		return fmt.Errorf("couldn't join %d small files of the cache: %w", len(small), err)
	}
	for _, of := range small {
		delete(b.day, of.id)
	}
	b.day[made.id] = true
	return nil
}
