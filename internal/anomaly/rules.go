package anomaly

import (
	"fmt"
	"slices"
	"strings"
)

// Rule is something to look for.
type Rule struct {
	// Name is for policies and programs: lower case, with underscores. The question is anomaly_ and the name.
	Name     string
	Severity Severity
	// About says in a line what is looked for.
	About  string
	Params []Param
	// Before says that the rule compares with the time before the period, and so needs the period's beginning.
	Before bool
	// Whole says that the rule follows references between events, and so needs all agents, sessions and tiers of the period.
	Whole bool
}

// Question is the name of the SQL question.
func (r *Rule) Question() string { return "anomaly_" + r.Name }

// Param is a threshold of a rule.
type Param struct {
	Name string
	// Default is a float64, an int64 or, for patterns of names, a []string.
	Default any
	// Min and Max bound a number.
	Min, Max float64
	About    string
}

// unapproved is the rule that other sections of a policy set, too.
const unapproved = "unapproved"

// Rules are all there are, in the order of reports.
var Rules = []Rule{
	{Name: unapproved, Severity: Critical, About: "a tool ran without the approval that the policy asks for", Params: []Param{
		{Name: "tools", Default: []string{}, About: "tools whose calls need an approval"},
		{Name: "actors", Default: []string{"human", "policy", "hook", "unknown"}, About: "whose approval counts: human, policy, hook, model, unknown"},
	}},
	{Name: "altered", Severity: Critical, About: "one thing was approved, another one ran"},
	{Name: "exfiltration", Severity: High, About: "something went out after sensitive data was read in the same session", Params: []Param{
		{Name: "sensitive", Default: sensitive, About: "resources and tools that hold sensitive data"},
		{Name: "outgoing", Default: outgoing, About: "tools and resources by which something leaves"},
		{Name: "minutes", Default: 60.0, Min: 0, Max: 1e6, About: "between the read and what goes out"},
	}},
	{Name: "denials", Severity: High, About: "an agent was denied many calls in a session", Params: []Param{
		{Name: "more_than", Default: int64(5), Min: 0, Max: 1e9, About: "denied calls"},
	}},
	{Name: "failures", Severity: High, About: "many of an agent's calls failed in an hour or a day", Params: []Param{
		{Name: "share", Default: 0.3, Min: 0, Max: 1, About: "of tool and model calls"},
		{Name: "minimum", Default: int64(10), Min: 1, Max: 1e9, About: "calls, below which nothing is said"},
	}},
	{Name: "burst", Severity: Medium, About: "many actions of one agent within a moment", Params: []Param{
		{Name: "actions", Default: int64(10), Min: 2, Max: 1e6, About: "tool calls and handoffs"},
		{Name: "seconds", Default: 1.0, Min: 0.001, Max: 86400, About: "in which they happen"},
	}},
	{Name: "loop", Severity: Medium, About: "the same call again and again with the same result", Params: []Param{
		{Name: "repeats", Default: int64(5), Min: 2, Max: 1e9, About: "of the call in a trace"},
	}},
	{Name: "retry_storm", Severity: Medium, About: "the same call fails again and again", Params: []Param{
		{Name: "failures", Default: int64(5), Min: 2, Max: 1e9, About: "of the call in a trace"},
	}},
	{Name: "orphans", Severity: Medium, About: "events name a parent event that is nowhere", Whole: true, Params: []Param{
		{Name: "days", Default: int64(6), Min: 1, Max: 36500, About: "before the newest event; parents of older ones may have expired"},
	}},
	{Name: "tool_drift", Severity: Medium, About: "an agent's mix of tools is not what it was", Before: true, Params: []Param{
		{Name: "divergence", Default: 0.2, Min: 0, Max: 1, About: "Jensen-Shannon, 0 is alike and 1 has nothing in common"},
		{Name: "calls", Default: int64(100), Min: 1, Max: 1e9, About: "needed in the period and before it"},
	}},
	{Name: "token_outlier", Severity: Medium, About: "a model call takes far more tokens than usual", Params: robust("calls of an agent and model")},
	{Name: "cost_outlier", Severity: Medium, About: "a session costs far more than usual", Params: robust("sessions of an agent")},
	{Name: "duration_outlier", Severity: Low, About: "calls of a tool take far longer than usual", Params: append(robust("calls of an agent and tool"),
		Param{Name: "floor_ms", Default: 1000.0, Min: 0, Max: 1e9, About: "milliseconds, below which no call is far"})},
	{Name: "first_use", Severity: Low, About: "an agent uses a tool or resource for the first time", Before: true, Params: []Param{
		{Name: "days", Default: int64(5), Min: 1, Max: 36500, About: "of history with uses of tools that are needed"},
	}},
	{Name: "unusual_hours", Severity: Low, About: "activity in hours in which the user, or else the agent, isn't active", Before: true, Params: []Param{
		{Name: "days", Default: int64(10), Min: 1, Max: 36500, About: "of activity before the period that are needed"},
		{Name: "share", Default: 0.0, Min: 0, Max: 1, About: "of those days on which an hour may have seen activity and is unusual all the same"},
	}},
}

// robust are the settings of the rules that compare with a median.
func robust(of string) []Param {
	return []Param{
		{Name: "k", Default: 6.0, Min: 0.1, Max: 1e6, About: "deviations (1.4826 MAD of the logarithms) above the median"},
		{Name: "ratio", Default: 3.0, Min: 1, Max: 1e9, About: "times the median at least"},
		{Name: "sample", Default: int64(30), Min: 2, Max: 1e9, About: of + " that are needed"},
	}
}

var (
	sensitive = []string{
		"*customer*", "*patient*", "*medical*", "*health*", "*employee*", "*payroll*", "*salar*", "*payment*", "*credential*", "*secret*",
		"*password*", "*private_key*", "*id_rsa*", "*/.ssh/*", "*/.aws/*", "*.env", "*.pem", "*pii*", "*confidential*", "/etc/*", "file:/etc/*",
	}
	outgoing = []string{
		"*email*", "*sendmail*", "send_*", "post_*", "*_post", "http_*", "*webhook*", "*upload*", "*publish*", "*slack*", "*tweet*", "*share_*", "*curl*",
		"*export_*", "*transfer_file*", "mailto:*", "ftp:*", "sftp:*",
	}
)

// FindRule returns the rule of that name.
func FindRule(name string) (*Rule, error) {
	i := slices.IndexFunc(Rules, func(r Rule) bool { return r.Name == name })
	if i < 0 {
		return nil, fmt.Errorf("no rule %q: rules are %s", name, strings.Join(RuleNames(), ", "))
	}
	return &Rules[i], nil
}

// RuleNames are the names of all rules, in the order of reports.
func RuleNames() []string {
	names := make([]string, len(Rules))
	for i := range Rules {
		names[i] = Rules[i].Name
	}
	return names
}
