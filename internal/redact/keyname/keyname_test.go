package keyname

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestSplit(t *testing.T) {
	for name, want := range map[string]string{
		"":                            "",
		"api_key":                     "api key",
		"apiKey":                      "api key",
		"X-Api-Key":                   "x api key",
		"APIKey":                      "api key",
		"APIKEY":                      "apikey",
		"JWTToken":                    "jwt token",
		"OAuth2Token":                 "o auth 2 token",
		"gen_ai.usage.x":              "gen ai usage x",
		"sha256":                      "sha 256",
		"  a  b ":                     "a b",
		"größe":                       "größe",
		"userPASSWORD1":               "user password 1",
		"a.b.c.d.e.f.g.h.i.j.k.l.m.n": "c d e f g h i j k l m n",
	} {
		var w words
		w.split(name)
		var got []string
		for i := range w.n {
			got = append(got, w.word(i))
		}
		assert.Equal(t, want, strings.Join(got, " "), name)
	}
}

func TestExceptionsAreNoSecrets(t *testing.T) {
	for _, e := range Exceptions {
		assert.Less(t, Classify(e.Name), SecretText, e.Name)
	}
	for _, name := range []string{"tool_use_id", "prompt.id", "gen_ai.prompt.name", "session.id", "idempotency_key", "encrypted_content", "signature",
		"access_key_id", "token_endpoint", "password_policy", "author", "authority", "keyboard", "monkey", "tokenizer", "secretary", "primary_key",
		"partitionKey", "cache-key",
		"public_key", "cache_key", "codex.auth.env_openai_api_key_present", "auth.header_name", "has_password_required", "passenger", "compass", "opinion", "pinned"} {
		assert.Less(t, Classify(name), SecretText, name)
	}
}

func TestEachSecretNameInEachSpelling(t *testing.T) {
	for name, class := range secretNames {
		words := strings.Fields(name)
		camel := words[0]
		for _, w := range words[1:] {
			camel += strings.ToUpper(w[:1]) + w[1:]
		}
		for _, spelled := range []string{strings.Join(words, "_"), strings.Join(words, "-"), strings.ToUpper(strings.Join(words, "_")), "my." + strings.Join(words, "."), camel, "x_" + camel} {
			assert.Equal(t, class, Classify(spelled), spelled)
		}
	}
	for _, name := range []string{"PGPASSWORD", "MYSQL_PWD", "dbpassword", "x-goog-api-key", "Proxy-Authorization", "Set-Cookie", "aws_secret_access_key", "http.request.header.authorization",
		"pass", "auth", "PIN", "refresh_tokens", "GITHUB_TOKEN", "password1", "userPassword", "client_secret_value"} {
		assert.GreaterOrEqual(t, Classify(name), SecretText, name)
	}
}

func TestStructural(t *testing.T) {
	for _, name := range []string{"gen_ai.response.model", "trace_id", "tool_call_id", "sha256", "created_at", "timestamp", "token_count", "event.uuid", "content_hash"} {
		assert.Equal(t, Structural, Classify(name), name)
	}
	for _, name := range []string{"tax_id", "nationalId", "content", "text", "role", "idea", "birth_date"} {
		assert.Equal(t, Plain, Classify(name), name)
	}
}

func FuzzClassify(f *testing.F) {
	f.Add("X-Api-Key")
	f.Add(strings.Repeat("aB1_", 100) + "token")
	f.Fuzz(func(t *testing.T, name string) {
		c := Classify(name)
		if c >= SecretText {
			assert.True(t, stems.Contains(name))
		}
	})
}

func BenchmarkClassify(b *testing.B) {
	names := []string{"role", "content", "type", "gen_ai.usage.input_tokens", "tool_call_id", "authorization"}
	b.ReportAllocs()
	for b.Loop() {
		for _, n := range names {
			Classify(n)
		}
	}
}
