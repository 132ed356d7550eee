package anomaly_test

import (
	"fmt"
	"time"

	"github.com/agentaudit/agentaudit/internal/event"
	"github.com/agentaudit/agentaudit/internal/generate"
)

// refund is a call that needs an approval.
var refund = generate.Call{
	Tool: "issue_refund", CallID: "call-refund", Args: `{"order":7,"amount":90}`, Result: "done", Operation: event.Write, Resource: "db:refunds",
}

var email = generate.Call{Tool: "send_email", Args: `{"to":"x@example.com"}`, Result: "sent"}

var customers = generate.Call{Tool: "lookup", Args: `{"all":true}`, Result: "rows", Operation: event.Read, Resource: "db:customers"}

// failing returns a call of its own that fails.
func failing(n int) generate.Call {
	return generate.Call{Tool: "get_order", Args: fmt.Sprintf(`{"id":%d}`, n), Error: "503 from upstream", ErrorType: "HTTPError"}
}

// fails has so many of n calls fail, spread out.
func fails(r *generate.Run, failures, n int) {
	r.Turn("check the orders")
	for i := range n {
		if i*failures/n != (i+1)*failures/n {
			r.Call(failing(i)).After(10 * time.Second)
		} else {
			r.Call(order(i)).After(10 * time.Second)
		}
	}
}

// mix has an agent call tools so often each, on one day.
func mix(s *stage, daysAgo int, counts map[string]int) {
	r := s.on(daysAgo, 9, 0).Turn("work through the list")
	n := 0
	for _, tool := range []string{"get_order", "search_kb", "run_command"} {
		for range counts[tool] {
			n++
			r.Call(generate.Call{Tool: tool, Args: fmt.Sprintf(`{"n":%d,"day":%d}`, n, daysAgo), Result: fmt.Sprint(n)}).After(2 * time.Second)
		}
	}
}

