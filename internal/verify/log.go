package verify

import (
	"context"
	"crypto/ed25519"
	"maps"
	"slices"
	"sync"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/agentaudit/agentaudit/internal/layout"
)

// log is one writer's log while it is verified. Its entries are taken in by one goroutine, in order.
type log struct {
	*run
	writer string
	files  inventory

	size    int64 // of the newest checkpoint
	root    tlog.Hash
	newest  []byte // that checkpoint
	trusted int64  // size that an earlier run verified
	proven  bool   // the tree is that of the newest checkpoint

	// believed says that no key was given that the log leads to, and none was asked for.
	believed bool
	keys     []string
	chain    []ed25519.PublicKey

	rules rules
	tiles tiles

	mu     sync.Mutex // guards what follows
	groups map[layout.Date]map[string]*group
	days   map[string]*rollup // day objects by key
}

func newLog(r *run, writer string) *log {
	l := &log{run: r, writer: writer, groups: map[layout.Date]map[string]*group{}, days: map[string]*rollup{}}
	l.rules.log, l.tiles.log = l, l
	if t := r.opts.Trust.of(writer); t != nil {
		l.trusted = t.Size
	}
	return l
}

func (l *log) find(f Finding) {
	f.Writer = l.writer
	l.found.add(f)
}

func (l *log) report() WriterReport {
	rep := WriterReport{
		Writer: l.writer, Size: l.size, Keys: slices.Clone(l.keys), LastEntry: l.rules.time,
		Closed: l.rules.kind == kindClosing, LastSeq: uint64(l.rules.seq), Seals: l.rules.seal, Counts: maps.Clone(l.rules.counts),
	}
	if l.size > 0 {
		rep.Root = digest(l.root).String()
	}
	return rep
}

// verify reads the log from its first entry to the newest checkpoint, and starts the checks of what it tells of.
func (l *log) verify(ctx context.Context) error {
	if err := l.takeInventory(ctx); err != nil {
		return err
	}
	found, err := l.findNewest(ctx)
	if err != nil || !found {
		return err
	}
	if err := l.checkPointer(ctx); err != nil {
		return err
	}
	l.checkTrustedSize()
	h := &history{log: l}
	if err := h.read(ctx); err != nil {
		return err
	}
	if !l.proven {
		return nil
	}
	l.checkKeys()
	l.rules.end()
	return l.tiles.finish(ctx)
}

// findNewest looks for the newest checkpoint that can be read. What it says is believed only when the tree has its root and
// the log's key its signature.
func (l *log) findNewest(ctx context.Context) (bool, error) {
	for i, size := range slices.Backward(l.files.newest) {
		path := numbered(dirCheckpoints, size)
		data, err := l.get(ctx, l.key(path), maxCheckpoint)
		if err == nil {
			var c checkpoint
			if c, err = parseCheckpoint(l.writer, data); err == nil && c.size == size {
				l.size, l.root, l.newest = c.size, c.root, data
				return true, nil
			}
		} else if !fault(err) {
			return false, err
		}
		if i == len(l.files.newest)-1 {
			l.find(Finding{Kind: CheckpointMalformed, Key: l.key(path), Found: words(err)})
		}
	}
	if len(l.files.newest) == 0 {
		l.find(Finding{Kind: CheckpointMissing, Key: l.key(dirCheckpoints)})
	}
	return false, nil
}

// checkPointer looks at the convenience file. It proves nothing, but one that is truly signed and newer than all checkpoints
// proves that some are gone.
func (l *log) checkPointer(ctx context.Context) error {
	data, err := l.get(ctx, l.key(pathPointer), maxCheckpoint)
	if err != nil && !fault(err) {
		return err
	}
	if err == nil {
		if c, err := parseCheckpoint(l.writer, data); err == nil {
			l.files.pointer, l.files.pointed = data, c
		}
	}
	return nil
}

func (l *log) checkTrustedSize() {
	if l.size < l.trusted {
		l.find(Finding{
			Kind: LogRolledBack, Key: l.key(numbered(dirCheckpoints, l.size)), Message: "the log is shorter than when it was verified before",
			Expected: sizeWords(l.trusted) + " or more", Found: sizeWords(l.size),
		})
	}
}

// checkKeys decides whether the log is signed by somebody that the auditor knows.
func (l *log) checkKeys() {
	if c := l.files.pointed; c.size > l.size {
		if _, err := openCheckpoint(l.writer, l.files.pointer, l.key0()); err == nil {
			l.find(Finding{
				Kind: LogRolledBack, Key: l.key(pathPointer), Message: "the log was longer once: its own key signed a larger size than any checkpoint has",
				Expected: sizeWords(c.size), Found: sizeWords(l.size),
			})
		}
	}
	given := l.opts.Keys
	if t := l.opts.Trust.of(l.writer); t != nil && t.Key != "" {
		if _, key, err := parseVerifierKey(t.Key); err == nil {
			given = append(slices.Clone(given), key)
		}
	}
	switch {
	case len(given) == 0:
		l.believed = true
	case !contains(given, l.chain):
		found := ""
		if len(l.keys) > 0 {
			found = l.keys[len(l.keys)-1]
		}
		l.find(Finding{Kind: WrongKey, Key: l.key(numbered(dirCheckpoints, l.size)), Expected: "a given key", Found: found})
	}
}

// key0 is the key that signs now.
func (l *log) key0() note.Verifier { return l.rules.signer }

func (l *log) unfinished(now time.Time) bool { return now.Sub(l.rules.time) > l.rules.patience() }
