package detect

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// formsMissed are those that may be missed, with the reason.
var formsMissed = map[string]string{
	`Password PASS`:                     "as below: pairs of letters decide",
	`passwd PASS1x`:                     "nothing but a blank before a value that may be a word with digits",
	`password = var.x ? "a" : "PASS9x"`: "a choice of two values",
}

func TestSecretsAreFoundInEachFormOfLabel(t *testing.T) {
	s := newSet(t)
	rng := rand.New(rand.NewPCG(7, uint64(time.Now().UnixNano())))
	all, found := 0, 0
	for _, form := range labelledForms {
		missed, example := 0, ""
		for range 40 {
			text, secret := fillForm(form, rng)
			all++
			if left := without(find(s, text), text); strings.Contains(left, secret) {
				missed, example = missed+1, text
				continue
			}
			found++
		}
		if formsMissed[form] == "" {
			assert.LessOrEqual(t, missed, 6, example)
		}
	}
	t.Logf("%d of %d", found, all)
	assert.GreaterOrEqual(t, float64(found), 0.95*float64(all))
}

// without is the text less what was found.
func without(found []Finding, text string) string {
	var b strings.Builder
	from := 0
	for _, f := range found {
		b.WriteString(text[from:f.Start] + "•")
		from = f.End
	}
	return b.String() + text[from:]
}