var scenarios = []scenario{
	{"burst", "a dozen tool calls within half a second", []string{"burst"}, func(s *stage) {
		r := s.at(9, 0).Turn("go")
		for i := range 12 {
			r.Call(quick(i))
		}
	}},
	{"burst-of-handoffs", "two agents hand over to each other ten times within a second", []string{"burst"}, func(s *stage) {
		r := s.at(9, 0).Turn("go")
		for range 12 {
			r.Handoff(s.agent, "{}").After(5 * time.Millisecond)
		}
	}},
	{"batch-job", "sixty sessions of a batch job side by side, one call each in the same second", nil, func(s *stage) {
		for i := range 60 {
			s.at(9, 0).After(time.Duration(i) * 10 * time.Millisecond).Turn("next record").Call(quick(i)).Answer("ok")
		}
	}},
	{"brisk", "nine calls within a second, a pause, nine more", nil, func(s *stage) {
		r := s.at(9, 0).Turn("go")
		for i := range 18 {
			if r.Call(quick(i)); i == 8 {
				r.After(2 * time.Second)
			}
		}
	}},

	{"upstream-down", "eight of twenty calls fail", []string{"failures"}, func(s *stage) { fails(s.at(9, 0), 8, 20) }},
	{"model-down", "ten of twelve model calls fail", []string{"failures"}, func(s *stage) {
		r := s.at(9, 0).Turn("hello")
		for i := range 12 {
			if i%6 == 0 {
				r.Model(generate.Model{In: 100, Out: 10})
			} else {
				r.Model(generate.Model{Error: "overloaded", ErrorType: "InternalServerError"})
			}
		}
	}},
	{"failing-all-day", "one call an hour, and half of them fail", []string{"failures"}, func(s *stage) {
		for h := range 24 {
			if h%2 == 0 {
				s.at(h, 5).Turn("hourly check").Call(failing(h))
			} else {
				s.at(h, 5).Turn("hourly check").Call(order(h))
			}
		}
	}},
	{"some-failures", "five of twenty calls fail, which is under the limit", nil, func(s *stage) { fails(s.at(9, 0), 5, 20) }},
	{"few-calls", "three of four calls fail, too few to say", nil, func(s *stage) { fails(s.at(9, 0), 3, 4) }},

	{"probing", "seven different calls denied in a session", []string{"denials"}, func(s *stage) {
		r := s.at(9, 0).Turn("try")
		for i := range 7 {
			r.Deny(generate.Call{Tool: "read_file", CallID: fmt.Sprint("c", i), Args: fmt.Sprintf(`{"path":"/root/%d"}`, i)}, "default", "outside the workspace").After(time.Second)
		}
	}},
	{"probing-over-turns", "a person refuses two calls in each of four turns", []string{"denials"}, func(s *stage) {
		r := s.at(9, 0)
		for i := range 8 {
			if i%2 == 0 {
				r.Turn("go on")
			}
			c := generate.Call{Tool: "write_file", CallID: fmt.Sprint("c", i), Args: fmt.Sprintf(`{"path":"%d"}`, i)}
			r.Ask(c).After(5*time.Second).Reject(c, "bob", "no")
		}
	}},
	{"strict-policy", "five calls denied, which is allowed", nil, func(s *stage) {
		r := s.at(9, 0).Turn("try")
		for i := range 5 {
			r.Deny(generate.Call{Tool: "read_file", CallID: fmt.Sprint("c", i), Args: fmt.Sprintf(`{"path":"/root/%d"}`, i)}, "default", "no").After(time.Second)
		}
	}},
	{"denials-of-many", "a dozen sessions with one denial each", nil, func(s *stage) {
		for i := range 12 {
			s.at(9, i).Turn("try").Deny(generate.Call{Tool: "read_file", CallID: fmt.Sprint("c", i), Args: `{"path":"/root"}`}, "default", "no")
		}
	}},

	{"stuck", "the same search eight times with the same result", []string{"loop"}, func(s *stage) {
		r := s.at(9, 0).Turn("find it")
		for range 8 {
			r.Call(generate.Call{Tool: "search_kb", Args: `{"q":"refund"}`, Result: "[]"}).After(time.Second)
		}
	}},
	{"stuck-in-a-circle", "two calls take turns six times, with the same results", []string{"loop"}, func(s *stage) {
		r := s.at(9, 0).Turn("find it")
		for range 6 {
			r.Call(generate.Call{Tool: "search_kb", Args: `{"q":"a"}`, Result: "see b"}).After(time.Second)
			r.Call(generate.Call{Tool: "search_kb", Args: `{"q":"b"}`, Result: "see a"}).After(time.Second)
		}
	}},
	{"polling", "the same call twenty times while its result changes", nil, func(s *stage) {
		r := s.at(9, 0).Turn("deploy and wait")
		for i := range 20 {
			r.Call(generate.Call{Tool: "get_status", Args: `{"job":1}`, Result: fmt.Sprintf(`{"done":%d}`, 5*i)}).After(5 * time.Second)
		}
	}},
	{"batch-of-records", "the same tool forty times, with another record each time", nil, func(s *stage) {
		r := s.at(9, 0).Turn("all of them")
		for i := range 40 {
			r.Call(generate.Call{Tool: "get_invoice", Args: fmt.Sprintf(`{"id":%d}`, i), Result: "ok"}).After(time.Second)
		}
	}},
	{"same-question-each-turn", "the same call once in each of ten turns", nil, func(s *stage) {
		r := s.at(9, 0)
		for range 10 {
			r.Turn("anything new?").Call(generate.Call{Tool: "list_tickets", Args: `{}`, Result: "[]"}).Answer("no").After(time.Minute)
		}
	}},

	{"retry-storm", "the same call fails seven times", []string{"retry_storm"}, func(s *stage) {
		r := s.at(9, 0).Turn("pay")
		for range 7 {
			r.Call(failing(1)).After(200 * time.Millisecond)
		}
	}},
	{"retry-storm-of-timeouts", "the same call times out five times, at longer and longer distances", []string{"retry_storm"}, func(s *stage) {
		r := s.at(9, 0).Turn("pay")
		for i := range 5 {
			c := failing(1)
			c.Outcome = event.OutcomeTimeout
			r.Call(c).After(time.Second << i)
		}
	}},
	{"retry-that-succeeds", "three failures, then it works", nil, func(s *stage) {
		r := s.at(9, 0).Turn("pay")
		for range 3 {
			r.Call(failing(1)).After(time.Second)
		}
		r.Call(order(1)).Answer("paid")
	}},
	{"different-failures", "five calls of one tool fail, each with other arguments", nil, func(s *stage) {
		r := s.at(9, 0).Turn("pay")
		for i := range 5 {
			r.Call(failing(i)).After(time.Second)
		}
	}},
}

func quick(n int) generate.Call {
	return generate.Call{Tool: "lookup", Args: fmt.Sprintf(`{"n":%d}`, n), Result: fmt.Sprint(n), Took: 20 * time.Millisecond}
}
