package keyname

import "strings"

// secretNames are the names of secrets: words, and words in a row, wherever they
// stand in a name.
var secretNames = map[string]Class{
	"password": Secret, "passwords": Secret, "passwd": Secret, "pwd": Secret, "passphrase": Secret, "passcode": Secret,
	"secret": Secret, "secrets": Secret, "token": SecretText, "tokens": SecretText,
	"credential": Secret, "credentials": Secret, "creds": Secret,
	"authorization": Secret, "cookie": Secret, "cookies": Secret, "bearer": Secret, "jwt": Secret,
	"apikey": Secret, "apikeys": Secret, "authkey": Secret, "accesskey": Secret, "secretkey": Secret, "privatekey": Secret,
	"authtoken": Secret, "accesstoken": Secret, "refreshtoken": Secret, "idtoken": Secret, "sessiontoken": Secret, "clientsecret": Secret,
	"api key": Secret, "api keys": Secret, "access key": Secret, "access keys": Secret, "private key": Secret, "private keys": Secret,
	"signing key": Secret, "encryption key": Secret, "decryption key": Secret, "master key": Secret, "account key": Secret,
	"storage key": Secret, "shared key": Secret, "preshared key": Secret, "ssh key": Secret, "deploy key": Secret, "service key": Secret,
	"license key": Secret, "licence key": Secret, "app key": Secret, "application key": Secret, "consumer key": Secret,
	"subscription key": Secret, "functions key": Secret, "function key": Secret, "admin key": Secret, "root key": Secret, "hmac key": Secret,
	"aes key": Secret, "rsa key": Secret, "gpg key": Secret, "pgp key": Secret, "auth key": Secret,
	"connection string": Secret, "conn str": Secret, "connectionstring": Secret,
	"authorization code": Secret, "auth code": Secret, "code verifier": Secret, "client assertion": Secret, "device code": Secret,
	"basic auth": Secret, "proxy auth": Secret, "http auth": Secret,
	"verification code": Secret, "security code": Secret, "recovery code": Secret, "recovery codes": Secret, "backup codes": Secret, "backup code": Secret,
	"mfa code": Secret, "otp": Secret, "totp": Secret, "otp code": Secret, "pin code": Secret, "cvv": Secret, "cvc": Secret,
	"seed phrase": Secret, "recovery phrase": Secret, "mnemonic phrase": Secret, "secret phrase": Secret,
	"jsessionid": Secret, "phpsessid": Secret, "aspsessionid": Secret, "connect sid": Secret, "xoxd": Secret,
	"unseal key": Secret, "record key": Secret, "client key data": Secret, "private key data": Secret,
	"db pass": Secret, "database pass": Secret, "smtp pass": Secret, "mail pass": Secret, "mailer pass": Secret, "email pass": Secret, "user pass": Secret, "app pass": Secret,
	"auth pass": Secret, "admin pass": Secret, "root pass": Secret, "ftp pass": Secret, "redis pass": Secret, "mysql pass": Secret, "postgres pass": Secret, "pg pass": Secret, "login pass": Secret, "my pass": Secret,
	"ado pat": Secret, "devops pat": Secret, "github pat": Secret, "gitlab pat": Secret, "access pat": Secret,
	"pswd": Secret, "paswd": Secret, "psswd": Secret, "pasword": Secret, "pswrd": Secret, "psword": Secret, "psswrd": Secret, "pssword": Secret, "paswrd": Secret, "paasword": Secret, "passowrd": Secret,
	"passwort": Secret, "kennwort": Secret, "wachtwoord": Secret, "motdepasse": Secret, "mot de passe": Secret, "mdp": Secret, "contrasena": Secret, "contrase": Secret, "senha": Secret,
	"haslo": Secret, "heslo": Secret, "salasana": Secret, "parola": Secret, "pw": Secret, "userpwd": Secret, "dbpwd": Secret,
	"kubeconfig": Secret, "htpasswd": Secret, "pgpass": Secret, "netrc": Secret,
}

// wholeNames are secrets only where they are the whole name.
var wholeNames = map[string]Class{"auth": Secret, "pass": SecretText, "pin": Secret, "psk": Secret, "pat": Secret, "sas": Secret, "mnemonic": Secret, "xsrf": Secret, "csrf": Secret, "userpass": Secret}

// secretSuffixes end words that people write together: PGPASSWORD, dbpasswd, myapikey.
var secretSuffixes = []struct {
	end   string
	class Class
}{
	{"password", Secret}, {"passwd", Secret}, {"passphrase", Secret}, {"apikey", Secret}, {"secretkey", Secret}, {"accesskey", Secret}, {"privatekey", Secret},
	{"secret", Secret}, {"token", SecretText}, {"credentials", Secret},
}

