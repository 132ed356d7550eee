package lake

import (
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// amendedVersion changes when the rules below do, so that rows amended by others are not taken for these.
const amendedVersion = "2"

//go:embed amend.sql
var amendFile string

// stamp are the columns that differ when one event is stored twice.
var stamp = []string{"writer", "seq", "ingested_at", "conflict"}

// amend writes the rows that differ from what is stored: those to leave out (skip), and those with completed columns. They depend on
// the files alone, so they are made once for each set of files.
func (l *Lake) amend(ctx context.Context, files []string) (amended string, err error) {
	h := sha256.New()
	_, _ = fmt.Fprintln(h, amendedVersion) // a hash takes everything
	for _, name := range slices.Sorted(slices.Values(files)) {
		_, _ = fmt.Fprintln(h, filepath.Base(name))
	}
	amended = filepath.Join(l.cache.root, "amended", hex.EncodeToString(h.Sum(nil))+".parquet")
	if _, err := os.Stat(amended); err == nil {
		now := time.Now()
		return amended, os.Chtimes(amended, now, now) // it is in use, and not to be forgotten
	}
	conn, err := l.db.Conn(ctx)
	if err != nil {
		return "", err
	}
	defer conn.Close() //nolint:errcheck // gives it back to the pool
	tmp := filepath.Join(l.cache.tmp, "amended.parquet")
	for _, query := range append(amendSQL(), "COPY amended TO "+quote(tmp)+" (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1)", "DROP TABLE amended") {
		if _, err := conn.ExecContext(ctx, query); err != nil {
			return "", fmt.Errorf("couldn't join the events of different objects: %w", err)
		}
	}
	if err := os.Rename(tmp, amended); err != nil {
		return "", fmt.Errorf("couldn't use the cache: %w", err)
	}
	return amended, nil
}

// amendSQL reads the view stored and makes the table amended: _row, skip, and the rest of an amended row.
func amendSQL() []string {
	var body []string
	for _, name := range topColumns() {
		if !slices.Contains(stamp, name) {
			body = append(body, quoteName(name))
		}
	}
	text := strings.ReplaceAll(amendFile, "$body", strings.Join(body, ", "))
	return slices.DeleteFunc(strings.Split(text, ";\n"), func(s string) bool { return strings.TrimSpace(s) == "" })
}
