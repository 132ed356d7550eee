package redact

import (
	"hash/maphash"
	"strings"

	"github.com/agentaudit/agentaudit/internal/redact/keyname"
)

// nameCache remembers what names of members say. A document has the same few names over and over
// (role, parts, type, content), and taking one apart costs more than the rest of a short member.
// It is mapped directly, so it can't grow.
type nameCache struct {
	seed  maphash.Seed
	names [1024]struct {
		name  string
		class keyname.Class
	}
}

// maxCachedName is the longest name worth remembering, in bytes.
const maxCachedName = 64

// classify is what a name says, remembered.
func (w *walker) classify(name string) keyname.Class {
	if name == "" || len(name) > maxCachedName {
		return w.r.policy.classify(name)
	}
	slot := &w.names.names[maphash.String(w.names.seed, name)%uint64(len(w.names.names))]
	if slot.name != name {
		// A copy: name may be part of a document, or of a buffer.
		slot.name, slot.class = strings.Clone(name), w.r.policy.classify(name)
	}
	return slot.class
}
