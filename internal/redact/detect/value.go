package detect

import (
	"strings"

	"github.com/agentaudit/agentaudit/internal/redact/automaton"
)

// telling says whether value, which stands under the label, is a secret.
func (l *label) telling(value string) bool {
	if len(value) < 3 || isReference(value) || isStars(value) || isHarmless(value) && !l.connection || isHost(value) || isHexNumber(value) || !l.quoted && l.namesItself(value) {
		return false
	}
	if !l.strong {
		return len(value) >= 16 && !isAssignment(value) && isRandom(value) && (!isUUID(value) || len(l.name) > len("the_key") || l.query) && !isPhrase(value)
	}
	shape := shapeOf(value)
	switch {
	case !l.quoted && (l.far || l.bare) && isAssignment(value):
		return false
	case l.far:
		return shape.spaces == 0 && !isCode(value) && (isRandom(value) && !isPhrase(value) || l.isPassword() && looksPassword(value))
	case l.bare:
		return isRandom(value) && !isPhrase(value) || l.isPassword() && (l.quoted && shape.spaces == 0 && !strings.EqualFold(l.name, "pass") || looksPassword(value))
	case shape.spaces > 0:
		// A pass phrase, or prose: only what is quoted right behind the sign of a password.
		return l.quoted && l.isPassword() && shape.spaces <= 6 && (shape.digits > 0 || shape.symbols > 0) && len(value) <= 80 || hasRandomWord(value)
	case !l.isPassword() && !l.quoted && (!l.tight && isIdentifier(value) || strings.IndexByte(value, '*') > 0):
		return false
	case isCode(value) && !l.quoted, isPhrase(value) && !l.quoted && !l.tight && !l.wholeLine(value), strings.EqualFold(l.name, "pass") && !l.tight && !l.quoted:
		return false
	case shape.digits == len(value):
		return len(value) >= 4 && len(value) <= 24 && (l.isPassword() || l.isCode()) || len(value) >= 24
	case l.prose && l.quoted && l.isPassword():
		return shape.spaces == 0
	case l.prose:
		return len(value) >= 6 && (shape.digits > 0 || shape.symbols > 1) && !isPathOrVersion(value)
	case shape.digits == 0 && shape.symbols == 0:
		return l.plainWord(value, shape)
	case l.isPassword():
		return len(value) >= 4 && !isPathOrVersion(value)
	}
	return len(value) >= 8 && (shape.digits > 0 || shape.symbols > 1) && !isPathOrVersion(value) && !isSlug(value) && (shape.digits > 0 || !isNames(value))
}

// plainWord is for values of letters alone: a password may be one, and so may anything else.
func (l *label) plainWord(value string, s shape) bool {
	switch {
	case strings.EqualFold(value, l.name) || len(value) < 5:
		return false
	case l.isPassword():
		return (l.quoted || l.tight) && !isTypeWord(value)
	case len(value) >= 20 || len(value) >= 10 && isGibberish(value):
		return l.quoted || l.tight
	}
	return false
}

// wholeLine says whether the value, in camel case with digits, ends the line of a settings file: password = MySecretPass123.
func (l *label) wholeLine(value string) bool {
	return l.isPassword() && l.ends && strings.ContainsAny(value, "0123456789")
}

// looksPassword says whether v can be nothing but a password where one is spoken of: letters, digits and signs
// mixed as in no word and no name.
func looksPassword(v string) bool {
	if len(v) < 8 || len(v) > 40 {
		return false
	}
	s := shapeOf(v)
	if s.digits == 0 || s.digits == len(v) || isPathOrVersion(v) || isCode(v) || isAssignment(v) {
		return false
	}
	if strings.ContainsAny(v, "!@#$%^&*") {
		return strings.IndexByte("$%@#&*", v[0]) < 0 || s.changes > 0
	}
	_, rare := countRare(v)
	return rare > 0 && strings.Trim(v, "abcdefghijklmnopqrstuvwxyz0123456789") != "" && strings.ToUpper(v) != v && (s.symbols == 0 || s.symbols == 1 && strings.ContainsAny(v, "_-."))
}

// isMixedWord says whether v has digits, and letters of both cases or signs.
func isMixedWord(v string) bool {
	s := shapeOf(v)
	return len(v) >= 6 && s.spaces == 0 && s.digits > 0 && s.digits < len(v) && (s.changes > 0 || s.symbols > 0) && !isPathOrVersion(v) && !isCode(v) && !isSlug(v)
}

// hasRandomWord says whether one of the words of s is random.
func hasRandomWord(s string) bool {
	for len(s) > 0 {
		n := strings.IndexAny(s, " \t\n{}()\"',")
		w := s
		if n >= 0 {
			w = s[:n]
			s = s[n+1:]
		} else {
			s = ""
		}
		if isRandom(w) && !isPhrase(w) {
			return true
		}
	}
	return false
}

func (l *label) isPassword() bool { return passwordNames.Contains(l.name) }

// passwordNames are in the names of passwords.
var passwordNames = automaton.New([]string{"pass", "pwd", "psw", "pswd", "secret", "cred", "senha", "pasw", "kennwort", "wachtwoord", "mdp", "contrase", "haslo", "heslo", "salasana", "parola", "_pw", "paasw"})

func (l *label) isCode() bool {
	return containsFold(l.name, "pin") || containsFold(l.name, "otp") || containsFold(l.name, "code") || containsFold(l.name, "cvv") || containsFold(l.name, "cvc")
}

func containsFold(s, lower string) bool {
	for i := 0; i+len(lower) <= len(s); i++ {
		if hasFold(s[i:], lower) {
			return true
		}
	}
	return false
}

// isHarmless says whether s is what documents put where a secret goes.
func isHarmless(s string) bool {
	if len(s) > 40 {
		return false
	}
	low := strings.ToLower(s)
	if strings.Contains(low, "redacted") {
		return true
	}
	switch low {
	case "string", "password", "passwd", "secret", "token", "null", "none", "nil", "true", "false", "undefined", "required", "optional", "redacted", "hidden", "empty",
		"changeit", "n/a", "todo", "fixme", "unknown", "default", "value", "text", "varchar", "input", "type", "int", "str", "bytes", "object", "bearer", "basic":
		return true
	}
	return hasAny(low, "your_", "your-", "<your", "my_", "xxxx", "[redacted", "example_", "insert_", "enter_", "replace_", "process.env", "os.environ", "os.getenv", "env.", "env[", "config.", "secrets.", "settings.", "getenv", "{{", "…", "...")
}

// isTypeWord says whether a word of letters is one that programs put behind the name of a password.
func isTypeWord(s string) bool {
	switch strings.ToLower(s) {
	case "field", "label", "reset", "login", "valid", "invalid", "error", "manager", "hash", "hashed", "encrypted", "plain", "plaintext", "cleartext", "prompt", "protected", "policy", "strength",
		"authentication", "credentials", "username", "email", "strings", "boolean", "number", "function", "return", "passwords", "should", "must", "using", "based", "flow", "grant", "there", "where", "which", "incorrect", "missing", "expired", "forgotten":
		return true
	}
	return false
}
