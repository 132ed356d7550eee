package verify

import (
	"bytes"
	"context"
	"fmt"
	"slices"

	"golang.org/x/mod/sumdb/tlog"
)

// breakOff tells that from the last proven entry on the log is not the signed one.
func (h *history) breakOff(w wrong) {
	h.lost = true
	index := h.base.size
	f := Finding{
		Kind: EntryAltered, Key: h.key(numbered(dirEntries, index)), Entry: &index,
		Expected: "root " + digest(w.want).String(), Found: "root " + digest(w.have).String(),
	}
	for _, s := range h.held {
		if s.err != nil {
			f.Entry, f.Key = &s.index, h.key(numbered(dirEntries, s.index))
			f.Message = "the entry is not the one that was signed: " + s.err.Error()
			break
		}
	}
	if w.size > index+1 && f.Message == "" {
		f.Message = fmt.Sprintf("one or more of the entries %d to %d are not the ones that were signed", index, w.size-1)
	}
	h.find(f)
}

// altered looks whether the other copies of the entries that are held make the tree what the checkpoint says. Then the log
// goes on with those, and what lies in the entries' place is told.
func (h *history) altered(ctx context.Context, s step, c checkpoint) bool {
	if h.freed || h.lost || len(h.wrong) > 0 || c.size != s.index+1 {
		return false
	}
	var changed []int
	better := slices.Clone(h.held)
	for i := range better {
		data := h.otherCopy(ctx, better[i].index, func(d []byte) bool { return !bytes.Equal(d, better[i].data) })
		if data != nil {
			better[i].data = data
			better[i].entry, better[i].err = parseEntry(data)
			changed = append(changed, i)
		}
	}
	t := tree{h.base.size, slices.Clone(h.base.edge)}
	for _, b := range better {
		t.add(tlog.RecordHash(b.data))
	}
	if len(changed) == 0 || t.root() != c.root {
		return false
	}
	old := h.held
	h.held = better
	if _, err := openCheckpoint(h.writer, s.signed, h.signers()...); err != nil {
		h.held = old
		return false
	}
	h.tree = t
	for _, i := range changed {
		f := Finding{
			Kind: EntryAltered, Key: h.key(numbered(dirEntries, better[i].index)), Entry: &better[i].index,
			Expected: tlog.RecordHash(better[i].data).String(), Found: tlog.RecordHash(old[i].data).String(),
		}
		h.find(f)
	}
	h.accept(ctx, s.index+1 == h.size)
	return true
}
