package keyname

import (
	"maps"
	"slices"
	"strings"
)

// phrase is words in a row.
type phrase struct {
	words []string
	class Class
}

// The tables of words.go by their first word.
var (
	secretWords, secretPhrases = bySecretWord()
	exceptionPhrases           = byException()
	personalPhrases            = byFirst(personalIDs)
	harmlessPhrases            = byFirst(harmlessKeys)
)

func bySecretWord() (map[string]Class, map[string][]phrase) {
	single, rows := map[string]Class{}, map[string][]phrase{}
	for name, class := range secretNames {
		words := strings.Fields(name)
		if len(words) == 1 {
			single[name] = class
			continue
		}
		rows[words[0]] = append(rows[words[0]], phrase{words, class})
	}
	return single, rows
}

func byException() map[string][]phrase {
	var rows []string
	for _, e := range Exceptions {
		rows = append(rows, e.Words)
	}
	return byFirst(rows)
}

func byFirst(rows []string) map[string][]phrase {
	m := map[string][]phrase{}
	for _, row := range rows {
		words := strings.Fields(row)
		m[words[0]] = append(m[words[0]], phrase{words: words})
	}
	return m
}

// stemList gives literals one of which is in every name that is not plain: of each row the last word,
// which no splitting can take apart.
func stemList() []string {
	all := map[string]bool{}
	for name := range secretNames {
		words := strings.Fields(name)
		all[words[len(words)-1]] = true
	}
	for name := range wholeNames {
		all[name] = true
	}
	for name := range structuralEnd {
		all[name] = true
	}
	for _, s := range secretSuffixes {
		all[s.end] = true
	}
	all["key"] = true // of harmlessKeys
	return slices.Sorted(maps.Keys(all))
}
