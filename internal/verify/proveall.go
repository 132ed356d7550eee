package verify

import (
	"cmp"
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io"
	"slices"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/agentaudit/agentaudit/internal/event"
	"github.com/agentaudit/agentaudit/internal/layout"
)

// ProveAll makes the proofs of many events, in the order of the queries, each of which must have ID, Writer and Seq. Each writer's log is
// read once, and of the objects each that holds one of the events. All proofs of a log lead to one checkpoint. An event
// that isn't there is ErrNoEvent.
func ProveAll(ctx context.Context, store Store, queries []Query, opts Options) ([]*Proof, error) {
	opts.MaxFindings = 1
	r := newRun(store, &opts)
	defer r.scans.close()
	proofs := make([]*Proof, len(queries))
	byWriter := map[string][]int{}
	var writers []string
	for i, q := range queries {
		if byWriter[q.Writer] == nil {
			writers = append(writers, q.Writer)
		}
		byWriter[q.Writer] = append(byWriter[q.Writer], i)
	}
	for _, writer := range writers {
		m := &many{log: newLog(r, writer), queries: queries, wanted: byWriter[writer], proofs: proofs}
		slices.SortFunc(m.wanted, func(a, b int) int { return cmp.Compare(queries[a].Seq, queries[b].Seq) })
		if err := m.prove(ctx); err != nil {
			return nil, err
		}
	}
	for i, p := range proofs {
		if p == nil {
			return nil, fmt.Errorf("%w: %s, number %d of %s", ErrNoEvent, queries[i].ID, queries[i].Seq, queries[i].Writer)
		}
	}
	return proofs, nil
}

// many proves events of one log.
type many struct {
	*log
	queries []Query
	wanted  []int // queries of this log, by seq
	proofs  []*Proof

	tree      hashes // of the entries
	rotations []string
	objects   []holder
}

// holder is a segment that may hold wanted events.
type holder struct {
	object

	at    int64 // of its entry
	entry string
}

func (m *many) prove(ctx context.Context) error {
	if err := m.takeInventory(ctx); err != nil {
		return err
	}
	if ok, err := m.findNewest(ctx); err != nil || !ok {
		return errors.Join(err, fmt.Errorf("%w: %q has no checkpoint", ErrNotProven, m.writer))
	}
	if err := m.readLog(ctx); err != nil {
		return err
	}
	for i := range m.objects {
		if err := m.proveObject(ctx, &m.objects[i]); err != nil {
			return err
		}
	}
	var made []*Proof
	for _, n := range m.wanted {
		if p := m.proofs[n]; p != nil {
			made = append(made, p)
		}
	}
	var failed error
	CheckAll(made, m.chain, func(_ int, err error) { failed = fmt.Errorf("%w: %w", ErrNotProven, err) })
	return failed
}

// readLog reads all entries, and keeps those that tell of an object in which a wanted number may be.
func (m *many) readLog(ctx context.Context) error {
	for s, err := range m.copies(ctx, 0, m.size) {
		if err != nil {
			return err
		}
		if err := m.tree.add(s.index, tlog.RecordHash(s.data)); err != nil {
			return err
		}
		if s.entry == nil {
			continue
		}
		if s.entry.Rotation != nil {
			m.rotations = append(m.rotations, s.entry.Rotation.Note)
		}
		if s.entry.Start != nil && s.index == 0 {
			if _, key, err := keyOf(m.writer, s.entry.Start.Key); err == nil {
				m.chain = append(m.chain, key)
			}
		}
		if s.entry.Seal == nil {
			continue
		}
		for _, o := range s.entry.Seal.Objects {
			if len(m.within(&o)) > 0 {
				m.objects = append(m.objects, holder{o, s.index, string(s.data)})
			}
		}
	}
	return nil
}

// within returns the queries whose number an object may hold.
func (m *many) within(o *object) []int {
	compare := func(n int, seq int64) int { return cmp.Compare(int64(m.queries[n].Seq), seq) } //nolint:gosec // beyond the format's numbers there is none
	from, _ := slices.BinarySearchFunc(m.wanted, o.FirstSeq, compare)
	to, _ := slices.BinarySearchFunc(m.wanted, o.LastSeq+1, compare)
	if from >= to {
		return nil
	}
	var fit []int
	for _, n := range m.wanted[from:to] {
		if q := &m.queries[n]; (q.Tier == "" || q.Tier == o.Tier) && (q.Day == layout.Date{} || q.Day == o.Day.Date) {
			fit = append(fit, n)
		}
	}
	return fit
}

