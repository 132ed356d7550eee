package anomaly_test

import (
	"fmt"
	"time"

	"github.com/agentaudit/agentaudit/internal/event"
	"github.com/agentaudit/agentaudit/internal/generate"
)

func init() { scenarios = append(scenarios, hard...) }

// instead is what is found in a scenario where that isn't what must be found.
var instead = map[string][]string{
	"loop-with-a-counter":     {},
	"polling-a-quiet-queue":   {"loop"},
	"leak-by-a-harmless-name": {},
	"mail-to-the-customer":    {"exfiltration"},
	"approved-afterwards":     {},
	"slow-probing":            {},
	"lost-trace":              {},
}

// hard are the scenarios at which the rules are known to fail, so that the table of the page says so.
var hard = []scenario{
	{"loop-with-a-counter", "a loop whose arguments hold the time, so no two calls are the same", []string{"loop"}, func(s *stage) {
		r := s.at(9, 0).Turn("find it")
		for range 10 {
			r.Call(generate.Call{Tool: "search_kb", Args: fmt.Sprintf(`{"q":"refund","now":%d}`, r.Now().UnixNano()), Result: "[]"}).After(time.Second)
		}
	}},
	{"polling-a-quiet-queue", "somebody waits, and the result doesn't change for long", nil, func(s *stage) {
		r := s.at(9, 0).Turn("wait for mail")
		for range 8 {
			r.Call(generate.Call{Tool: "get_inbox", Args: `{}`, Result: "[]"}).After(30 * time.Second)
		}
	}},
	{"leak-by-a-harmless-name", "the customers leave by a tool whose name says nothing", []string{"exfiltration"}, func(s *stage) {
		s.at(9, 0).Turn("help").Call(customers).After(time.Minute).Call(generate.Call{Tool: "sync", Args: `{"to":"https://example.com"}`, Result: "ok"})
	}},
	{"mail-to-the-customer", "a mail to the one whose record was read, which is what the agent is for", nil, func(s *stage) {
		s.at(9, 0).Turn("tell her").Call(customers).After(time.Second).Call(email)
	}},
	{"approved-afterwards", "the refund ran first and was approved then", []string{"unapproved"}, func(s *stage) {
		s.at(9, 0).Turn("refund").Call(refund).After(time.Minute).Approve(refund, "bob").Edit(func(e *event.Event) { e.Rationale = "it ran already" })
	}},
	{"slow-probing", "a dozen sessions, each of which tries one thing that is denied", []string{"denials"}, func(s *stage) {
		for i := range 12 {
			s.at(9, i).Turn("try").Deny(generate.Call{Tool: "read_file", CallID: fmt.Sprint("c", i), Args: fmt.Sprintf(`{"path":"/root/%d"}`, i)}, "default", "no")
		}
	}},
	{"lost-trace", "all events of a trace are gone: nothing is left that names them", []string{"orphans"}, func(s *stage) {
		r := s.at(9, 0)
		r.Turn("go").Drop()
		r.Call(order(1)).Drop()
	}},
}
