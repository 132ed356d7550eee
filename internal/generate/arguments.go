package generate

import (
	"math/rand/v2"
	"strconv"

	"github.com/agentaudit/agentaudit/internal/event"
)

// arguments says what the kinds of tools are called with: JSON with % for a number, and $ for some words.
var arguments = map[string]string{
	"order":    `{"order_id":"ORD-%","customer":{"email":"[REDACTED:email]"},"note":"$"}`,
	"query":    `{"query":"$","top_k":8,"offset":%}`,
	"customer": `{"customer_id":"CUS-%","fields":["name","status","plan","last_order"],"reason":"$"}`,
	"path":     `{"path":"/srv/contracts/%.md","encoding":"utf-8"}`,
	"sql":      `{"query":"SELECT status, count(*) FROM orders WHERE customer_id = % GROUP BY status ORDER BY 2 DESC","comment":"$"}`,
	"message":  `{"to":"[REDACTED:email]","subject":"case %","body":"$"}`,
	"payment":  `{"order_id":"ORD-%","amount":{"value":%,"currency":"EUR"},"reason":"$"}`,
	"command":  `{"command":"make build TARGET=svc-%","working_directory":"/srv/build","explanation":"$"}`,
	"url":      `{"url":"https://api.example.com/v2/items/%","headers":{"Accept":"application/json"}}`,
}

// Shapes of messages and results, as arguments has them.
const (
	userMessage  = `[{"role":"user","parts":[{"type":"text","content":"$"}]}]`
	toolMessage  = `[{"role":"tool","parts":[{"type":"tool_call_response","id":"call_%","result":"$"}]}]`
	agentMessage = `[{"role":"assistant","parts":[{"type":"text","content":"$"}],"finish_reason":"stop"}]`
	agentCalls   = `[{"role":"assistant","parts":[{"type":"text","content":"$"},{"type":"tool_call","id":"call_%","name":"next_tool"}],"finish_reason":"tool_calls"}]`
	maskedUser   = `[{"role":"user","parts":[{"type":"text","content":"$ write to [REDACTED:email] instead"}]}]`
	toolResult   = `{"status":"ok","rows":%,"items":[{"sku":"A-%","qty":2},{"sku":"B-%","qty":1}],"text":"$"}`
	passedOn     = `{"task":"$","priority":"normal","case":%}`
	parameters   = `{"gen_ai.request.temperature":0.2,"gen_ai.request.max_tokens":4096,"gen_ai.operation.name":"chat","server.address":"api.example.com","server.port":443,"request":%}`
	resultOf     = `{"gen_ai.operation.name":"execute_tool","code.function.name":"dispatch","thread.id":%}`

	maskedPath = `[{"path":"/input/0/parts/0/content","rule":"email","action":"mask","count":1}]`
)

// scribe fills shapes in.
type scribe struct {
	rng *rand.Rand
	buf []byte
}

// write returns a shape with numbers, and with words of about so many bytes.
func (s *scribe) write(shape string, median float64) event.JSON {
	b := s.buf[:0]
	for i := range len(shape) {
		switch shape[i] {
		case '%':
			b = strconv.AppendInt(b, int64(1000+s.rng.IntN(90_000)), 10)
		case '$':
			b = append(b, text(s.rng, median)...)
		default:
			b = append(b, shape[i])
		}
	}
	s.buf = b
	return event.TrustedJSON(string(b)) // shapes are JSON, and words hold nothing that it escapes
}
