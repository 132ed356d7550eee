package verify

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
)

// A segment that is gone is excused by a day object that holds its bytes. Its lines are then checked there as they would have been in the
// segment itself.

// maxGone bounds the segments of a run whose lines are looked for in day objects: of more, only the bytes are compared.
const maxGone = 200_000

// found is a segment in a day object, as it is there.
type found struct {
	key  string
	told *told
	facts
}

// lostOf returns the segments of a group that are gone.
func (l *log) lostOf(g *group) map[string]*told {
	l.mu.Lock()
	defer l.mu.Unlock()
	gone := make(map[string]*told, len(g.lost))
	for _, s := range g.lost {
		gone[s.key] = s.told
	}
	return gone
}

// look reads a piece of a day object whose segment is gone. It may leave some of it.
func (d *rollup) look(s *scanner, piece io.Reader, key string) error {
	d.read = 0
	t, gone := d.lost[key]
	if !gone {
		return nil
	}
	f := found{key: key, told: t}
	if t != nil {
		var err error
		if f.facts, err = s.scan(piece, t.seal.log.writer, t.compression, &t.object); err != nil {
			return err
		}
		d.read = f.stored
	}
	d.found = append(d.found, f)
	return nil
}

// excuse takes what the day object holds for the segments that are gone. Its bytes are proven.
func (d *rollup) excuse(l *log) {
	held := map[string]bool{}
	for i := range d.found {
		f := &d.found[i]
		held[f.key] = true
		if f.told == nil {
			continue
		}
		whole := l.judge(f.told, &f.facts)
		if whole {
			f.told.seal.mark(f.key, f.seqs)
		}
		f.told.seal.done(whole)
	}
	d.lost, d.found = nil, nil
	l.mu.Lock()
	defer l.mu.Unlock()
	d.good = true
	for i := range d.group.lost {
		s := &d.group.lost[i]
		s.held = s.held || held[s.key]
	}
}

// compare reads a day object, segment by segment of its index.
func (d *rollup) compare(s *scanner, r io.Reader, index []byte) (Finding, error) {
	whole, part := sha256.New(), sha256.New()
	all := io.TeeReader(io.LimitReader(r, d.Stored+1), whole)
	var at int64
	differs := ""
	d.found = d.found[:0]
	for line := range bytes.Lines(index) {
		var i indexLine
		if err := json.Unmarshal(line, &i); err != nil || i.Offset != at {
			break // its hash is the log's, so the log's writer made it so: told by the whole
		}
		part.Reset()
		piece := io.TeeReader(io.LimitReader(all, i.Stored), part)
		if err := d.look(s, piece, i.Key); err != nil {
			return Finding{}, err
		}
		rest, err := io.Copy(io.Discard, piece)
		if err != nil {
			return Finding{}, err
		}
		n := d.read + rest
		if at += n; differs == "" && (digest(part.Sum(nil)) != i.SHA256 || n != i.Stored) {
			differs = i.Key
		}
	}
	rest, err := io.Copy(io.Discard, all)
	if err != nil {
		return Finding{}, err
	}
	if sum := digest(whole.Sum(nil)); sum != d.SHA256 || at+rest != d.Stored {
		f := Finding{
			Kind: DayObjectAltered, Expected: fmt.Sprintf("%d bytes, sha256 %s", d.Stored, d.SHA256),
			Found: fmt.Sprintf("%d bytes, sha256 %s", at+rest, sum),
		}
		if differs != "" {
			f.Message = "the day object's bytes are not the signed ones, first in the segment " + differs
		}
		return f, nil
	}
	if differs != "" || rest > 0 && index != nil {
		return Finding{Kind: RollupMismatch, Expected: "the segments of the index, end to end", Found: differs}, nil
	}
	return Finding{}, nil
}
