package mcpserver

import "github.com/agentaudit/agentaudit/internal/lake"

// maxValues bounds the values of one filter.
const maxValues = 100

// filter reads a scope.
func (s *scope) filter() (f lake.Filter, err error) {
	for _, list := range [][]string{s.Agent, s.User, s.Session, s.Tool, s.Tier, s.Type} {
		if len(list) > maxValues {
			return f, refuse("more than %d values in one filter", maxValues)
		}
	}
	f = lake.Filter{Agents: s.Agent, Users: s.User, Sessions: s.Session, Tools: s.Tool}
	if err = f.SetTiers(s.Tier); err == nil {
		err = f.SetTypes(s.Type)
	}
	if err == nil {
		f.Since, err = lake.ParseTime(s.Since, false)
	}
	if err == nil {
		f.Until, err = lake.ParseTime(s.Until, true)
	}
	switch {
	case err != nil:
		return f, refuse("%v", err)
	case s.Page < 0 || s.Page > 1_000_000:
		return f, refuse("no page %d", s.Page)
	}
	return f, nil
}
