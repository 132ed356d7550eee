package report

import (
	"cmp"
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"path"
	"slices"
	"strings"
	"time"
)

//go:embed sql/*.sql
var files embed.FS

// ErrNoQuestion means that there is no question of that name.
var ErrNoQuestion = errors.New("no such question")

// MaxRows bounds the rows of one answer.
const MaxRows = 10_000

// Question is a SQL file.
type Question struct {
	// Name is the file's name without its ending.
	Name string
	// About is its header comment in one line: what it answers.
	About string
	SQL   string
}

// Questions lists all questions by name.
func Questions() []Question {
	entries, err := fs.ReadDir(files, "sql")
	if err != nil {
		return nil // embedded: it is there
	}
	questions := make([]Question, 0, len(entries))
	for _, entry := range entries {
		if q, err := FindQuestion(strings.TrimSuffix(entry.Name(), ".sql")); err == nil {
			questions = append(questions, q)
		}
	}
	slices.SortFunc(questions, func(a, b Question) int { return cmp.Compare(a.Name, b.Name) })
	return questions
}

// FindQuestion returns the question of that name, or an error that wraps ErrNoQuestion.
func FindQuestion(name string) (Question, error) {
	text, err := files.ReadFile(path.Join("sql", name+".sql"))
	if err != nil {
		return Question{}, fmt.Errorf("%w: %q", ErrNoQuestion, name)
	}
	q := Question{Name: name, SQL: string(text)}
	var about []string
	for line := range strings.Lines(q.SQL) {
		comment, ok := strings.CutPrefix(strings.TrimSpace(line), "--")
		if !ok {
			break
		}
		about = append(about, strings.TrimSpace(comment))
	}
	q.About = strings.Join(about, " ")
	return q, nil
}

// Asker is what answers SQL: a lake.View.
type Asker interface {
	Query(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// Ask asks a question by name; args are its parameters ($1, …).
func Ask(ctx context.Context, asker Asker, name string, args ...any) (*Table, error) {
	return AskTop(ctx, asker, name, MaxRows, args...)
}

// AskTop asks a question by name and keeps at most limit rows, MaxRows if that is 0.
func AskTop(ctx context.Context, asker Asker, name string, limit int, args ...any) (*Table, error) {
	q, err := FindQuestion(name)
	if err != nil {
		return nil, err
	}
	t, err := AskSQL(ctx, asker, q.SQL, cmp.Or(limit, MaxRows), args...)
	if err != nil {
		return nil, fmt.Errorf("question %s: %w", name, err)
	}
	return t, nil
}

// AskSQL asks SQL and keeps at most limit rows.
func AskSQL(ctx context.Context, asker Asker, query string, limit int, args ...any) (*Table, error) {
	rows, err := asker.Query(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close() //nolint:errcheck // Err tells
	types, err := rows.ColumnTypes()
	if err != nil {
		return nil, err
	}
	t := &Table{}
	for _, c := range types {
		t.Columns = append(t.Columns, Column{c.Name(), kindOf(c.Name(), c.DatabaseTypeName())})
	}
	for rows.Next() {
		if len(t.Rows) == limit {
			t.More = true
			break
		}
		row, into := make([]any, len(types)), make([]any, len(types))
		for i := range row {
			into[i] = &row[i]
		}
		if err := rows.Scan(into...); err != nil {
			return nil, err
		}
		for i := range row {
			row[i] = plain(row[i], types[i].DatabaseTypeName())
		}
		t.Rows = append(t.Rows, row)
	}
	return t, rows.Err()
}

func isNumber(name string) bool {
	return strings.Contains(name, "INT") || name == "DOUBLE" || name == "FLOAT" || strings.HasPrefix(name, "DECIMAL")
}

// plain turns what the engine returns into one of the few types of a table.
func plain(v any, kind string) any {
	switch v := v.(type) {
	case nil, string, int64, float64, bool, time.Time:
		return v
	case int8:
		return int64(v)
	case int16:
		return int64(v)
	case int32:
		return int64(v)
	case uint64:
		return int64(v) //nolint:gosec // counts and seqs, far below the limit
	case uint32:
		return int64(v)
	case float32:
		return float64(v)
	case *big.Int:
		if v.IsInt64() {
			return v.Int64()
		}
		return v.String()
	case []byte:
		if kind == "UUID" && len(v) == 16 {
			return fmt.Sprintf("%x-%x-%x-%x-%x", v[:4], v[4:6], v[6:8], v[8:10], v[10:])
		}
		return string(v)
	case []any:
		return texts(v)
	case interface{ Float64() float64 }: // DECIMAL
		return v.Float64()
	}
	if text := encode(v); text != "null" {
		return text
	}
	return nil
}

// texts keeps lists of scalars as lists, and everything else as its JSON.
func texts(list []any) any {
	out := make([]string, len(list))
	for i, v := range list {
		switch v := plain(v, "").(type) {
		case string:
			out[i] = v
		case []byte:
			return encode(list)
		default:
			out[i] = encode(v)
		}
	}
	return out
}
