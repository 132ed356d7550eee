// Package pricing tells what a model call cost, from a table of prices that the user keeps: few dialects
// report a cost, and no price is built in, since prices change and contracts differ.
//
// # Rules
//
//   - A price belongs to a pattern of model names, in which * stands for any text. Letters' case does not
//     matter. The first pattern that matches counts, so the more telling ones stand first.
//   - Prices are US dollars per million tokens.
//   - Where a price for cached tokens is missing, they cost what other input costs.
//   - Cached tokens are taken out of the input if the emitter counts them there, and only then.
//   - A call without a price, or without a count of tokens, has no cost: none is not nought.
package pricing

import (
	"errors"
	"fmt"
	"math"
	"strings"

	"github.com/agentaudit/agentaudit/internal/event"
)

// Price is what the tokens of some models cost, in US dollars per million.
type Price struct {
	// Model is a pattern of model names, such as "gpt-4o*".
	Model  string  `mapstructure:"model"`
	Input  float64 `mapstructure:"input"`
	Output float64 `mapstructure:"output"`
	// CacheRead and CacheWrite are for input tokens read from and written to a cache; if nil, Input counts.
	CacheRead  *float64 `mapstructure:"cache_read"`
	CacheWrite *float64 `mapstructure:"cache_write"`

	_ struct{}
}

// Validate checks the price.
func (p *Price) Validate() error {
	var errs []error
	if p.Model == "" {
		errs = append(errs, errors.New("\"model\" is empty; it is a pattern of model names, such as \"gpt-4o*\""))
	}
	for name, usd := range map[string]*float64{"input": &p.Input, "output": &p.Output, "cache_read": p.CacheRead, "cache_write": p.CacheWrite} {
		if usd != nil && (*usd < 0 || math.IsNaN(*usd) || math.IsInf(*usd, 0)) {
			errs = append(errs, fmt.Errorf("%q is %v; it is US dollars per million tokens, not below 0", name, *usd))
		}
	}
	return errors.Join(errs...)
}

// Table is a list of prices. The nil table has none.
type Table struct {
	prices []Price
}

// New returns a table of prices; nil if there are none.
func New(prices []Price) *Table {
	if len(prices) == 0 {
		return nil
	}
	t := &Table{}
	for _, p := range prices {
		p.Model = strings.ToLower(p.Model)
		t.prices = append(t.prices, p)
	}
	return t
}

// Cost returns the cost of a model call in US dollars, and whether it is known.
func (t *Table) Cost(model string, tokens event.Tokens) (usd float64, known bool) {
	if t == nil || model == "" || !tokens.Input.Set || !tokens.Output.Set {
		return 0, false
	}
	model = strings.ToLower(model)
	for i := range t.prices {
		if match(t.prices[i].Model, model) {
			return t.prices[i].cost(tokens), true
		}
	}
	return 0, false
}

func (p *Price) cost(t event.Tokens) float64 {
	read, write := count(t.CacheRead), count(t.CacheWrite)
	input := count(t.Input)
	if !t.InputIncludesCache.Set || t.InputIncludesCache.Value {
		input = max(0, input-read-write)
	}
	perMillion := input*p.Input + count(t.Output)*p.Output + read*or(p.CacheRead, p.Input) + write*or(p.CacheWrite, p.Input)
	return perMillion / 1e6
}

func count(n event.Int) float64 { return float64(max(0, n.Value)) }

func or(price *float64, otherwise float64) float64 {
	if price == nil {
		return otherwise
	}
	return *price
}

// match says whether a name is of a pattern, in which * stands for any text. Time is linear in the
// name for each star.
func match(pattern, name string) bool {
	first, rest, starred := strings.Cut(pattern, "*")
	if !starred {
		return pattern == name
	}
	name, ok := strings.CutPrefix(name, first)
	if !ok {
		return false
	}
	for {
		part, next, more := strings.Cut(rest, "*")
		if !more {
			return strings.HasSuffix(name, part)
		}
		i := strings.Index(name, part)
		if i < 0 {
			return false
		}
		name, rest = name[i+len(part):], next
	}
}
