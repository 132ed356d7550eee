package lake

import (
	"context"
	"encoding/hex"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/agentaudit/agentaudit/internal/event"
	"github.com/agentaudit/agentaudit/internal/layout"
)

// A line may be as long as other readers allow, but the engine takes twice its longest line of memory for each file: so long
// lines are a second try.
const (
	usualLine   = 16 << 20
	longestLine = 128 << 20
)

// rowBits of _row count the rows of a batch, the others are of its id.
const rowBits = 28

// convert makes the batch's Parquet file from objects on disk.
func (b *bringing) convert(ctx context.Context, dir string, sources []string, made *batch) error {
	out := filepath.Join(dir, "batch.parquet")
	for _, longest := range []int{usualLine, longestLine} {
		result, err := b.db.ExecContext(ctx, copySQL(sources, out, batchID(made.sums), longest))
		if err != nil && longest == usualLine && strings.Contains(err.Error(), "maximum_object_size") {
			continue
		}
		if err != nil {
			return fmt.Errorf("couldn't read the events of %d objects: %w", len(sources), err)
		}
		if made.Rows, err = result.RowsAffected(); err != nil {
			return fmt.Errorf("couldn't count the events of %d objects: %w", len(sources), err)
		}
		break
	}
	if err := b.cache.commit(out, made); err != nil {
		return fmt.Errorf("couldn't keep the events of %d objects: %w", len(sources), err)
	}
	return nil
}

// copySQL reads JSON lines with the types of the event table, guessing nothing. A line that is no event gives no row. Aliases of event types
// become the types that they stand for.
func copySQL(sources []string, out, id string, longest int) string {
	prefix, _ := hex.DecodeString(id[:16])
	number := uint64(0)
	for _, c := range prefix {
		number = number<<8 | uint64(c)
	}
	var aliases strings.Builder
	for _, name := range event.Aliases() {
		t, _ := event.ParseType(name)
		fmt.Fprintf(&aliases, " WHEN %s THEN %s", quote(name), quote(string(t)))
	}
	return fmt.Sprintf(`COPY (SELECT * REPLACE (CASE event_type%s ELSE event_type END AS event_type),
  (%d::UBIGINT << %d) | row_number() OVER ()::UBIGINT AS _row
FROM %s
WHERE event_id IS NOT NULL) TO %s (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1)`,
		aliases.String(), number>>rowBits, rowBits, ReadJSON(sources, longest), quote(out))
}

// ReadJSON is the SQL of a table over objects as they lie in a bucket, for who has the engine and no lake: each line a row, with the
// types of the event table. Longest bounds a line, in bytes.
func ReadJSON(files []string, longest int) string {
	return fmt.Sprintf("read_json([%s], format = 'newline_delimited', ignore_errors = true, maximum_object_size = %d, columns = {%s})",
		quoteAll(files), longest, columnsSQL())
}

// columnsSQL is the type of each member of the stored object, groups as structures.
func columnsSQL() string {
	var columns, members []string
	all := event.Columns()
	for i, c := range all {
		text := quoteName(c.Name) + " " + sqlType(c.Kind)
		if c.Group == "" {
			columns = append(columns, quoteName(c.Name)+": "+quote(sqlType(c.Kind)))
			continue
		}
		members = append(members, text)
		if i+1 == len(all) || all[i+1].Group != c.Group {
			columns = append(columns, quoteName(c.Group)+": "+quote("STRUCT("+strings.Join(members, ", ")+")"))
			members = nil
		}
	}
	return strings.Join(columns, ", ")
}

func sqlType(kind event.ColumnKind) string {
	switch kind {
	case event.TimeColumn:
		return "TIMESTAMP_NS"
	case event.DateColumn:
		return "DATE"
	case event.UUIDColumn:
		return "UUID"
	case event.IntColumn:
		return "BIGINT"
	case event.FloatColumn:
		return "DOUBLE"
	case event.BoolColumn:
		return "BOOLEAN"
	case event.JSONColumn:
		return "JSON"
	}
	return "VARCHAR"
}

// topColumns are the columns of a stored row: members of the event and groups.
func topColumns() (names []string) {
	for _, c := range event.Columns() {
		name := c.Name
		if c.Group != "" {
			name = c.Group
		}
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// extension is the ending of an object's file, which tells the engine how it is packed.
func extension(key string) string {
	if segment, err := layout.ParseSegment(key); err == nil {
		return segment.Compression.Extension()
	}
	if day, err := layout.ParseDay(key); err == nil {
		return day.Compression.Extension()
	}
	return layout.None.Extension()
}
