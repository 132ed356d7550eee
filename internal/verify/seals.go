package verify

import (
	"context"
	"fmt"

	"github.com/agentaudit/agentaudit/internal/layout"
	"github.com/agentaudit/agentaudit/internal/objstore"
)

// sealEntry takes in one entry of a seal, and starts the checks of its objects.
func (r *rules) sealEntry(e *entry) {
	s := e.Seal
	if r.current == nil {
		r.openSeal(e)
	} else if s.Seal != r.seal || s.Part != r.part+1 || s.Parts != r.parts || s.FirstSeq != r.currentPart.FirstSeq ||
		s.LastSeq != r.currentPart.LastSeq || s.Lines != r.currentPart.Lines {
		r.invalid(e, "the parts of a seal", fmt.Sprintf("seal %d, part %d of %d", r.seal, r.part+1, r.parts),
			fmt.Sprintf("seal %d, part %d of %d", s.Seal, s.Part, s.Parts))
	}
	r.part = max(1, s.Part)
	for i := range s.Objects {
		r.object(e, &s.Objects[i])
	}
	r.entryLock(e)
	if r.part >= r.parts {
		r.closeSeal(true)
	}
}

// entryLock wants an entry locked for as long as the objects that it tells of.
func (r *rules) entryLock(e *entry) {
	var longest object
	for _, o := range e.Seal.Objects {
		if o.LockMode != "" && o.LockedUntil.After(longest.LockedUntil.Time) {
			longest = o
		}
	}
	if longest.LockMode == "" || !r.opts.CheckLocks || r.skips(r.trusted, e) {
		return
	}
	l, info := r.log, r.info
	l.pool.do(r.ctx, func(ctx context.Context) error {
		return l.checkLock(ctx, l.key(numbered(dirEntries, e.Index)), e.Index, longest.LockMode, longest.LockedUntil, info)
	})
}

// openSeal checks the numbers of a seal against those before it.
func (r *rules) openSeal(e *entry) {
	s := e.Seal
	if gap := s.Seal - r.seal - 1; gap != 0 && !r.resync {
		if gap < 0 || gap > r.noSegments {
			r.find(r.place(Finding{Kind: SealGap, Expected: fmt.Sprintf("seal %d", r.seal+1), Found: fmt.Sprintf("seal %d", s.Seal)}, e))
		}
		r.noSegments = max(0, r.noSegments-max(0, gap))
	}
	r.seal, r.parts, r.part, r.currentPart = s.Seal, max(1, s.Parts), 0, *s
	if (s.Parts == 0) != (s.Part == 0) || s.Part > 1 || s.Parts == 1 && s.Part == 0 {
		r.invalid(e, "a seal begins with its first part", "part 1", fmt.Sprintf("part %d of %d", s.Part, s.Parts))
	}
	r.current = &sealed{log: r.log, entry: e.Index, first: uint64(s.FirstSeq), last: uint64(s.LastSeq), left: 1, key: r.key(numbered(dirEntries, e.Index))}
	r.lastObject, r.listedLines, r.damaged, r.gap = "", 0, 0, 0
	if s.FirstSeq == 0 {
		return
	}
	r.gap = s.FirstSeq - r.seq - 1
	if s.LastSeq < s.FirstSeq {
		r.invalid(e, "first_seq and last_seq", "", fmt.Sprintf("%d to %d", s.FirstSeq, s.LastSeq))
		r.current.blind = true
		return
	}
	r.seq = s.LastSeq
	if s.LastSeq-s.FirstSeq >= maxSealLines {
		r.find(r.place(Finding{Kind: LimitExceeded, Expected: fmt.Sprintf("at most %d numbers", maxSealLines), Found: fmt.Sprint(s.LastSeq - s.FirstSeq)}, e))
		r.current.blind = true
	}
}

// closeSeal compares the sums over all parts.
func (r *rules) closeSeal(told bool) {
	s, p := r.current, r.currentPart
	r.current = nil
	if told && r.listedLines != p.Lines {
		r.find(Finding{
			Kind: LineCount, Key: s.key, Entry: &s.entry, Message: "the objects of the seal don't have as many lines as the seal",
			Expected: fmt.Sprint(p.Lines), Found: fmt.Sprint(r.listedLines),
		})
	}
	s.good = r.listedLines - r.damaged
	r.noLines += r.damaged // a line that can't be read had a number, inside the seal or at either end
	r.closeGap(s)
	if p.FirstSeq > 0 {
		if holes := p.LastSeq - p.FirstSeq + 1 - s.good; holes > 0 {
			if holes > r.noLines {
				r.find(Finding{
					Kind: SeqGap, Key: s.key, Entry: &s.entry, Expected: fmt.Sprintf("%d lines of seq %d to %d", p.LastSeq-p.FirstSeq+1, p.FirstSeq, p.LastSeq),
					Found: fmt.Sprint(s.good),
				})
			}
			r.noLines = max(0, r.noLines-holes)
		}
	} else {
		s.blind = true
	}
	s.done(told)
}

// closeGap judges the distance to the seal before.
func (r *rules) closeGap(s *sealed) {
	if gap := r.gap; gap != 0 && !r.resync {
		if gap < 0 || gap > r.noLines {
			r.find(Finding{
				Kind: SeqGap, Key: s.key, Entry: &s.entry, Seq: s.first - uint64(max(0, gap)), //nolint:gosec // both are positive
				Expected: fmt.Sprintf("seq %d", int64(s.first)-gap), Found: fmt.Sprintf("seq %d", s.first),
			})
		}
		r.noLines = max(0, r.noLines-max(0, gap))
	}
}

// object checks what an entry says of an object against its own key, and starts the check of its bytes.
func (r *rules) object(e *entry, o *object) {
	r.listedLines += o.Lines
	r.damaged += o.Damaged
	name, err := layout.ParseSegment(o.Key)
	order := o.Tier + "/" + o.Day.String()
	switch {
	case err != nil || name.Writer != r.writer || name.Tier != o.Tier || name.Date != o.Day.Date || int64(name.Seal) != e.Seal.Seal:
		r.invalid(e, "the key of an object", fmt.Sprintf("tier %s, day %s, writer %s, seal %d", o.Tier, o.Day, r.writer, e.Seal.Seal), o.Key)
		r.current.blind = true
		return
	case order <= r.lastObject:
		r.invalid(e, "the order of objects", "after "+r.lastObject, order)
		r.current.blind = true
		return
	case o.LockMode != "" && (!objstore.LockMode(o.LockMode).Valid() || o.LockedUntil.IsZero()):
		r.invalid(e, "the lock of an object", "", o.LockMode)
	}
	r.lastObject = order
	g := r.group(o.Day.Date, o.Tier)
	r.checkLate(e, o)
	g.add(r.run, e, o, name.Compression)
	r.tell(o.told(r.writer, e.Index))
	t := &told{object: *o, entry: e.Index, seal: r.current, compression: name.Compression}
	if r.skips(r.trusted, e) {
		r.skipped.Add(1)
		r.current.blind = true
		return
	}
	s := r.current
	s.mu.Lock()
	s.left++
	s.mu.Unlock()
	l := r.log
	l.progress(0, o.Stored)
	l.pool.do(r.ctx, func(ctx context.Context) error { return l.check(ctx, t) })
}

// checkLate compares the mark of a late object with the daily entries so far.
func (r *rules) checkLate(e *entry, o *object) {
	closed := r.dailyDay.Valid() && o.Day.Compare(r.dailyDay) <= 0
	if o.Late != closed && !r.resync {
		r.invalid(e, "late", fmt.Sprint(closed), fmt.Sprint(o.Late))
	}
}
