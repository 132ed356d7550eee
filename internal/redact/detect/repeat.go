package detect

import (
	"slices"
	"strings"
)

// maxRepeated bounds the secrets of a text whose repetitions are looked for: each costs a walk over the text, at the speed of
// memory.
const maxRepeated = 8

// minRepeated is the length of the shortest secret that can be nothing else where it stands again.
const minRepeated = 8

// repeat finds again, anywhere in text, the secrets that were found for what stands beside them: a password that is
// set in one line is used in the next.
func (mem *Scratch) repeat(text string, found []Finding) bool {
	n := len(mem.found)
	var looked [maxRepeated]string
	count := 0
	for _, f := range found {
		if count == maxRepeated {
			break
		}
		if f.Rule.Group != Labelled && f.Rule.Group != Generic || f.End-f.Start < minRepeated || f.End-f.Start > maxValue {
			continue
		}
		value := text[f.Start:f.End]
		if !mixed(value) && !isGibberish(value) || isPathOrVersion(value) {
			continue
		}
		if slices.Contains(looked[:count], value) {
			continue
		}
		looked[count] = value
		count++
		for i := 0; ; {
			k := strings.Index(text[i:], value)
			if k < 0 {
				break
			}
			start := i + k
			i = start + len(value)
			if start != f.Start && (start == 0 || !alnum.has(text[start-1])) && (i == len(text) || !alnum.has(text[i])) {
				mem.found = append(mem.found, Finding{start, i, f.Rule})
			}
		}
	}
	return len(mem.found) > n
}
