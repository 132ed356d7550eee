package export

import (
	"bufio"
	"context"
	"crypto/sha256"
	"database/sql"
	_ "embed"
	"encoding/csv"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"strings"

	"github.com/agentaudit/agentaudit/internal/event"
	"github.com/agentaudit/agentaudit/internal/lake"
	"github.com/agentaudit/agentaudit/internal/logread"
)

//go:embed ocsf.sql
var ocsfSQL string

// Formats are the forms of an export.
var Formats = []string{"jsonl", "csv", "parquet", "ocsf"}

// Request says what to export and how.
type Request struct {
	Lake *lake.Lake
	View *lake.View
	// Lines says which stored lines jsonl holds; it must say the same as the view's filter.
	Lines logread.Query
	// SQL is asked in place of all events; empty asks for all. OCSF takes none.
	SQL string
	// Format is one of Formats.
	Format string
	// MaxHeld bounds the lines of one day that are held while they are put in order, in bytes.
	MaxHeld int64
	// OnFinding is told what is wrong with an object or a line.
	OnFinding func(error)
}

// Written is what came out.
type Written struct {
	Rows, Bytes int64
	SHA256      string
}

// ErrFile means that the format needs a file of its own.
var ErrFile = errors.New("parquet is written to a file: give --output")

// File writes an export to a file.
func File(ctx context.Context, r Request, path string) (w Written, err error) {
	if r.Format == "parquet" {
		query := r.SQL
		if query == "" {
			query = `SELECT * FROM events ORDER BY "timestamp", writer, seq`
		}
		if w.Rows, err = r.Lake.WriteParquet(ctx, r.View, query, path); err != nil {
			return w, err
		}
		return w, w.read(path)
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return w, err
	}
	w, err = Stream(ctx, r, file)
	return w, errors.Join(err, file.Close())
}

// read takes size and hash of a file that somebody else wrote.
func (w *Written) read(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close() //nolint:errcheck // it was only read
	h := sha256.New()
	w.Bytes, err = io.Copy(h, file)
	w.SHA256 = hex.EncodeToString(h.Sum(nil))
	return err
}

// Stream writes an export.
func Stream(ctx context.Context, r Request, to io.Writer) (w Written, err error) {
	c := &counting{to: to, hash: sha256.New()}
	out := bufio.NewWriterSize(c, 256<<10)
	switch {
	case r.Format == "parquet":
		return w, ErrFile
	case r.Format == "csv":
		w.Rows, err = table(ctx, r, out)
	case r.Format == "ocsf" && r.SQL != "":
		return w, errors.New("OCSF is a form of events: it takes no SQL")
	case r.Format == "ocsf":
		w.Rows, err = texts(ctx, r.View, ocsfSQL, out)
	case r.SQL != "":
		w.Rows, err = texts(ctx, r.View, "SELECT to_json(q)::VARCHAR FROM ("+r.SQL+") q", out)
	default:
		w.Rows, err = lines(ctx, r, out)
	}
	err = errors.Join(err, out.Flush())
	w.Bytes, w.SHA256 = c.n, hex.EncodeToString(c.hash.Sum(nil))
	return w, err
}

type counting struct {
	to   io.Writer
	hash hash.Hash
	n    int64
}

func (c *counting) Write(b []byte) (int, error) {
	n, err := c.to.Write(b)
	c.hash.Write(b[:n])
	c.n += int64(n)
	return n, err
}

// lines writes the stored lines, byte by byte, of objects that are as signed.
func lines(ctx context.Context, r Request, out *bufio.Writer) (n int64, err error) {
	stats, err := logread.Read(ctx, r.Lake.Objects(), r.Lines, logread.Options{
		MaxHeld: r.MaxHeld,
		OnFinding: func(f logread.Finding) {
			if r.OnFinding != nil {
				r.OnFinding(errors.New(f.String()))
			}
		},
	}, func(line []byte) error {
		_, err := out.Write(line)
		return errors.Join(err, out.WriteByte('\n'))
	})
	return int64(stats.Events), err
}

// texts writes the one text of each row as a line.
func texts(ctx context.Context, v *lake.View, query string, out *bufio.Writer) (n int64, err error) {
	rows, err := v.Query(ctx, query)
	if err != nil {
		return 0, err
	}
	defer rows.Close() //nolint:errcheck // Err tells
	var text sql.RawBytes
	for rows.Next() {
		if err := rows.Scan(&text); err != nil {
			return n, err
		}
		_, err := out.Write(text)
		if err = errors.Join(err, out.WriteByte('\n')); err != nil {
			return n, err
		}
		n++
	}
	return n, rows.Err()
}

// table writes every column as text, groups flat: tool.name.
func table(ctx context.Context, r Request, to io.Writer) (n int64, err error) {
	query := r.SQL
	if query == "" {
		query = "SELECT " + flat() + ` FROM events ORDER BY "timestamp", writer, seq`
	} else {
		query = "SELECT COLUMNS(*)::VARCHAR FROM (" + query + ")"
	}
	rows, err := r.View.Query(ctx, query)
	if err != nil {
		return 0, err
	}
	defer rows.Close() //nolint:errcheck // Err tells
	names, err := rows.Columns()
	if err != nil {
		return 0, err
	}
	out := csv.NewWriter(to)
	if err := out.Write(names); err != nil {
		return 0, err
	}
	values, into, cells := make([]sql.NullString, len(names)), make([]any, len(names)), make([]string, len(names))
	for i := range values {
		into[i] = &values[i]
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return n, err
		}
		for i, v := range values {
			cells[i] = harmless(v.String)
		}
		if err := out.Write(cells); err != nil {
			return n, err
		}
		n++
	}
	out.Flush()
	return n, errors.Join(rows.Err(), out.Error())
}

// harmless puts an apostrophe before what a spreadsheet would run as a formula: event text is hostile. Numbers stay.
func harmless(s string) string {
	if s == "" || !strings.ContainsRune("=+-@\t\r", rune(s[0])) || s[0] == '-' && strings.Trim(s, "-0123456789.e") == "" {
		return s
	}
	return "'" + s
}

// flat lists every column of an event as text.
func flat() string {
	var columns []string
	for _, c := range event.Columns() {
		name, from := c.Name, fmt.Sprintf("%q", c.Name)
		if c.Group != "" {
			name, from = c.Group+"."+c.Name, fmt.Sprintf("%q.%q", c.Group, c.Name)
		}
		if c.Kind == event.TimeColumn {
			from = "strftime(" + from + ", '%Y-%m-%dT%H:%M:%S.%n') || 'Z'"
		} else {
			from += "::VARCHAR"
		}
		columns = append(columns, fmt.Sprintf("%s AS %q", from, name))
	}
	return strings.Join(append(columns, "array_to_string(inferred, ' ') AS inferred"), ", ")
}
