package web

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestVisible(t *testing.T) {
	for text, want := range map[string]string{
		"":                    "",
		"Grüße, 世界 🙂\n\tend":  "Grüße, 世界 🙂\n\tend",
		"a\u202egnp.exe":      `a\u202egnp.exe`,
		"\x1b[31mred":         `\u001b[31mred`,
		"zero\u200bwidth":     `zero\u200bwidth`,
		"line\u2028sep":       `line\u2028sep`,
		"bad \xff byte":       `bad \xff byte`,
		"tag \U000e0041":      `tag \U000e0041`,
		"replacement \ufffd!": "replacement \ufffd!",
	} {
		assert.Equal(t, want, visible(text))
	}
}
