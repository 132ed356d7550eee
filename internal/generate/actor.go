package generate

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"github.com/agentaudit/agentaudit/internal/event"
)

// How often what happens. All are of what the comment says.
const (
	pGuard       = 0.12  // turns
	pFeedback    = 0.05  // turns
	pHandoff     = 0.13  // pieces of work that are not the third agent's
	pDecide      = 0.05  // pieces of work
	pReason      = 0.25  // model calls
	pAskAgain    = 0.10  // calls of tools that need no approval, which a policy decides
	pDenied      = 0.06  // of those
	pRejected    = 0.09  // requests for approval
	pExpired     = 0.03  // requests for approval
	pDetached    = 0.30  // approvals, which arrive by a log record
	pBlank       = 0.03  // spans without session and user
	pMasked      = 0.04  // user messages
	pModeChange  = 0.01  // sessions
	pTimedOut    = 0.18  // sessions, which nothing ends
	pLate        = 0.002 // turns, which arrive hours later
	strayEach    = 33    // of so many sessions one sends its first turn once more, to another writer
	maxDelegates = 2     // agents below one another
)

// actor plays one session, turn by turn.
type actor struct {
	*world
	scribe

	run      *Run
	turns    int // to come
	deadline time.Time
	model    model
}

// play begins the session of that number. Who plays it once more gets the same.
func (w *world) play(session int) *actor {
	rng := rand.New(rand.NewPCG(w.Seed, uint64(session))) //nolint:gosec // not negative; not for secrets
	at := w.begins(session, rng.Float64())
	// The square makes some users, and some agents, much busier than others.
	user := int(square(rng) * float64(w.Users))
	agent := int(square(rng) * float64(w.Agents))
	r := &Run{
		Identity: Identity{
			Session: fmt.Sprintf("sess-%08x-%06d", uint32(rng.Uint64()), session), User: "user-" + strconv.Itoa(1000+user),
			Tenant: "tenant-" + strconv.Itoa(user%7), Agent: w.agents[agent],
		},
		ids: rng, kit: &kits[agent%len(kits)], now: at,
	}
	a := &actor{world: w, scribe: scribe{rng: rng}, run: r, turns: 1 + geometric(rng, 0.65), deadline: w.Start.AddDate(0, 0, w.Days)}
	a.model = w.models[(agent+rng.IntN(2))%w.Models]
	r.logged(event.SessionStart, "session_start", func(e *event.Event) {
		e.Provider, e.Model, e.Decision = a.model.provider, a.model.name, "default"
	})
	if a.chance(pModeChange) {
		r.ChangeMode("accept_edits", "the user's setting")
	}
	return a
}

func square(rng *rand.Rand) float64 { u := rng.Float64(); return u * u }

// geometric returns how often in a row something of that chance happens, 12 times at most.
func geometric(rng *rand.Rand, p float64) (n int) {
	for n < 12 && rng.Float64() < p {
		n++
	}
	return n
}

func (a *actor) chance(p float64) bool { return a.rng.Float64() < p }

// millis returns a duration with that median in milliseconds.
func (a *actor) millis(median, sigma float64) time.Duration {
	return time.Duration(lognormal(a.rng, median, sigma) * float64(time.Millisecond))
}

// turn plays the next turn, and says when its events arrive at the writer. Afterwards the clock stands where the user speaks again, and
// done says whether they won't.
func (a *actor) turn() (arrival time.Time, done bool) {
	r := a.run
	shape := userMessage
	if a.chance(pMasked) {
		shape = maskedUser
	}
	r.turn(a.write(shape, 220))
	if shape == maskedUser {
		r.Edit(func(e *event.Event) { e.Redactions = event.TrustedJSON(maskedPath) })
	}
	if a.chance(pGuard) {
		a.guard()
	}
	a.work(0)
	r.answer(a.write(agentMessage, 420))
	if a.chance(pFeedback) {
		r.After(a.millis(8000, 0.6)).Feedback("helpfulness", float64(a.rng.IntN(5))/4, "\""+text(a.rng, 60)+"\" – très utile")
	}
	a.turns--
	end := r.Now()
	r.After(a.millis(40_000, 1))
	done = a.turns <= 0 || r.Now().After(a.deadline)
	if done && !a.chance(pTimedOut) {
		r.At(end.Add(time.Second)).End()
		end = r.Now()
	}
	arrival = end.Add(a.millis(900, 0.8))
	if a.chance(pLate) {
		arrival = arrival.Add(a.millis(3_600_000, 0.5))
	}
	return arrival, done
}

