// Command benchlake measures what an auditor waits for: the first fetch and verification of a bucket, then one session and each report from the
// cache, beside the engine's own read_json over the same files. `make bench-lake` runs it on a generated bucket.
package main

import (
	"context"
	"database/sql"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/agentaudit/agentaudit/internal/generate"
	"github.com/agentaudit/agentaudit/internal/lake"
	"github.com/agentaudit/agentaudit/internal/layout"
	"github.com/agentaudit/agentaudit/internal/objstore"
	"github.com/agentaudit/agentaudit/internal/report"
)

func main() {
	dir := flag.String("dir", "", "bucket to read; a generated one if empty")
	events := flag.Int("events", 1_000_000, "events to generate")
	seed := flag.Uint64("seed", 1, "seed of the generator")
	plain := flag.Bool("plain", true, "measure read_json over the same files, too")
	flag.Parse()
	if err := run(context.Background(), *dir, *events, *seed, *plain); err != nil {
		fmt.Fprintln(os.Stderr, "benchlake:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, dir string, events int, seed uint64, plain bool) error {
	work, err := os.MkdirTemp("", "benchlake-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	if dir == "" {
		if dir, err = made(ctx, filepath.Join(work, "bucket"), events, seed); err != nil {
			return err
		}
	}
	store, err := objstore.Open(ctx, "file:"+dir)
	if err != nil {
		return err
	}
	defer store.Close()
	opts := lake.Options{Dir: filepath.Join(work, "cache")}
	session, err := first(ctx, store, opts)
	if err != nil {
		return err
	}
	if err := again(ctx, store, opts, session); err != nil {
		return err
	}
	if plain {
		return withoutLake(ctx, dir, session)
	}
	return nil
}

func made(ctx context.Context, dir string, events int, seed uint64) (string, error) {
	store, err := objstore.Open(ctx, "file:"+dir)
	if err != nil {
		return "", err
	}
	written, err := generate.Write(ctx, generate.Spec{Seed: seed, Events: events, Days: 1}, store, 2)
	if err != nil {
		return "", errors.Join(err, store.Close())
	}
	fmt.Printf("%-44s %d events, %d MB of lines, %d MB stored\n", "generated", written.Events, written.Bytes>>20, written.Stored>>20)
	return dir, store.Close()
}

// first opens the lake with an empty cache and returns the id of a session in the midst of it.
func first(ctx context.Context, store objstore.Store, opts lake.Options) (session string, err error) {
	start := time.Now()
	l, err := lake.Open(ctx, store, opts)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, l.Close()) }()
	took, p := time.Since(start), l.Provenance()
	if !p.Verified {
		return "", errors.New("the bucket doesn't verify")
	}
	fmt.Printf("%-44s %8.2f s   %.0f events/s, %.0f MB/s stored, peak %s\n", "first fetch, verify, cache", took.Seconds(),
		float64(p.Lines)/took.Seconds(), float64(p.FetchedBytes)/1e6/took.Seconds(), peak())
	v, err := l.View(ctx, lake.Filter{})
	if err != nil {
		return "", err
	}
	defer v.Close()
	t, err := report.AskSQL(ctx, v, "SELECT median(session_id) FROM events", 1)
	if err != nil || len(t.Rows) == 0 {
		return "", errors.Join(err, errors.New("there is no session"))
	}
	session, _ = t.Rows[0][0].(string)
	return session, nil
}

// again times questions, each as a command of its own asks it: open, ask, close.
func again(ctx context.Context, store objstore.Store, opts lake.Options, session string) error {
	opts.MaxAge = time.Hour
	timed := func(what string, filter lake.Filter, ask func(*lake.View) error) error {
		start := time.Now()
		l, err := lake.Open(ctx, store, opts)
		if err != nil {
			return err
		}
		v, err := l.View(ctx, filter)
		if err == nil {
			err = errors.Join(ask(v), v.Close())
		}
		if err = errors.Join(err, l.Close()); err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
		fmt.Printf("%-44s %8.2f s   peak %s\n", what, time.Since(start).Seconds(), peak())
		return nil
	}
	err := timed("one session, all columns", lake.Filter{Sessions: []string{session}}, func(v *lake.View) error {
		_, err := report.Ask(ctx, v, "trace_events")
		return err
	})
	if err != nil {
		return err
	}
	for _, def := range report.Definitions {
		if err := timed("report "+def.Name, lake.Filter{}, func(v *lake.View) error {
			_, err := report.Run(ctx, v, def)
			return err
		}); err != nil {
			return err
		}
	}
	return nil
}

// engine is the engine alone, without cache and trail.
type engine struct{ *sql.DB }

func (e engine) Query(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	return e.QueryContext(ctx, query, args...)
}

// withoutLake asks two of the same questions of read_json over the same files.
func withoutLake(ctx context.Context, dir, session string) error {
	var files []string
	err := filepath.WalkDir(filepath.Join(dir, filepath.FromSlash(layout.EventsRoot)), func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && strings.Contains(path, ".jsonl") {
			files = append(files, path)
		}
		return err
	})
	if err != nil {
		return err
	}
	db, err := sql.Open("duckdb", "") // registered by internal/lake
	if err != nil {
		return err
	}
	defer db.Close()
	const longest = 16 << 20
	view := "CREATE VIEW events AS SELECT *, []::VARCHAR[] AS inferred FROM " + lake.ReadJSON(files, longest)
	for _, query := range []string{"SET TimeZone = 'UTC'", "SET preserve_insertion_order = false", view} {
		if _, err := db.ExecContext(ctx, query); err != nil {
			return err
		}
	}
	for _, asked := range []struct{ what, query string }{
		{"read_json: one session, all columns", "SELECT * FROM events WHERE session_id = '" + session + "'"},
		{"read_json: count of events", "SELECT count(event_id) FROM events"},
	} {
		start := time.Now()
		if _, err := report.AskSQL(ctx, engine{db}, asked.query, report.MaxRows); err != nil {
			return err
		}
		fmt.Printf("%-44s %8.2f s   peak %s\n", asked.what, time.Since(start).Seconds(), peak())
	}
	start := time.Now()
	if _, err := report.Ask(ctx, engine{db}, "totals"); err != nil {
		return err
	}
	fmt.Printf("%-44s %8.2f s   peak %s\n", "read_json: the question totals", time.Since(start).Seconds(), peak())
	return nil
}

// peak is the most memory that this process has held, as the kernel counts it.
func peak() string {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return "unknown"
	}
	for line := range strings.Lines(string(status)) {
		if kb, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			return strings.TrimSpace(kb)
		}
	}
	return "unknown"
}
