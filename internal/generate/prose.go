package generate

import (
	"math"
	"math/rand/v2"
	"strings"
	"sync"
)

// proseBytes is more than a compressor looks back, so that no text finds itself again.
const proseBytes = 4 << 20

// prose is text of about the entropy of what people and models write: words of a few thousand, some much more frequent than others.
// It holds nothing that JSON escapes, and no word of the vocabulary of redaction.
var prose = sync.OnceValue(func() string {
	rng := rand.New(rand.NewPCG(1, 1))
	syllables := strings.Fields("an be co de en fi ge ha in jo ka le mo na or pa qui re so ta un ver wo ex yo zi al bri cha do est fer gra hol ist jun kel lam min nor os")
	words := make([]string, 4000)
	for i := range words {
		for range 1 + rng.IntN(2) + i/1500 {
			words[i] += syllables[rng.IntN(len(syllables))]
		}
	}
	b := make([]byte, 0, proseBytes+32)
	for len(b) < proseBytes {
		// The k-th word is about 1/k as frequent as the first.
		b = append(b, words[int(math.Pow(float64(len(words)), rng.Float64()))-1]...)
		if rng.IntN(12) == 0 {
			b = append(b, '.')
		}
		b = append(b, ' ')
	}
	return string(b)
})

// lognormal returns a positive number with that median, which is exceeded sixfold once in a hundred times if sigma is 0.77.
func lognormal(rng *rand.Rand, median, sigma float64) float64 {
	return median * math.Exp(sigma*rng.NormFloat64())
}

// text returns some words, about so many bytes at the median.
func text(rng *rand.Rand, median float64) string {
	size := min(int(lognormal(rng, median, 0.8))+8, proseBytes/64)
	all := prose()
	at := rng.IntN(len(all) - size)
	return strings.TrimSpace(all[at : at+size])
}
