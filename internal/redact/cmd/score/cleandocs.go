package main

import (
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/agentaudit/agentaudit/internal/redact"
)

const (
	hexSet  = "0123456789abcdef"
	wordSet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
)

func drawn(rng *rand.Rand, set string, n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = set[rng.IntN(len(set))]
	}
	return string(b)
}

func uuid(rng *rand.Rand) string {
	h := drawn(rng, hexSet, 32)
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

// cleanDocuments are kinds of texts that look random and hold nothing secret.
var cleanDocuments = []struct {
	name string
	draw func(*rand.Rand) string
}{
	{"JSON of ids and hashes", func(r *rand.Rand) string {
		return fmt.Sprintf(`{"id":"%s","sha256":"%s","ref":"%s","trace_id":"%s","call_id":"call_%s","items":[{"name":"%s","etag":"%s"}]}`,
			uuid(r), drawn(r, hexSet, 64), uuid(r), drawn(r, hexSet, 32), drawn(r, wordSet, 24), uuid(r), drawn(r, hexSet, 32))
	}},
	{"lock file", func(r *rand.Rand) string {
		return fmt.Sprintf("left-pad@%d.%d.%d:\n  resolved \"https://registry.example.org/left-pad/-/left-pad-1.3.0.tgz#%s\"\n  integrity sha512-%s==\n",
			r.IntN(9), r.IntN(30), r.IntN(30), drawn(r, hexSet, 40), drawn(r, wordSet+"+/", 86))
	}},
	{"picture in base64", func(r *rand.Rand) string {
		b := make([]byte, 600)
		for i := range b {
			b[i] = byte(r.Uint32())
		}
		return "data:image/png;base64,iVBORw0KGgo" + base64.StdEncoding.EncodeToString(b)
	}},
	{"minified code", func(r *rand.Rand) string {
		var b strings.Builder
		for range 20 {
			fmt.Fprintf(&b, "function %s(%s,%s){return %s.%s(%s)?%s.token:%s[%d]};", drawn(r, wordSet[10:], 2), drawn(r, wordSet[36:], 1), drawn(r, wordSet[36:], 1),
				drawn(r, wordSet[36:], 1), drawn(r, wordSet[36:], 6), drawn(r, wordSet[36:], 1), drawn(r, wordSet[36:], 1), drawn(r, wordSet[36:], 2), r.IntN(100))
		}
		return b.String()
	}},
	{"log lines", func(r *rand.Rand) string {
		return fmt.Sprintf("2026-11-%02dT%02d:%02d:%02dZ INFO token usage: input_tokens=%d output_tokens=%d cost=%.4f request_id=req_%s session=%s\nThe API key must be set. Password is required. See docs/tokens.md.\n",
			1+r.IntN(28), r.IntN(24), r.IntN(60), r.IntN(60), r.IntN(9999), r.IntN(9999), r.Float64(), drawn(r, wordSet, 24), uuid(r))
	}},
	{"git log and diff", func(r *rand.Rand) string {
		return fmt.Sprintf("commit %s\nMerge: %s %s\nDate:   Sat Nov 21 10:00:00 2026 +0100\n\n    auth: rotate the token before it expires (#%d)\n\ndiff --git a/internal/token/key.go b/internal/token/key.go\nindex %s..%s 100644\n@@ -%d,7 +%d,7 @@ func (k *Key) Password() string {\n-\treturn k.password\n+\treturn k.token.Secret(ctx, k.name)\n",
			drawn(r, hexSet, 40), drawn(r, hexSet, 9), drawn(r, hexSet, 9), r.IntN(9999), drawn(r, hexSet, 11), drawn(r, hexSet, 11), r.IntN(99), r.IntN(99))
	}},
	{"results of tools: names of services beside ids", func(r *rand.Rand) string {
		return fmt.Sprintf("Stripe charge ch_%s succeeded for customer cus_%s. GitHub commit %s is on main, see https://github.com/acme/shop/commit/%s. Linear issue %s moved to Done; Slack message %d.%06d in C0%s; Docker image sha256:%s; Kubernetes pod web-%s-%s restarted; S3 etag %s, request id %s. The Notion page is %s.\n",
			drawn(r, wordSet, 24), drawn(r, wordSet, 14), drawn(r, hexSet, 40), drawn(r, hexSet, 40), uuid(r), 1_700_000_000+r.IntN(1e8), r.IntN(1e6), drawn(r, wordSet[:36], 9), drawn(r, hexSet, 64), drawn(r, hexSet, 10), drawn(r, wordSet[36:], 5), drawn(r, hexSet, 32), strings.ToUpper(drawn(r, hexSet, 16)), uuid(r))
	}},
	{"code that names secrets", func(r *rand.Rand) string {
		name := drawn(r, wordSet[36:], 6)
		return fmt.Sprintf("password := os.Getenv(\"DB_PASSWORD\")\ntoken = %s.getToken(user_id)\nif req.apiKey == config.%s.api_key { return errors.New(\"invalid token\") }\nconst maxTokens = %d\nsecret: ${{ secrets.%s }}\n", name, name, r.IntN(9999), strings.ToUpper(name))
	}},
}

// scoreCleanDocuments counts the documents of n of each kind in which anything is found, by kind and by class of rule.
func scoreCleanDocuments(r *redact.Redactor, rng *rand.Rand, n int) (kinds, classes map[string]int) {
	kinds, classes = map[string]int{}, map[string]int{}
	for _, d := range cleanDocuments {
		kinds[d.name] = 0
		for range n {
			var l redact.Log
			_, list := r.Explain(&l, "", "", d.draw(rng))
			seen := map[string]bool{}
			for _, f := range list {
				seen[class(f.Group)] = true
			}
			for c := range seen {
				classes[c]++
			}
			kinds[d.name] += min(1, len(list))
		}
	}
	return kinds, classes
}
