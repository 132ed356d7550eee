package verify

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/agentaudit/agentaudit/internal/layout"
	"github.com/agentaudit/agentaudit/internal/objstore"
)

const (
	maxNewest  = 8     // checkpoints to go back to when the newest can't be read
	maxGaps    = 100   // runs of missing entries that are told one by one
	maxLogDays = 40000 // days files of one log: a century
)

// inventory is what a listing of a log's files says.
type inventory struct {
	newest  []int64  // sizes of the newest checkpoints, rising
	days    []string // dates of the days files, rising
	entries int64    // entries from 0 on, gaps included
	gaps    []span   // where entry files are missing
	pointer []byte
	pointed checkpoint
	partial int64 // partial tiles and bundles
}

// span is a range of entries, or of bytes: from ≤ i < to.
type span struct{ from, to int64 }

// fault says whether an error is about the object, not about the store.
func fault(err error) bool {
	return errors.Is(err, objstore.ErrNotFound) || errors.Is(err, errTooLarge)
}

func words(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func sizeWords(n int64) string { return fmt.Sprintf("%d entries", n) }

// writers lists who has a log, one request for each.
func (r *run) writers(ctx context.Context) (all []string, err error) {
	after := ""
	for {
		last := after
		for info, err := range r.list(ctx, layout.TrailRoot, after) {
			if err != nil {
				return nil, err
			}
			t, err := layout.ParseTrail(info.Key)
			if err != nil {
				r.found.add(Finding{Kind: TrailFileForeign, Key: info.Key})
				after = info.Key
				break
			}
			if all = append(all, t.Writer); len(all) > maxWriters {
				return nil, fmt.Errorf("more than %d writers", maxWriters)
			}
			after = layout.TrailPrefix(t.Writer) + "\U0010ffff" // behind all of that log
			break
		}
		if after == last {
			return all, nil
		}
	}
}

// takeInventory lists the log's files once.
func (l *log) takeInventory(ctx context.Context) error {
	prefix := layout.TrailPrefix(l.writer)
	for info, err := range l.list(ctx, prefix, "") {
		if err != nil {
			return err
		}
		if !l.files.take(strings.TrimPrefix(info.Key, prefix)) {
			l.find(Finding{Kind: TrailFileForeign, Key: info.Key})
		}
	}
	return nil
}

// take files one path; it returns false for what is no file of a log.
func (v *inventory) take(path string) bool {
	if path == pathPointer {
		return true
	}
	if n, ok := parseNumbered(dirCheckpoints, path); ok {
		if v.newest = append(v.newest, n); len(v.newest) > maxNewest {
			v.newest = v.newest[1:]
		}
		return n > 0
	}
	if n, ok := parseNumbered(dirEntries, path); ok {
		if n > v.entries && len(v.gaps) < maxGaps {
			v.gaps = append(v.gaps, span{v.entries, n})
		}
		v.entries = n + 1
		return true
	}
	if t, ok := parseTile(path); ok {
		if t.width < tileWidth {
			v.partial++
		}
		return true
	}
	if rest, ok := strings.CutPrefix(path, dirDays); ok {
		name, ok := strings.CutSuffix(rest, ".jsonl")
		if _, err := layout.ParseDate(name); !ok || err != nil {
			return false
		}
		if len(v.days) < maxLogDays {
			v.days = append(v.days, name)
		}
		return true
	}
	if rest, ok := strings.CutPrefix(path, dirRollups); ok {
		name, ok := strings.CutSuffix(rest, ".jsonl")
		if !ok || len(name) < len("2006-01-02-x") || name[10] != '-' || !validIndex(name[11:]) {
			return false
		}
		_, err := layout.ParseDate(name[:10])
		return err == nil
	}
	return false
}

// validIndex says whether the name of an index is that of a tier, or of a tier of another writer.
func validIndex(name string) bool {
	tier, writer, absent := strings.Cut(name, "-")
	return layout.ValidTier(tier) && (!absent || layout.ValidWriter(writer))
}
