package anomaly_test

import (
	"fmt"
	"time"

	"github.com/agentaudit/agentaudit/internal/event"
	"github.com/agentaudit/agentaudit/internal/generate"
)

func init() { scenarios = append(scenarios, compared...) }

// compared are the scenarios of rules that need history.
var compared = []scenario{
	{"new-tool", "after two weeks with one tool another one is called", []string{"first_use"}, func(s *stage) {
		s.usually()
		s.work(s.at(9, 0)).Turn("and now").Call(generate.Call{Tool: "run_command", Args: `{"cmd":"id"}`, Result: "root"})
	}},
	{"new-resource", "the usual tool reads another database", []string{"first_use"}, func(s *stage) {
		s.usually()
		c := order(1)
		c.Resource = "db:archive"
		s.at(9, 0).Turn("and now").Call(c)
	}},
	{"new-file", "another file in the folder that it reads daily", nil, func(s *stage) {
		for day := range 17 {
			s.on(day, 9, 0).Turn("read").Call(generate.Call{
				Tool: "read_file", Args: fmt.Sprintf(`{"path":"/srv/drafts/%d.md"}`, day), Result: "text", Operation: event.Read, Resource: fmt.Sprintf("file:/srv/drafts/%d.md", day),
			})
		}
	}},
	{"seldom-used", "a tool that was last used two weeks ago", nil, func(s *stage) {
		s.usually()
		s.on(15, 9, 30).Turn("month's end").Call(generate.Call{Tool: "close_month", Args: `{}`, Result: "ok"})
		s.at(9, 30).Turn("month's end").Call(generate.Call{Tool: "close_month", Args: `{}`, Result: "ok"})
	}},
	{"new-agent", "an agent without history: nothing can be said", nil, func(s *stage) { s.work(s.at(9, 0)) }},

	{"huge-prompt", "one model call takes a hundred times the usual tokens", []string{"token_outlier"}, func(s *stage) {
		s.usually()
		s.at(9, 0).Turn("read this").Model(generate.Model{In: 120_000, Out: 60})
	}},
	{"long-prompts", "tokens differ much from call to call, as they always did", nil, func(s *stage) {
		for day := range 17 {
			r := s.on(day, 9, 0).Turn("read this")
			for i := range 4 {
				r.Model(generate.Model{In: int64(500) << ((day*4 + i*7) % 6), Out: 60})
			}
		}
	}},
	{"other-model", "a model with longer prompts beside one with short ones", nil, func(s *stage) {
		s.usually()
		for day := range 17 {
			r := s.on(day, 14, 20).Turn("summarise")
			for i := range 3 {
				r.Model(generate.Model{Name: "long-context", In: int64(60_000 + (day*3+i)*911%9000), Out: 300})
			}
		}
	}},

	{"runaway", "one session makes sixty ordinary model calls", []string{"cost_outlier"}, func(s *stage) {
		s.usually()
		r := s.at(9, 0).Turn("never stop")
		for i := range 60 {
			r.Model(generate.Model{In: int64(900 + i), Out: 50, CostUSD: 0.0025})
		}
	}},
	{"dear-model", "one call of a model that costs twenty times as much", []string{"cost_outlier"}, func(s *stage) {
		s.usually()
		s.at(9, 0).Turn("think hard").Model(generate.Model{Name: "dear", In: 1000, Out: 50, CostUSD: 0.1})
	}},
	{"twice-the-work", "a session of twice the usual length", nil, func(s *stage) {
		s.usually()
		s.work(s.work(s.at(9, 0)))
	}},

	{"hung-tool", "a call takes ninety seconds in place of a fifth of one", []string{"duration_outlier"}, func(s *stage) {
		s.usually()
		c := order(1)
		c.Took = 90 * time.Second
		s.at(9, 0).Turn("where is it?").Call(c)
	}},
	{"slow-tool", "calls that take half a minute to two minutes, as always", nil, func(s *stage) {
		for day := range 17 {
			r := s.on(day, 9, 0).Turn("test")
			for i := range 3 {
				r.Call(generate.Call{Tool: "run_tests", Args: fmt.Sprintf(`{"n":%d,"day":%d}`, i, day), Result: fmt.Sprint(i), Took: time.Duration(30+(day*3+i)*37%90) * time.Second})
			}
		}
	}},
	{"slower-but-quick", "a call of 0.9 s where 0.2 s are usual", nil, func(s *stage) {
		s.usually()
		c := order(1)
		c.Took = 900 * time.Millisecond
		s.at(9, 0).Turn("where is it?").Call(c)
	}},

	{"at-night", "work at three in the morning, for a user of office hours", []string{"unusual_hours"}, func(s *stage) {
		s.usually()
		s.work(s.at(3, 10))
	}},
	{"at-noon-gap", "work in the evening, four hours after the usual end", []string{"unusual_hours"}, func(s *stage) {
		s.usually()
		s.work(s.at(19, 10))
	}},
	{"night-shift", "work at three in the morning, as each night", nil, func(s *stage) {
		s.usuallyAt(1, 3)
		s.work(s.at(3, 10))
	}},
	{"an-hour-later", "work in the hour beside the usual one", nil, func(s *stage) {
		s.usually()
		s.work(s.at(15, 10))
	}},
	{"new-user", "a user without history, with an agent that works around the clock", nil, func(s *stage) {
		s.usuallyAt(1, 4, 7, 10, 13, 16, 19, 22)
		s.user = "somebody-new"
		s.work(s.at(3, 10))
	}},

	{"other-tools", "an agent that looked things up runs commands instead", []string{"tool_drift"}, func(s *stage) {
		for day := 8; day > 0; day-- {
			mix(s, day, map[string]int{"get_order": 20, "search_kb": 10, "run_command": 1})
		}
		mix(s, 0, map[string]int{"get_order": 20, "search_kb": 5, "run_command": 100})
	}},
	{"same-tools", "the mix of tools moves by a few points", nil, func(s *stage) {
		for day := 8; day > 0; day-- {
			mix(s, day, map[string]int{"get_order": 20, "search_kb": 10, "run_command": 1})
		}
		mix(s, 0, map[string]int{"get_order": 80, "search_kb": 50, "run_command": 10})
	}},
	{"too-few-to-drift", "ten calls of another tool than usual", nil, func(s *stage) {
		for day := 8; day > 0; day-- {
			mix(s, day, map[string]int{"get_order": 20, "run_command": 1})
		}
		mix(s, 0, map[string]int{"run_command": 10})
	}},
}
