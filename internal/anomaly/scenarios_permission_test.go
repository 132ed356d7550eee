package anomaly_test

import (
	"time"

	"github.com/agentaudit/agentaudit/internal/event"
	"github.com/agentaudit/agentaudit/internal/generate"
)

func init() { scenarios = append(scenarios, permitted...) }

// permitted are the scenarios of what may and may not be done, and of what is missing.
var permitted = []scenario{
	{"never-asked", "a refund that nobody was asked about", []string{"unapproved"}, func(s *stage) { s.at(9, 0).Turn("refund").Call(refund) }},
	{"asked-but-not-answered", "the request for an approval stays open, and the refund runs", []string{"unapproved"}, func(s *stage) {
		s.at(9, 0).Turn("refund").Ask(refund).After(time.Minute).Call(refund)
	}},
	{"ran-though-refused", "a person refuses the refund, and it runs", []string{"unapproved"}, func(s *stage) {
		s.at(9, 0).Turn("refund").Ask(refund).After(time.Minute).Reject(refund, "bob", "no").After(time.Second).Call(refund)
	}},
	{"approved-by-a-model", "another model approved the refund, which doesn't count", []string{"unapproved"}, func(s *stage) {
		c := refund
		c.Approval = event.Approval{Status: event.ApprovalApproved, ActorClass: event.ActorModel}
		s.at(9, 0).Turn("refund").Call(c)
	}},
	{"approved-elsewhere", "the approval is of another session", []string{"unapproved"}, func(s *stage) {
		s.at(9, 0).Turn("refund").Ask(refund).After(time.Minute).Approve(refund, "bob")
		s.at(9, 5).Turn("refund").Call(refund)
	}},
	{"approved-chain", "asked, approved, ran; the call's own events don't repeat the approval", nil, func(s *stage) {
		s.at(9, 0).Turn("refund").Ask(refund).After(time.Minute).Approve(refund, "bob").Call(refund).Answer("done")
	}},
	{"approved-by-log-record", "the approval comes without a trace, by a log record", nil, func(s *stage) {
		s.at(9, 0).Turn("refund").Ask(refund).After(time.Minute).Approve(refund, "bob").Detach().Call(refund).Answer("done")
	}},
	{"approved-in-the-next-turn", "the approval ends one trace and the call is in the next", nil, func(s *stage) {
		s.at(9, 0).Turn("refund").Ask(refund).Answer("may I?").After(time.Minute).Turn("yes").Approve(refund, "bob").Call(refund).Answer("done")
	}},
	{"approved-by-policy", "a policy allows the refund", nil, func(s *stage) {
		s.at(9, 0).Turn("refund").Allow(refund, "small-refunds").Call(refund)
	}},
	{"approved-for-the-session", "a standing approval, and two more refunds", nil, func(s *stage) {
		r := s.at(9, 0).Turn("refund").Ask(refund).Approve(refund, "bob").Edit(func(e *event.Event) { e.Approval.Standing = event.BoolOf(true) }).Call(refund)
		for _, id := range []string{"call-2", "call-3"} {
			c := refund
			c.CallID, c.Args = id, `{"order":"`+id+`"}`
			r.After(time.Minute).Call(c)
		}
	}},
	{"approved-and-retried", "an approved refund times out and is tried again under another call id", nil, func(s *stage) {
		c, again := refund, refund
		c.Error, c.Outcome, again.CallID = "no answer", event.OutcomeTimeout, "call-again"
		s.at(9, 0).Turn("refund").Ask(refund).After(time.Minute).Approve(refund, "bob").Call(c).After(time.Second).Call(again)
	}},
	{"approved-by-log-record-and-blank", "the same, and the call's events don't know their session, which others of their trace do", nil, func(s *stage) {
		blank := func(e *event.Event) { e.SessionID, e.UserID = "", "" }
		s.at(9, 0).Turn("refund").Ask(refund).After(time.Minute).Approve(refund, "bob").Detach().Call(refund).Edit(blank).Answer("done")
	}},
	{"approved-once-ran-twice", "an approved refund succeeds, and runs once more under another call id", []string{"unapproved"}, func(s *stage) {
		again := refund
		again.CallID = "call-again"
		s.at(9, 0).Turn("refund").Ask(refund).After(time.Minute).Approve(refund, "bob").Call(refund).After(time.Second).Call(again)
	}},
	{"told-twice", "spans and log records tell of the same seven calls, of which an approved one", nil, func(s *stage) {
		r := s.at(9, 0).Turn("refund").Ask(refund).After(time.Minute).Approve(refund, "bob")
		asLog := func(e *event.Event) {
			e.Origin.Signal, e.ActionHash = "log", generate.ActionHash(e.Tool.Name, "as a log has it")
			e.ID = e.ID[:len(e.ID)-4] + "0106"
		}
		for i, c := range []generate.Call{refund, quick(1), quick(2), quick(3), quick(4), quick(5), quick(6)} {
			if i > 0 {
				c.CallID = c.Args
			}
			r.Call(c).After(-c.Took).Call(c).Edit(asLog)
		}
	}},
	{"refused-and-not-run", "a person refuses the refund, and it doesn't run", nil, func(s *stage) {
		s.at(9, 0).Turn("refund").Ask(refund).After(time.Minute).Reject(refund, "bob", "no").Answer("sorry")
	}},

	{"changed-after-approval", "90 were approved, 9000 were paid under the same call id", []string{"altered"}, func(s *stage) {
		c := refund
		c.Args = `{"order":7,"amount":9000}`
		s.at(9, 0).Turn("refund").Ask(refund).After(time.Minute).Approve(refund, "bob").Call(c)
	}},
	{"changed-in-the-next-turn", "the same across two traces of a session", []string{"altered"}, func(s *stage) {
		c := refund
		c.Args = `{"order":7,"amount":9000}`
		s.at(9, 0).Turn("refund").Ask(refund).Answer("may I?").Turn("yes").Approve(refund, "bob").Call(c.Approved("bob")).Answer("done")
	}},
	{"changed-and-approved-again", "90 were approved, then 50, and 50 were paid", nil, func(s *stage) {
		c := refund
		c.Args = `{"order":7,"amount":50}`
		s.at(9, 0).Turn("refund").Ask(refund).Approve(refund, "bob").After(time.Minute).Ask(c).Approve(c, "bob").Call(c)
	}},
	{"same-id-of-another-agent", "two agents of a session both call their first call call-refund", nil, func(s *stage) {
		c := generate.Call{Tool: "get_order", CallID: refund.CallID, Args: `{"id":1}`, Result: "{}"}
		s.at(9, 0).Turn("refund").Ask(refund).Approve(refund, "bob").Call(refund).Handoff("told-below", "{}").Call(c)
	}},
	{"same-id-elsewhere", "another session has the same call id for another refund", nil, func(s *stage) {
		c := refund
		c.Args = `{"order":8,"amount":10}`
		s.at(9, 0).Turn("refund").Ask(refund).Approve(refund, "bob").Call(refund)
		s.at(9, 5).Turn("refund").Ask(c).Approve(c, "bob").Call(c)
	}},

	{"leak", "the customers are read, then a mail is sent", []string{"exfiltration"}, func(s *stage) {
		s.at(9, 0).Turn("help").Call(customers).After(time.Minute).Call(email)
	}},
	{"leak-by-another-agent", "the same, but the mail is sent after a handoff", []string{"exfiltration"}, func(s *stage) {
		s.at(9, 0).Turn("help").Call(customers).Handoff(s.agent, "{}").Call(generate.Call{Tool: "http_post", Args: `{"url":"https://example.com"}`})
	}},
	{"mail-only", "a mail is sent, and nothing sensitive was read", nil, func(s *stage) { s.work(s.at(9, 0)).Turn("tell her").Call(email) }},
	{"mail-first", "the customers are read after the mail", nil, func(s *stage) { s.at(9, 0).Turn("help").Call(email).After(time.Minute).Call(customers) }},
	{"mail-approved", "a person approved the mail", nil, func(s *stage) {
		c := email
		c.CallID = "call-mail"
		s.at(9, 0).Turn("help").Call(customers).Ask(c).After(time.Minute).Approve(c, "bob").Call(c)
	}},
	{"mail-of-another-session", "one session reads the customers, another one sends a mail", nil, func(s *stage) {
		s.at(9, 0).Turn("help").Call(customers)
		s.at(9, 5).Turn("help").Call(email)
	}},
	{"mail-hours-later", "three hours lie between the read and the mail", nil, func(s *stage) {
		s.at(9, 0).Turn("help").Call(customers).After(3 * time.Hour).Call(email)
	}},
	{"mail-refused", "the mail was refused", nil, func(s *stage) {
		s.at(9, 0).Turn("help").Call(customers).Deny(email, "default", "no mail")
	}},

	{"lost-parent", "the event of the invocation that others name is nowhere", []string{"orphans"}, func(s *stage) {
		s.at(9, 0).Turn("go").Drop().Model(generate.Model{In: 10, Out: 1}).Call(order(1))
	}},
	{"parent-yesterday", "a turn that began before midnight", nil, func(s *stage) {
		s.on(1, 23, 59).Turn("go").Call(order(1)).After(2 * time.Minute).Call(order(2)).Answer("ok")
	}},
	{"no-parents", "events of log records, which name no parent", nil, func(s *stage) { s.at(9, 0).Turn("go").Call(order(1)).Detach() }},
	{"foreign-parents", "parent spans that are no agent's", nil, func(s *stage) {
		s.work(s.at(9, 0)).Call(order(1)).Edit(func(e *event.Event) { e.ParentEventID, e.ParentSpanID = "", [8]byte{1, 2, 3} })
	}},
}