func (a *actor) guard() {
	a.run.After(a.millis(25, 0.5))
	switch u := a.rng.Float64(); {
	case u < 0.93:
		a.run.Guard("prompt-injection", "passed", "input", "")
	case u < 0.98:
		a.run.Guard("pii", "modified", "input", "an address was masked")
	default:
		a.run.Guard("prompt-injection", "blocked", "input", "the text asks to ignore earlier instructions")
	}
}

// work is what an agent does when it is in control: it thinks and calls tools until it knows the answer.
func (a *actor) work(depth int) {
	r := a.run
	if a.chance(pDecide) {
		r.Decide("plan-"+strconv.Itoa(a.rng.IntN(4)), text(a.rng, 120), 0.5+a.rng.Float64()/2)
	}
	for range geometric(a.rng, 0.72) {
		a.think(agentCalls)
		a.use(a.pick())
	}
	if depth < maxDelegates && a.chance(pHandoff) {
		a.think(agentCalls)
		r.handoff(a.agents[a.rng.IntN(a.Agents)], a.write(passedOn, 200))
		a.work(depth + 1)
		r.answer(a.write(agentMessage, 350))
	}
	a.think(agentMessage)
}

// think calls the model, again if it fails.
func (a *actor) think(shape string) {
	r, m := a.run, &a.model
	for a.chance(a.ErrorRate / 4) {
		f := modelFailures[a.rng.IntN(len(modelFailures))]
		r.Model(Model{Provider: m.provider, Name: m.name, Took: a.millis(4000, 1), Error: f.message, ErrorType: f.class})
		r.After(a.millis(1500, 0.5))
	}
	input := a.write(toolMessage, 520)
	output := a.write(shape, 320)
	call := Model{
		Provider: m.provider, Name: m.name, input: input, output: output,
		In: int64(1200 + lognormal(a.rng, 2400, 0.9)), Out: int64(len(output.String())/4 + a.rng.IntN(60)),
	}
	if a.chance(0.4) {
		call.CacheRead = call.In * int64(a.rng.IntN(90)) / 100
	}
	if a.chance(pReason) {
		call.Reasoning = text(a.rng, 420)
	}
	call.CostUSD = (float64(call.In)*m.in + float64(call.Out)*m.out) / 1e6
	call.Took = a.millis(300+float64(call.Out)*m.perToken, 0.4)
	a.hide(func() { r.Model(call) })
	attributes := a.write(parameters, 0)
	r.Edit(func(e *event.Event) {
		if e.Type == event.LLMResponse {
			e.Attributes, e.SystemPromptHash = attributes, a.prompts[e.AgentName]
			if shape == agentCalls {
				e.FinishReason = "tool_calls"
			}
		}
	})
}

// hide has a step leave session and user out now and then.
func (a *actor) hide(step func()) {
	a.run.blank = a.chance(pBlank)
	step()
	a.run.blank = false
}

// pick chooses one of the tools that the agent in control has: seven of all.
func (a *actor) pick() *tool {
	first := 0
	for i, c := range a.run.agent() {
		first += (i + 1) * int(c)
	}
	return &a.tools[(first+int(square(a.rng)*7)*5)%len(a.tools)]
}

// resourceOf names what a call touches: a file for itself, a table for all its rows.
func (t *tool) resourceOf(params event.JSON) string {
	if !strings.HasPrefix(t.resource, "file:") {
		return t.resource
	}
	path, _, _ := strings.Cut(strings.TrimPrefix(params.String(), `{"path":"`), `"`)
	return "file:" + path
}
