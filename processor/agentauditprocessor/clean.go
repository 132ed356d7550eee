package agentauditprocessor

import (
	"hash/maphash"

	"github.com/agentaudit/agentaudit/internal/redact"
)

// cleanTexts remembers short texts that redaction left as they are. Names of agents, tools, actions and
// spans come again with nearly every event, and what is clean in one place stays clean there while the same
// conditions hold: the redactor depends on nothing else.
//
// It is mapped directly, so it can't grow, and a text that is not in it costs one hash.
type cleanTexts struct {
	seed  maphash.Seed
	texts [1 << 10]cleanText
}

type cleanText struct {
	path, text string
	met        redact.Met
}

// maxCleanText is the longest text worth remembering, in bytes. Longer ones are rarely the same.
const maxCleanText = 128

func newCleanTexts() *cleanTexts { return &cleanTexts{seed: maphash.MakeSeed()} }

// slot returns where a text is remembered, nil if it is too long for that.
func (c *cleanTexts) slot(text string) *cleanText {
	if len(text) > maxCleanText {
		return nil
	}
	return &c.texts[maphash.String(c.seed, text)%uint64(len(c.texts))]
}

// has says whether text at path is known to be clean where the conditions met hold.
func (s *cleanText) has(path, text string, met redact.Met) bool {
	return s != nil && s.met == met && s.path == path && s.text == text
}

// put remembers it.
func (s *cleanText) put(path, text string, met redact.Met) {
	if s != nil {
		s.path, s.text, s.met = path, text, met
	}
}
