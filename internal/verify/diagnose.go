package verify

import (
	"encoding/binary"
	"fmt"
	"strconv"
)

// clue is one explanation of an object whose bytes are not the signed ones. The first that fits names the finding.
type clue struct {
	kind Kind
	fits func(f *facts, o *object) bool
	at   func(f *facts) place
}

var nowhere = func(*facts) place { return place{} }

var clues = []clue{
	{ObjectAppended, func(f *facts, o *object) bool { return f.stored > o.Stored && f.head == o.SHA256 }, nowhere},
	{ObjectRecompressed, func(f *facts, o *object) bool {
		return f.unpack == nil && f.root == o.Root && f.bytes == o.Bytes && f.lines == o.Lines
	}, nowhere},
	{ObjectTruncated, func(f *facts, o *object) bool {
		return f.stored < o.Stored && (f.unpack != nil || f.noEnd || f.lines == 0)
	}, tail},
	{ObjectCorrupt, func(f *facts, _ *object) bool { return f.unpack != nil }, tail},
	{ObjectReplaced, func(f *facts, _ *object) bool {
		good := f.lines - f.damaged
		return good > 0 && max(f.outside.count, f.tier.count, f.day.count, f.writer.count) == good
	}, nowhere},
	{LinesDeleted, func(f *facts, o *object) bool { return f.lines < o.Lines }, nowhere},
	{LinesDuplicated, func(f *facts, _ *object) bool { return f.repeated.count > 0 }, func(f *facts) place { return f.repeated }},
	{LinesDuplicated, func(f *facts, _ *object) bool { return f.disorder.count > 0 && f.has(f.disorder.seq) },
		func(f *facts) place { return f.disorder }},
	{LinesAdded, func(f *facts, o *object) bool { return f.lines > o.Lines }, func(f *facts) place { return f.outside }},
	{LinesReordered, func(f *facts, _ *object) bool { return f.disorder.count > 0 }, func(f *facts) place { return f.disorder }},
	{LinesEdited, func(f *facts, _ *object) bool { return f.lines > 0 }, func(f *facts) place { return f.misfit() }},
	{ObjectAltered, func(*facts, *object) bool { return true }, nowhere},
}

// tail is the place behind the last line that could be read.
func tail(f *facts) place { return place{line: f.lines + 1} }

// misfit is a line that does not belong where it is. Which one was edited is not known otherwise: only the root over all
// of them is signed.
func (f *facts) misfit() place {
	for _, p := range []place{f.tier, f.day, f.writer, f.outside} {
		if p.count > 0 {
			return p
		}
	}
	return place{}
}

// has says whether a line of that seq came in order.
func (f *facts) has(seq uint64) bool {
	at := uint64(0)
	for rest := f.seqs; len(rest) > 0; {
		step, n := binary.Uvarint(rest)
		rest = rest[n:]
		if at += step; at >= seq {
			return at == seq
		}
	}
	return false
}

// altered names what happened to an object whose bytes are not the signed ones.
func (f *facts) altered(o *object) Finding {
	for _, c := range clues {
		if !c.fits(f, o) {
			continue
		}
		at := c.at(f)
		found := fmt.Sprintf("%d lines, %d bytes of them, %d stored, sha256 %s", f.lines, f.bytes, f.stored, f.sum)
		if f.stored == atMost(o.Stored) {
			found += ", and more"
		}
		return Finding{
			Kind: c.kind, Line: at.line, Seq: at.seq, Found: found,
			Expected: fmt.Sprintf("%d lines, %d bytes of them, %d stored, sha256 %s", o.Lines, o.Bytes, o.Stored, o.SHA256),
		}
	}
	return Finding{Kind: ObjectAltered}
}

// contradictions names all that an object, whose bytes are the signed ones, has otherwise than its entry says.
func (f *facts) contradictions(o *object) (all []Finding) {
	differ := func(kind Kind, p place, expected, found string) {
		all = append(all, Finding{Kind: kind, Line: p.line, Seq: p.seq, Expected: expected, Found: found})
	}
	number := func(n int64) string { return strconv.FormatInt(n, 10) }
	if f.unpack != nil {
		differ(ObjectCorrupt, tail(f), "", f.unpack.Error())
		return all
	}
	for _, c := range []struct {
		kind           Kind
		expected, have int64
	}{{LineCount, o.Lines, f.lines}, {ByteCount, o.Bytes, f.bytes}, {LineDamaged, o.Damaged, f.damaged}} {
		if c.expected != c.have {
			differ(c.kind, place{}, number(c.expected), number(c.have))
		}
	}
	if f.root != o.Root {
		differ(LineRoot, place{}, o.Root.String(), f.root.String())
	}
	for _, c := range []struct {
		kind     Kind
		at       place
		expected string
	}{
		{LineTier, f.tier, o.Tier},
		{LineDay, f.day, o.Day.String()},
		{LineWriter, f.writer, ""},
		{LineSeq, f.outside, fmt.Sprintf("%d to %d", o.FirstSeq, o.LastSeq)},
		{LineSeq, f.disorder, "a rising seq"},
		{LineSeq, f.repeated, "a rising seq"},
		{LockTooShort, f.short, o.LockedUntil.Format(timeLayout)},
	} {
		if c.at.count > 0 {
			differ(c.kind, c.at, c.expected, c.at.found)
		}
	}
	if f.first != uint64(o.FirstSeq) || f.last != uint64(o.LastSeq) {
		differ(LineSeq, place{}, fmt.Sprintf("%d to %d", o.FirstSeq, o.LastSeq), fmt.Sprintf("%d to %d", f.first, f.last))
	}
	if f.noEnd {
		differ(ByteCount, place{line: f.lines}, "a newline after the last line", "")
	}
	return all
}
