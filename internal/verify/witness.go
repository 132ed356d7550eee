package verify

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"golang.org/x/mod/sumdb/tlog"
)

// maxClaims bounds what is held of what writers saw of each other.
const maxClaims = 1 << 18

// claim is one checkpoint of a log that another writer saw.
type claim struct {
	writer string
	size   int64
	root   digest
}

// claimant is who saw it, and told of it in which entry.
type claimant struct {
	writer string
	entry  int64
}

// claim notes what a writer saw. Of too many, the newest of each pair stay.
func (r *run) claim(by string, index int64, s seen) {
	r.mu.Lock()
	defer r.mu.Unlock()
	c, pair := claim{s.Writer, s.Size, s.Root}, [2]string{by, s.Writer}
	if len(r.claims) >= maxClaims {
		delete(r.claims, r.newest[pair])
		if r.newest[[2]string{}].size == 0 {
			r.newest[[2]string{}] = claim{size: 1}
			r.found.add(Finding{Kind: WitnessesLimited, Writer: by})
		}
	}
	r.newest[pair] = c
	if _, known := r.claims[c]; !known {
		r.claims[c] = claimant{by, index}
	}
}

// checkWitnesses compares each log with what the others saw of it.
func (r *run) checkWitnesses(ctx context.Context) error {
	of := map[string][]claim{}
	for c := range r.claims {
		of[c.writer] = append(of[c.writer], c)
	}
	if r.opts.Trust != nil {
		for w, t := range r.opts.Trust.Writers {
			if r.logs[w] == nil {
				r.found.add(Finding{Kind: LogMissing, Writer: w, Expected: sizeWords(t.Size) + ", verified before"})
				r.noteGone(w)
			}
		}
	}
	for _, w := range slices.Sorted(maps.Keys(of)) {
		claims := of[w]
		slices.SortFunc(claims, func(a, b claim) int { return int(min(1, max(-1, a.size-b.size))) })
		if err := r.checkClaims(ctx, w, claims); err != nil {
			return err
		}
	}
	return nil
}

func (r *run) noteGone(w string) {
	if r.gone == nil {
		r.gone = map[string]bool{}
	}
	r.gone[w] = true
}

func (r *run) checkClaims(ctx context.Context, w string, claims []claim) error {
	l, newest := r.logs[w], claims[len(claims)-1]
	by := r.claims[newest]
	f := Finding{
		Writer: w, Entry: &by.entry, Expected: fmt.Sprintf("%s or more, seen by %s", sizeWords(newest.size), by.writer),
	}
	switch {
	case l == nil || l.size == 0:
		if !r.gone[w] {
			f.Kind = LogMissing
			r.found.add(f)
		}
		r.noteGone(w)
		return nil
	case l.size < newest.size:
		f.Kind, f.Key, f.Found = LogRolledBack, l.key(numbered(dirCheckpoints, l.size)), sizeWords(l.size)
		r.found.add(f)
	}
	if !l.proven {
		return nil
	}
	var t tree
	compare := func() {
		for len(claims) > 0 && claims[0].size <= t.size {
			c := claims[0]
			if claims = claims[1:]; c.size == t.size && c.root != digest(t.root()) {
				by := r.claims[c]
				r.found.add(Finding{
					Kind: WitnessConflict, Writer: w, Key: l.key(numbered(dirCheckpoints, c.size)), Entry: &by.entry,
					Expected: "root " + c.root.String() + ", seen by " + by.writer, Found: "root " + digest(t.root()).String(),
				})
			}
		}
	}
	compare()
	for s, err := range l.copies(ctx, 0, min(l.size, newest.size)) {
		if err != nil {
			return err
		}
		t.add(tlog.RecordHash(s.data))
		compare()
	}
	return nil
}
