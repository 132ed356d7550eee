package main

import (
	"encoding/json"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agentaudit/agentaudit/internal/jsontext"
)

func TestSanitize(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, in, want string }{
		{"plain text", "get_order(42) says “Grüße, 世界 🎉”", "get_order(42) says “Grüße, 世界 🎉”"},
		{"empty", "", ""},
		{"line breaks", "a\nb\r\nc\td", `a\nb\r\nc\td`},
		{"colour", "\x1b[31mred\x1b[0m", `\x1b[31mred\x1b[0m`},
		{"title and clipboard", "\x1b]0;x\x07\x1b]52;c;aGk=\x1b\\", `\x1b]0;x\a\x1b]52;c;aGk=\x1b\\`},
		{"C1 control sequence introducer", "\u009b2J", `\u009b2J`},
		{"raw C1 byte", "\x9b2J", `\x9b2J`},
		{"delete and nul", "\x7f\x00", `\x7f\x00`},
		{"bidirectional override", "txt\u202egnp.exe", `txt\u202egnp.exe`},
		{"bidirectional isolates", "\u2066a\u2069\u200f", `\u2066a\u2069\u200f`},
		{"zero width", "pass\u200bword\ufeff", `pass\u200bword\ufeff`},
		{"tag characters", "hi\U000e0041", `hi\U000e0041`},
		{"line separator", "a\u2028b", `a\u2028b`},
		{"broken UTF-8", "a\xffb\xc3", `a\xffb\xc3`},
		{"replacement character that was there", "\ufffd", "\ufffd"},
		{"what only looks like an escape", `\x1b[31m C:\new`, `\\x1b[31m C:\\new`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, c.want, sanitize(c.in))
		})
	}
}

// printable fails if s holds anything that a terminal could obey.
func printable(t *testing.T, s string) {
	t.Helper()
	require.True(t, utf8.ValidString(s))
	for _, r := range s {
		require.True(t, strconv.IsPrint(r), "%q in %q", r, s)
	}
}

func FuzzSanitize(f *testing.F) {
	for _, s := range []string{"", "a\x1b[31m", "\xff\\", "\u202e\ufffd", "\U000e0041", `\'"`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		clean := sanitize(s)
		printable(t, clean)
		// Nothing is lost: the text can be had back from what is shown.
		back, err := strconv.Unquote(`"` + strings.ReplaceAll(clean, `"`, `\"`) + `"`)
		require.NoError(t, err)
		require.Equal(t, s, back)
	})
}

func FuzzSanitizeJSON(f *testing.F) {
	for _, s := range []string{`{}`, "{\"a\":\"\u009b\u202e\"}", "[\"\U000e0041\ufffd\x7f\"]", `"\u001b\\"`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		text, err := jsontext.Compact(s)
		if err != nil {
			return
		}
		clean := sanitizeJSON(text)
		printable(t, clean)
		var want, got any
		if json.Unmarshal([]byte(text), &want) != nil {
			return // a number that is too large
		}
		require.NoError(t, json.Unmarshal([]byte(clean), &got))
		require.Equal(t, want, got)
	})
}