// Exceptions are names that look secret and are none, as word rows with a name for each
// under which telemetry has it.
var Exceptions = []struct{ Words, Name string }{
	{"max tokens", "gen_ai.request.max_tokens"},
	{"min tokens", "min_tokens"},
	{"input tokens", "gen_ai.usage.input_tokens"},
	{"output tokens", "max_output_tokens"},
	{"prompt tokens", "llm.usage.prompt_tokens"},
	{"completion tokens", "completionTokens"},
	{"total tokens", "total_tokens"},
	{"cached tokens", "cached_tokens"},
	{"cache tokens", "cache_tokens"},
	{"read tokens", "gen_ai.usage.cache_read.tokens"},
	{"write tokens", "cacheWriteTokens"},
	{"creation tokens", "cache_creation_tokens"},
	{"reasoning tokens", "reasoningTokens"},
	{"thinking tokens", "thinking_tokens"},
	{"thoughts tokens", "thoughts_tokens"},
	{"tool tokens", "tool_tokens"},
	{"budget tokens", "thinking.budget_tokens"},
	{"usage tokens", "ai.usage.tokens"},
	{"m tokens", "cache_creation_5m_tokens"},
	{"h tokens", "cache_creation_1h_tokens"},
	{"audio tokens", "audio_tokens"},
	{"text tokens", "text_tokens"},
	{"image tokens", "image_tokens"},
	{"video tokens", "video_tokens"},
	{"prediction tokens", "accepted_prediction_tokens"},
	{"new tokens", "max_new_tokens"},
	{"num tokens", "num_tokens"},
	{"used tokens", "used_tokens"},
	{"context tokens", "context_tokens"},
	{"billed tokens", "billed_tokens"},
	{"estimated tokens", "estimatedTokens"},
	{"remaining tokens", "x-ratelimit-remaining-tokens"},
	{"limit tokens", "x-ratelimit-limit-tokens"},
	{"reset tokens", "x-ratelimit-reset-tokens"},
	{"tokens used", "tokens_used"},
	{"tokens remaining", "anthropic-ratelimit-tokens-remaining"},
	{"tokens per", "tokens_per_second"},
	{"tokens details", "prompt_tokens_details"},
	{"tokens input", "tokens.input"},
	{"tokens output", "tokens.output"},
	{"tokens prompt", "tokens_prompt"},
	{"tokens completion", "tokens_completion"},
	{"tokens total", "tokens_total"},
	{"tokens cache", "tokens.cache_read"},
	{"tokens reasoning", "tokens.reasoning"},
	{"token details", "input_token_details"},
	{"token count", "llm.token_count.prompt"},
	{"token counts", "tokenCounts"},
	{"token usage", "tokenUsage"},
	{"token budget", "token_budget"},
	{"token limit", "tokenLimit"},
	{"token ids", "token_ids"},
	{"token type", "token_type"},
	{"token logprobs", "token_logprobs"},
	{"gen ai token", "gen_ai.token.type"},
	{"client token usage", "gen_ai.client.token.usage"},
	{"output token", "gen_ai.server.time_per_output_token"},
	{"input token", "cost_per_input_token"},
	{"first token", "time_to_first_token"},
	{"page token", "next_page_token"},
	{"next token", "NextToken"},
	{"continuation token", "continuationToken"},
	{"pagination token", "pagination_token"},
	{"sync token", "nextSyncToken"},
	{"progress token", "_meta.progressToken"},
	{"redaction token", "redactionToken"},
	{"stop token", "stop_token"},
	{"stop tokens", "stop_tokens"},
	{"eos token", "eos_token"},
	{"bos token", "bos_token"},
	{"pad token", "pad_token"},
	{"special tokens", "special_tokens"},
	{"env key present", "codex.auth.env_openai_api_key_present"},
	{"auth header name", "auth.header_name"},
	{"secret manager", "secret_manager"},
	{"secrets manager", "secretsManager"},
	{"secret scanning", "secret_scanning"},
	{"password manager", "password_manager"},
	{"cookie consent", "cookie_consent"},
	{"cookie banner", "cookie_banner"},
}

// describes are last words of names that speak of a secret and are not it.
var describes = set(`alg algorithm arn at attempts audience budget count counts created date days description duration enabled endpoint
	env estimate exists expiration expires expiry field fields file filename format id ids in index issuer label latency len length
	limit limits location method mode name names param path placeholder policy position present price provider ratio region
	required rotation scheme scope scopes size source stats status strength supported time timestamp title ttl type types updated
	uri url usage used valid version`)

// structuralEnd are last words of names whose values carry structure. The phrases in
// personalIDs end so too, but name persons.
var structuralEnd = set(structuralEnds)

const structuralEnds = `id ids uuid guid hash sha digest checksum etag timestamp ts at model models count counts version seq index offset
	traceparent tracestate traceid spanid sessionid requestid duration ms`

// harmlessKeys are names of keys that open nothing: of databases, caches and messages.
var harmlessKeys = []string{"idempotency key", "primary key", "foreign key", "partition key", "sort key", "cache key", "row key", "object key", "public key", "dedup key", "routing key",
	"hash key", "range key", "request key", "map key", "join key", "group key", "event key", "message key", "session key", "shard key", "unique key", "index key", "project key", "team key", "issue key", "storage class key"}

// personalIDs are names that end like structure and hold personal data.
var personalIDs = []string{"tax id", "national id", "government id", "personal id", "identity card id", "passport id", "patient id", "email id", "voter id", "fiscal id", "vat id"}

func set(list string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(list) {
		m[w] = true
	}
	return m
}
