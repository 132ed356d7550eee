package pricing

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/agentaudit/agentaudit/internal/event"
)

func usd(v float64) *float64 { return &v }

var table = New([]Price{
	{Model: "Claude-Sonnet-4*", Input: 3, Output: 15, CacheRead: usd(0.3), CacheWrite: usd(3.75)},
	{Model: "gpt-4o-mini*", Input: 0.15, Output: 0.6},
	{Model: "gpt-4o*", Input: 2.5, Output: 10, CacheRead: usd(1.25)},
	{Model: "*/free", Input: 0, Output: 0},
})

func TestCost(t *testing.T) {
	tokens := func(input, output, read, write int64, includes bool) event.Tokens {
		return event.Tokens{
			Input: event.IntOf(input), Output: event.IntOf(output), CacheRead: event.IntOf(read), CacheWrite: event.IntOf(write),
			InputIncludesCache: event.BoolOf(includes),
		}
	}
	for name, c := range map[string]struct {
		model  string
		tokens event.Tokens
		want   float64
	}{
		"input and output":                  {"gpt-4o-2024-08-06", tokens(1_000_000, 100_000, 0, 0, true), 3.5},
		"the first pattern counts":          {"gpt-4o-mini", tokens(1_000_000, 0, 0, 0, true), 0.15},
		"case does not matter":              {"CLAUDE-sonnet-4-5", tokens(0, 1_000_000, 0, 0, true), 15},
		"cached tokens inside the input":    {"claude-sonnet-4-5", tokens(1000, 0, 600, 100, true), (300*3 + 600*0.3 + 100*3.75) / 1e6},
		"cached tokens beside the input":    {"claude-sonnet-4-5", tokens(300, 0, 600, 100, false), (300*3 + 600*0.3 + 100*3.75) / 1e6},
		"no price for writing to the cache": {"gpt-4o", tokens(1000, 0, 0, 400, true), 1000 * 2.5 / 1e6},
		"more cached than counted":          {"gpt-4o", tokens(100, 0, 400, 0, true), 400 * 1.25 / 1e6},
		"for nothing":                       {"some/free", tokens(100, 100, 0, 0, true), 0},
	} {
		t.Run(name, func(t *testing.T) {
			got, known := table.Cost(c.model, c.tokens)
			require.True(t, known)
			assert.InDelta(t, c.want, got, 1e-12)
		})
	}
}

func TestCostIsUnknown(t *testing.T) {
	full := event.Tokens{Input: event.IntOf(1), Output: event.IntOf(1)}
	for name, c := range map[string]struct {
		table  *Table
		model  string
		tokens event.Tokens
	}{
		"no table":         {nil, "gpt-4o", full},
		"no such model":    {table, "llama-3", full},
		"no model":         {table, "", full},
		"no input tokens":  {table, "gpt-4o", event.Tokens{Output: event.IntOf(1)}},
		"no output tokens": {table, "gpt-4o", event.Tokens{Input: event.IntOf(1)}},
	} {
		t.Run(name, func(t *testing.T) {
			_, known := c.table.Cost(c.model, c.tokens)
			assert.False(t, known)
		})
	}
	assert.Nil(t, New(nil))
}

// Whatever the counts, a cost is a number, not below nought, and where the cache is counted does not matter
// if both ways say the same.
func TestCostIsOneWhereverTheCacheIsCounted(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		count := rapid.Int64Range(0, 1<<40)
		fresh, read, write, output := count.Draw(t, "fresh"), count.Draw(t, "read"), count.Draw(t, "write"), count.Draw(t, "output")
		beside := event.Tokens{
			Input: event.IntOf(fresh), Output: event.IntOf(output), CacheRead: event.IntOf(read), CacheWrite: event.IntOf(write),
			InputIncludesCache: event.BoolOf(false),
		}
		inside := beside
		inside.Input, inside.InputIncludesCache = event.IntOf(fresh+read+write), event.BoolOf(true)
		a, _ := table.Cost("claude-sonnet-4-5", beside)
		b, _ := table.Cost("claude-sonnet-4-5", inside)
		if a < 0 || math.IsNaN(a) || a != b {
			t.Fatalf("cost %v beside, %v inside", a, b)
		}
	})
}

func TestMatch(t *testing.T) {
	for _, c := range []struct {
		pattern, name string
		want          bool
	}{
		{"gpt-4o", "gpt-4o", true},
		{"gpt-4o", "gpt-4o-mini", false},
		{"gpt-4o*", "gpt-4o", true},
		{"*claude*sonnet*", "us.anthropic.claude-3-5-sonnet-v2", true},
		{"*sonnet*claude*", "us.anthropic.claude-3-5-sonnet-v2", false},
		{"a*a", "a", false},
		{"*", "", true},
		{"*-latest", "gpt-latest-latest", true},
	} {
		assert.Equal(t, c.want, match(c.pattern, c.name), "%s of %s", c.name, c.pattern)
	}
}

func TestPriceValidate(t *testing.T) {
	good := Price{Model: "gpt*", Input: 1, Output: 2, CacheRead: usd(0)}
	require.NoError(t, good.Validate())
	for _, bad := range []Price{
		{Input: 1},
		{Model: "x", Input: -1},
		{Model: "x", Output: math.NaN()},
		{Model: "x", CacheWrite: usd(math.Inf(1))},
	} {
		require.Error(t, bad.Validate())
	}
}
