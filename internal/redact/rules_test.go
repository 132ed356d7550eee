package redact

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestProfilesAndKinds(t *testing.T) {
	const text = "mail ada@example.org from 93.184.216.34"
	var l Log
	for name, c := range map[string]struct {
		cfg  Config
		want string
	}{
		"standard":     {Config{}, "mail [REDACTED:email] from [REDACTED:ip]"},
		"operations":   {Config{Profile: "operations"}, "mail [REDACTED:email] from 93.184.216.34"},
		"secrets":      {Config{Profile: "secrets"}, text},
		"one kind on":  {Config{Profile: "secrets", Personal: map[string]bool{"ip": true}}, "mail ada@example.org from [REDACTED:ip]"},
		"one kind off": {Config{Personal: map[string]bool{"email": false}}, "mail ada@example.org from [REDACTED:ip]"},
		"group off":    {Config{Disable: []string{"personal"}}, text},
		"rule off":     {Config{Disable: []string{"email"}}, "mail ada@example.org from [REDACTED:ip]"},
	} {
		assert.Equal(t, c.want, newRedactor(t, c.cfg).Text(&l, "", "", text), name)
	}
}

func TestActionsByRuleGroupAndPath(t *testing.T) {
	r := newRedactor(t, Config{Key: "0123456789abcdef", Actions: []ActionRule{
		{Path: "/params/to", Action: Keep},
		{Rule: "email", Path: "/params/**", Action: Hash},
		{Group: "personal", Action: Drop},
	}})
	var l Log
	assert.Equal(t, `{"to":"a@example.org"}`, r.JSON(&l, "/params", "", `{"to":"a@example.org"}`))
	assert.Regexp(t, `^\{"cc":\["email:[a-z2-7]{16}"\]\}$`, r.JSON(&l, "/params", "", `{"cc":["b@example.org"]}`))
	assert.Equal(t, `{"to":null}`, r.JSON(&l, "/result", "", `{"to":"a@example.org"}`))
	assert.Equal(t, `{"password":"[REDACTED:key]"}`, r.JSON(&l, "/result", "", `{"password":"x"}`))
}

func TestFitsPath(t *testing.T) {
	for _, c := range []struct {
		pattern, pointer string
		want             bool
	}{{"/a", "/a", true}, {"/a", "/a/b", false}, {"/a/*", "/a/b", true}, {"/a/*", "/a", false}, {"/a/**", "/a/b/c", true}, {"/a/**", "/a", true}, {"/*/c", "/a/b", false}, {"/a/b", "/a", false}} {
		assert.Equal(t, c.want, fitsPath(c.pattern, c.pointer), "%v", c)
	}
}

func TestUserRules(t *testing.T) {
	r := newRedactor(t, Config{Rules: []UserRule{
		{ID: "project", Words: []string{"Bluebird", "Blue Heron"}},
		{ID: "ticket", Pattern: `TCK-\d{4,6}`},
		{ID: "badge", Keyword: "badge", Pattern: `[A-Z]\d{3}`, Action: Keep},
		{ID: "room", Keyword: "room ", Pattern: `\d+`, When: `resource.attributes["site"] == "x"`},
	}})
	var l Log
	assert.Equal(t, "[REDACTED:project] and [REDACTED:project], not bluebirds: [REDACTED:ticket], badge A123, room 7", r.Text(&l, "", "", "bluebird and BLUE HERON, not bluebirds: TCK-12345, badge A123, room 7"))
	assert.Equal(t, []string{`resource.attributes["site"] == "x"`}, r.Conditions())
	l.Meet(0, true)
	assert.Equal(t, "room [REDACTED:room]", r.Text(&l, "", "", "room 7"))
}

func TestAllowListsAreExactAndPerRule(t *testing.T) {
	r := newRedactor(t, Config{Allow: []Allowed{{Rule: "email", Values: []string{"support@example.org"}}, {Rule: "key", Values: []string{"changeme"}}}})
	var l Log
	assert.Equal(t, "support@example.org [REDACTED:email]", r.Text(&l, "", "", "support@example.org xsupport@example.org"))
	assert.Equal(t, `{"pwd":"changeme","token":"[REDACTED:key]"}`, r.JSON(&l, "", "", `{"pwd":"changeme","token":"changeme2"}`))
	assert.Equal(t, 2, l.Len())
	assert.Contains(t, r.Text(&l, "", "", "gitleaks:allow nosec pragma: allowlist secret ada@example.org"), "[REDACTED:email]", "the data has no say")
}

func TestOwnKeys(t *testing.T) {
	r := newRedactor(t, Config{SecretKeys: []string{"Mothers_Name"}, SafeKeys: []string{"session_token"}})
	var l Log
	assert.Equal(t, `{"mothers_name":"[REDACTED:key]","session_token":"abc"}`, r.JSON(&l, "", "", `{"mothers_name":"x","session_token":"abc"}`))
}

func TestBadRulesAreRefusedByName(t *testing.T) {
	for want, cfg := range map[string]Config{
		"profile":                   {Profile: "x"},
		"personal":                  {Personal: map[string]bool{"x": true}},
		"disable":                   {Disable: []string{"x"}},
		"actions[0].action":         {Actions: []ActionRule{{Rule: "email"}}},
		"actions[0].rule":           {Actions: []ActionRule{{Rule: "x", Action: Mask}}},
		"actions[0].group":          {Actions: []ActionRule{{Group: "x", Action: Mask}}},
		"actions[0].path":           {Actions: []ActionRule{{Path: "x", Action: Mask}}},
		"rules[0].id":               {Rules: []UserRule{{ID: "A B", Words: []string{"x"}}}},
		"rules[0]: set":             {Rules: []UserRule{{ID: "a"}}},
		"rules[0].words":            {Rules: []UserRule{{ID: "a", Words: []string{""}}}},
		"must begin with a literal": {Rules: []UserRule{{ID: "a", Pattern: `\d+`}}},
		"error parsing":             {Rules: []UserRule{{ID: "a", Pattern: `abc(`}}},
		"keyword shorter":           {Rules: []UserRule{{ID: "a", Pattern: `\d+`, Keyword: "x"}}},
		"allow[0].rule":             {Allow: []Allowed{{Rule: "x"}}},
	} {
		_, err := New(cfg)
		require.ErrorContains(t, err, want)
	}
}
