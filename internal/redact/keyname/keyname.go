// Package keyname tells from the name of a value whether the value is a secret,
// is structure that must stay as it is, or is neither.
//
// A name is taken apart into words: at punctuation, between digits and letters, and
// at the humps of camel case, so that api_key, apiKey, X-Api-Key and APIKEY are one
// name. The tables in words.go say which words, or words in a row, make a secret;
// which names beside them are no secrets after all (token counts above all); and which
// names carry structure: ids, hashes, times, models, counts.
package keyname

import (
	"strings"

	"github.com/agentaudit/agentaudit/internal/redact/automaton"
)

// Class is what a name says about its value.
type Class uint8

const (
	// Plain: the name says nothing.
	Plain Class = iota
	// Structural: an id, a hash, a time, a model name, a count. It is no one's secret
	// and readers join on it.
	Structural
	// SecretText: text is a secret, a number or an array of numbers is a count.
	SecretText
	// Secret: whatever the value is, it is a secret.
	Secret
)

// maxLen bounds how much of a name is looked at, its end; a longer one is no name.
const maxLen = 128

// maxWords bounds the words of a name that are looked at, the last ones.
const maxWords = 12

// stems occur in each name that is not plain: most names are told from the tables
// by one walk over their bytes.
var stems = automaton.New(stemList())

// Classify says what name says. It does not allocate.
func Classify(name string) Class {
	if len(name) > maxLen {
		name = name[len(name)-maxLen:]
	}
	if !stems.Contains(name) {
		return Plain
	}
	var words words
	words.split(name)
	return words.class()
}

// IsSecret says whether a text of that name is a secret.
func IsSecret(name string) bool { return Classify(name) >= SecretText }

func (w *words) class() Class {
	class := Plain
	for i := range w.n {
		class = max(class, w.secretAt(i))
	}
	if w.n == 1 {
		class = max(class, wholeNames[w.word(0)])
	}
	last := w.lastWord()
	switch {
	case class >= SecretText && (describes[last] || w.hasAny(exceptionPhrases)):
		return Structural
	case class >= SecretText:
		return class
	case structuralEnd[last] && !w.hasAny(personalPhrases), w.hasAny(harmlessPhrases):
		return Structural
	}
	return Plain
}

// lastWord is the last word that is no number: that of sha256 is sha.
func (w *words) lastWord() string {
	for i := w.n - 1; i >= 0; i-- {
		if kindOf(w.word(i)[0]) != digit {
			return w.word(i)
		}
	}
	return ""
}

// secretAt says whether the name of a secret begins at word i.
func (w *words) secretAt(i int) Class {
	word := w.word(i)
	if c, ok := secretWords[word]; ok {
		return c
	}
	for _, s := range secretSuffixes {
		if len(word) > len(s.end) && strings.HasSuffix(word, s.end) {
			return s.class
		}
	}
	for _, p := range secretPhrases[word] {
		if w.has(i, p.words) {
			return p.class
		}
	}
	return Plain
}

func (w *words) hasAny(phrases map[string][]phrase) bool {
	for i := range w.n {
		for _, p := range phrases[w.word(i)] {
			if w.has(i, p.words) {
				return true
			}
		}
	}
	return false
}

func (w *words) has(i int, phrase []string) bool {
	if i+len(phrase) > w.n {
		return false
	}
	for k, want := range phrase {
		if w.word(i+k) != want {
			return false
		}
	}
	return true
}