// wantedLine is a wanted line with its place in its object.
type wantedLine struct {
	query int
	index int64
	line  string
}

// proveObject proves the wanted events that one object holds.
func (m *many) proveObject(ctx context.Context, o *holder) error {
	bySeq := map[uint64][]int{}
	for _, n := range m.within(&o.object) {
		bySeq[m.queries[n].Seq] = append(bySeq[m.queries[n].Seq], n)
	}
	var tree hashes
	var places []wantedLine
	var count int64
	read := func(src io.Reader, c layout.Compression) error {
		tree, places, count = nil, nil, 0
		return m.eachLine(src, c, func(line []byte) error {
			if h, err := event.ReadHeader(line); err == nil {
				for _, n := range bySeq[h.Seq] {
					if m.queries[n].ID == h.ID {
						places = append(places, wantedLine{n, count, string(line)})
					}
				}
			}
			count++
			return tree.add(count-1, tlog.RecordHash(line))
		})
	}
	if err := m.readSegment(ctx, o.Key, read); err != nil || len(places) == 0 {
		return err
	}
	path, err := m.tree.prove(m.size, o.at)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrNotProven, err)
	}
	for _, at := range places {
		p := &Proof{
			Schema: ProofSchema, Writer: m.writer, Line: at.line, LineIndex: at.index, Object: o.Key,
			Entry: o.entry, EntryPath: path, Checkpoint: string(m.newest), Rotations: m.rotations,
		}
		if p.LinePath, err = tree.prove(count, at.index); err != nil {
			return fmt.Errorf("%w: %w", ErrNotProven, err)
		}
		m.proofs[at.query] = p
	}
	return nil
}

// readSegment hands the bytes of a segment to read, from under its own key or from its day object.
func (m *many) readSegment(ctx context.Context, key string, read func(io.Reader, layout.Compression) error) error {
	name, err := layout.ParseSegment(key)
	if err != nil {
		return nil //nolint:nilerr // the log's writer made it so; verify tells
	}
	to := func(src io.Reader) error { return read(src, name.Compression) }
	err = m.open(ctx, home{segment: name, key: key}, to)
	if !fault(err) {
		return err
	}
	s := &search{run: m.run}
	pieces, err := s.pieces(ctx, layout.Day{Tier: name.Tier, Date: name.Date, Writer: name.Writer, Compression: name.Compression})
	if err != nil {
		return err
	}
	if i := slices.IndexFunc(pieces, func(h home) bool { return h.segment == name }); i >= 0 {
		if err = m.open(ctx, pieces[i], to); fault(err) {
			return nil
		}
	}
	return err
}

// CheckAll checks proofs as [Proof.Check] does, and calls bad with the place of each that doesn't hold. What several share (an
// entry and its way to a checkpoint) is checked once.
func CheckAll(proofs []*Proof, keys []ed25519.PublicKey, bad func(i int, err error)) {
	type shared struct{ writer, object, entry, checkpoint string }
	proven := map[shared]object{}
	for i, p := range proofs {
		key := shared{p.Writer, p.Object, p.Entry, p.Checkpoint}
		o, known := proven[key]
		if !known {
			if err := p.Check(keys); err != nil {
				bad(i, err)
				continue
			}
			if e, err := parseEntry([]byte(p.Entry)); err == nil && e.Seal != nil {
				if at := slices.IndexFunc(e.Seal.Objects, func(o object) bool { return o.Key == p.Object }); at >= 0 {
					proven[key] = e.Seal.Objects[at]
				}
			}
			continue
		}
		if err := p.checkLine(&o); err != nil {
			bad(i, err)
		}
	}
}

// checkLine checks the line against an object that is known to be in the log.
func (p *Proof) checkLine(o *object) error {
	if err := checkRecord(p.LinePath, o.Lines, o.Root, p.LineIndex, []byte(p.Line)); err != nil {
		return fmt.Errorf("the line is not in the object: %w", err)
	}
	h, err := event.ReadHeader([]byte(p.Line))
	if err != nil {
		return fmt.Errorf("the line: %w", err)
	}
	if h.Writer != p.Writer {
		return errors.New("the line is of another writer")
	}
	return nil
}
