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
	names [1024]cachedName
}

type cachedName struct {
	name  string
	class keyname.Class
	clean bool // nothing is found in the name itself while met holds
	met   Met
}

// maxCachedName is the longest name worth remembering, in bytes.
const maxCachedName = 64

// classify is what a name says, remembered.
func (w *walker) classify(name string) keyname.Class {
	if slot := w.remembered(name); slot != nil {
		return slot.class
	}
	return w.r.policy.classify(name)
}

// remembered is what is known of a name, nil if it is not one to remember.
func (w *walker) remembered(name string) *cachedName {
	if name == "" || len(name) > maxCachedName {
		return nil
	}
	slot := &w.names.names[maphash.String(w.names.seed, name)%uint64(len(w.names.names))]
	if slot.name != name {
		// A copy: name may be part of a document, or of a buffer.
		*slot = cachedName{name: strings.Clone(name), class: w.r.policy.classify(name)}
	}
	return slot
}

// userNames end the names of ids of people, in lower case and without punctuation: user_id, userId, enduser.id.
var userNames = []string{"userid", "userids", "useraccountid", "useraccountuuid", "userpseudoid", "userhash", "approverid", "annotator"}

// isUserName says whether what stands under name is a user's id.
func isUserName(name string) bool {
	if len(name) > maxCachedName {
		return false
	}
	var plain [maxCachedName]byte
	n := 0
	for i := range len(name) {
		if c := name[i] | 0x20; c >= 'a' && c <= 'z' {
			plain[n] = c
			n++
		}
	}
	for _, end := range userNames {
		if strings.HasSuffix(view(plain[:n]), end) {
			return true
		}
	}
	return false
}
