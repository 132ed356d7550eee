package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agentaudit/agentaudit/internal/event"
)

func TestGenerated(t *testing.T) {
	for _, d := range dialects {
		want, err := d.generate()
		require.NoError(t, err)
		got, err := os.ReadFile(filepath.Join("..", "..", "..", "..", "docs", d.file))
		require.NoError(t, err)
		assert.Equal(t, string(want), string(got), "run go generate ./internal/event/internal/gensql")
	}
}

var comment = regexp.MustCompile(`(?m)--.*$`)

// statements returns the statements of a dialect's file, without comments.
func statements(t *testing.T, d *dialect) (all []string) {
	text, err := d.generate()
	require.NoError(t, err)
	for s := range strings.SplitSeq(comment.ReplaceAllString(string(text), ""), ";") {
		if s = strings.TrimSpace(s); s != "" {
			all = append(all, s)
		}
	}
	return all
}

// TestComplete looks for every member and every alias, and whether brackets and quotes are even.
func TestComplete(t *testing.T) {
	for _, d := range dialects {
		all := strings.Join(statements(t, d), ";\n")
		for _, c := range event.Columns() {
			if c.Group != "" {
				assert.Regexp(t, regexp.QuoteMeta(d.quote(c.Group))+` (row|Tuple)\(.*`+regexp.QuoteMeta(d.quote(c.Name)), all, "%s.%s in %s", c.Group, c.Name, d.file)
				continue
			}
			assert.Contains(t, all, " AS "+d.quote(c.Name), d.file)
		}
		for _, alias := range event.Aliases() {
			canonical, _ := event.ParseType(alias)
			assert.Contains(t, all, "WHEN '"+alias+"' THEN '"+string(canonical)+"'", d.file)
		}
		assert.NoError(t, balanced(all), d.file)
		assert.NotContains(t, all, "%!", d.file)
		assert.NotContains(t, all, "<no value>", d.file)
	}
}

// balanced says where quotes or brackets are not even. What a quote holds is not looked at.
func balanced(text string) error {
	depth, quote, since := 0, rune(0), 0
	for i, c := range text {
		switch {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case strings.ContainsRune("'`\"", c):
			quote, since = c, i
		case c == '(':
			depth++
		case c == ')':
			depth--
		}
		if depth < 0 {
			return fmt.Errorf("a bracket too many at %.40q", text[i:])
		}
	}
	if quote != 0 || depth != 0 {
		return fmt.Errorf("%d brackets and the quote %q stay open; the last quote is %.40q", depth, quote, text[since:])
	}
	return nil
}

func TestBalanced(t *testing.T) {
	for _, bad := range []string{"(", ")(", "'", "`a", `f(")")) `} {
		assert.Error(t, balanced(bad), bad)
	}
	assert.NoError(t, balanced(`f('(', "a)", g())`))
}

// TestStamp cuts the stamp off real lines with the expression of clickhouse.sql, whose regular expressions are Go's, and as the others do it.
func TestStamp(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("templates", "clickhouse.sql"))
	require.NoError(t, err)
	pattern := regexp.MustCompile(`replaceRegexpOne\(line, '(.*)', ''\)`).FindSubmatch(text)
	require.NotNil(t, pattern)
	stamp := regexp.MustCompile(string(pattern[1]))

	e := event.Event{ID: "c34943fb-c0c2-84f4-ac4f-f96adbbe1c61", Type: event.ToolCall, Timestamp: 1, Retention: event.Retention{Tier: event.TierInfo}}
	for _, params := range []string{"", `{"writer":"x","seq":1}`, `"ends in ,\"writer\":\"w\",\"seq\":1"`} {
		e.Params = event.AnyJSON(params)
		body := string(e.AppendBody(nil))
		for _, conflict := range []bool{false, true} {
			line := string(event.AppendStamp([]byte(body), "writer-1.example", 17, time.Unix(1, 0), conflict))
			assert.Equal(t, body, stamp.ReplaceAllString(line, ""))
			assert.Equal(t, body, line[:strings.LastIndex(line, `,"writer":"`)])
		}
	}
}
