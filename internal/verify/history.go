package verify

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/agentaudit/agentaudit/internal/objstore"
)

const (
	// maxHeld is how many entries wait for the checkpoint that proves them. A writer signs after each seal; entries are believed
	// unproven, until a later checkpoint decides, only where somebody took the ones in between away.
	maxHeld = 512
	// maxWrong is how many checkpoints in a row may contradict the tree before the tree is taken to be wrong.
	maxWrong = 3
)

// step is one entry with the checkpoint of the log that ends with it, if there is one.
type step struct {
	index  int64
	data   []byte
	entry  *entry
	info   objstore.Info // of its own file, if the store told
	err    error         // why data is no entry
	signed []byte
}

// history reads a log from its first entry to its newest checkpoint. An entry is believed when a checkpoint proves it.
type history struct {
	*log
	tree  tree
	base  tree   // at the last checkpoint that was right
	held  []step // entries since then
	freed bool   // some of those were believed already
	wrong []wrong
	lost  bool // the tree can't be compared any more
}

// wrong is a signed checkpoint that contradicts the tree.
type wrong struct {
	size       int64
	want, have tlog.Hash
}

func (h *history) read(ctx context.Context) error {
	trusted := min(h.trusted, h.size)
	next := int64(0)
	for s, err := range h.copies(ctx, 0, trusted) {
		if err != nil {
			return err
		}
		h.take(ctx, s)
		next++
	}
	if next < trusted {
		h.find(Finding{Kind: EntryMissing, Key: h.key(numbered(dirEntries, next)), Entry: &next})
		return nil
	}
	h.rules.before = nil
	h.base = tree{h.tree.size, slices.Clone(h.tree.edge)}
	if trusted == h.size {
		h.proven = h.tree.root() == h.root
	}
	if t := h.opts.Trust.of(h.writer); t != nil && trusted == h.trusted && digest(h.tree.root()) != t.Root {
		h.find(Finding{
			Kind: HistoryRewritten, Key: h.key(numbered(dirEntries, 0)), Expected: t.Root.String(), Found: digest(h.tree.root()).String(),
		})
	}
	for s, err := range ahead(ctx, min(h.opts.Parallel, 64), h.jobs(ctx, trusted)) {
		if err != nil {
			return err
		}
		if s.data == nil {
			if err := h.replace(ctx, &s); err != nil {
				return err
			}
			if s.data == nil {
				return nil // told; nothing behind it can be proven
			}
		}
		h.take(ctx, s)
		if h.lost {
			return nil
		}
	}
	return ctx.Err()
}

// jobs fetch entries and checkpoints.
func (h *history) jobs(ctx context.Context, from int64) iter.Seq[func(context.Context) (step, error)] {
	return func(yield func(func(context.Context) (step, error)) bool) {
		after := ""
		if from > 0 {
			after = h.key(numbered(dirCheckpoints, from))
		}
		sizes, stop := iter.Pull2(h.list(ctx, h.key(dirCheckpoints), after))
		defer stop()
		signed := int64(-1)
		var failed error
		for i := from; i < h.size; i++ {
			for signed <= i && failed == nil {
				var info objstore.Info
				var more bool
				if info, failed, more = sizes(); !more {
					break
				}
				if n, ok := parseNumbered(dirCheckpoints, info.Key[len(h.key("")):]); failed == nil && ok {
					signed = n
				}
			}
			if err := failed; err != nil {
				yield(func(context.Context) (step, error) { return step{}, err })
				return
			}
			withCheckpoint := signed == i+1 && signed < h.size
			if !yield(func(ctx context.Context) (step, error) { return h.fetch(ctx, i, withCheckpoint) }) {
				return
			}
		}
	}
}

// fetch gets one entry and, if there is one, the checkpoint behind it. An entry that isn't there has no data.
func (h *history) fetch(ctx context.Context, i int64, withCheckpoint bool) (s step, err error) {
	s.index = i
	s.data, s.info, err = h.getInfo(ctx, h.key(numbered(dirEntries, i)), maxEntry)
	switch {
	case errors.Is(err, errTooLarge):
		s.err = fmt.Errorf("more than %d bytes", maxEntry)
	case errors.Is(err, objstore.ErrNotFound):
		s.data = nil
	case err != nil:
		return s, err
	default:
		s.entry, s.err = parseEntry(s.data)
	}
	if i+1 == h.size {
		s.signed = h.newest
	} else if withCheckpoint {
		s.signed, err = h.get(ctx, h.key(numbered(dirCheckpoints, i+1)), maxCheckpoint)
		if err != nil && !fault(err) {
			return s, err
		}
	}
	return s, nil
}

// take adds an entry to the tree, and believes it as soon as it is proven.
func (h *history) take(ctx context.Context, s step) {
	h.tree.add(tlog.RecordHash(s.data))
	if s.index < h.trusted { // proven all at once
		h.believe(ctx, s)
		return
	}
	h.held = append(h.held, s)
	if s.signed != nil {
		h.prove(ctx, s)
	}
	if len(h.held) > maxHeld {
		h.settle(ctx)
		h.freed = true
	}
}

// prove compares the tree with a checkpoint.
func (h *history) prove(ctx context.Context, s step) {
	size := s.index + 1
	place := Finding{Key: h.key(numbered(dirCheckpoints, size)), Entry: &s.index}
	last := size == h.size
	c, err := openCheckpoint(h.writer, s.signed, h.signers()...)
	if err == nil && c.size != size {
		err = fmt.Errorf("of %s", sizeWords(c.size))
	}
	if err != nil {
		if h.altered(ctx, s, c) {
			return
		}
		place.Kind, place.Found = BadSignature, err.Error()
		if !errors.Is(err, errForged) && !errors.Is(err, errUnsigned) {
			place.Kind = CheckpointMalformed
		}
		h.find(place)
		if last && (len(h.wrong) > 0 || h.tree.root() != c.root) {
			h.breakOff(wrong{size, c.root, h.tree.root()})
			return
		}
		if !last {
			return
		}
	}
	if err == nil && h.tree.root() != c.root {
		if !h.altered(ctx, s, c) {
			h.wrong = append(h.wrong, wrong{size, c.root, h.tree.root()})
			if last || len(h.wrong) == maxWrong {
				h.breakOff(h.wrong[0])
			}
			return
		}
		return
	}
	h.accept(ctx, last)
}

// accept believes what is held: a checkpoint has proven it.
func (h *history) accept(ctx context.Context, last bool) {
	for _, w := range h.wrong {
		h.find(Finding{
			Kind: CheckpointFork, Key: h.key(numbered(dirCheckpoints, w.size)),
			Expected: "root " + digest(w.have).String(), Found: "root " + digest(w.want).String(),
		})
	}
	h.wrong = h.wrong[:0]
	h.settle(ctx)
	h.freed, h.rules.before = false, nil
	h.base = tree{h.tree.size, slices.Clone(h.tree.edge)}
	h.proven = last
}

// settle takes all that is held as the log's.
func (h *history) settle(ctx context.Context) {
	for _, s := range h.held {
		h.believe(ctx, s)
	}
	h.held = h.held[:0]
}

// signers are the keys that must have signed the next checkpoint. Entries that are held may change them.
func (h *history) signers() []note.Verifier {
	key, old := h.rules.signer, h.rules.before
	for _, s := range h.held {
		key, old = keysAfter(h.writer, s.entry, key, old)
	}
	var all []note.Verifier
	for _, k := range []note.Verifier{key, old} {
		if k != nil {
			all = append(all, k)
		}
	}
	return all
}
