package report

import (
	"fmt"
	"strings"
)

// leadSummary says the totals in words.
func leadSummary(d *Document) { d.Lead = append(d.Lead, inWords(d.table("totals"))...) }

// inWords returns the totals as sentences.
func inWords(t *Table) []string {
	if t.Int(0, "events") == 0 {
		return []string{"No events: nothing happened in this period, or nothing of it was recorded or may be read."}
	}
	n := func(column, noun string) string { return count(t.Int(0, column), noun) }
	first := fmt.Sprintf("%s of %s in %s for %s: %s of models and %s of tools, %s.", n("events", "event"), n("agents", "agent"),
		n("sessions", "session"), n("users", "known user"), n("model_calls", "call"), n("tool_calls", "call"), n("handoffs", "handoff"))
	second := fmt.Sprintf("%s; %s of calls ended in error or timeout. %s; people decided %s. Data was read %s and changed %s.",
		n("errors", "error"), t.Cell(0, "error_rate"), n("denials", "denial"), n("human_decisions", "time"),
		n("data_reads", "time"), n("data_changes", "time"))
	return []string{first, second}
}

// count returns a number with its noun.
func count(n int64, noun string) string {
	text := groups(fmt.Sprint(n)) + " " + noun
	if n != 1 {
		text += "s"
	}
	return text
}

// limitTokens says what the sums leave out.
func limitTokens(d *Document) {
	t := d.table("tokens_total")
	if n := t.Int(0, "unpriced"); n > 0 {
		d.Limits = append(d.Limits, fmt.Sprintf("%s of %s told no cost and had no price in the collector's table: the sums of cost are without them.",
			count(n, "model call"), groups(fmt.Sprint(t.Int(0, "model_calls")))))
	}
	if n := t.Int(0, "computed_costs"); n > 0 {
		d.Limits = append(d.Limits, fmt.Sprintf("The cost of %s was computed from a price table, not reported by the provider.", count(n, "model call")))
	}
	d.Limits = append(d.Limits, "Tokens are those that the agents' own telemetry reported; the provider's invoice is another source.")
}

// limitAccess says what access to data the trail can't have.
func limitAccess(d *Document) {
	unnamed := d.table("access_by_resource")
	for i := range unnamed.Rows {
		if unnamed.Value(i, "resource") == "(not named)" {
			d.Limits = append(d.Limits, fmt.Sprintf("%s did not name the resource.", count(unnamed.Int(i, "reads")+unnamed.Int(i, "changes"), "access")))
		}
	}
	d.Limits = append(d.Limits,
		"Access is what calls of data tools and queries in agents' traces told. What a tool reads inside without telemetry is not in the trail.")
}

// finishDaily is a day in words, with what to do about its errors.
func finishDaily(d *Document) {
	d.Lead = append(d.Lead, inWords(d.table("totals"))...)
	var busiest []string
	for i := range min(3, len(d.table("agents").Rows)) {
		busiest = append(busiest, fmt.Sprintf("%s (%s)", d.table("agents").Cell(i, "agent"), count(d.table("agents").Int(i, "events"), "event")))
	}
	if len(busiest) > 0 {
		d.Lead = append(d.Lead, "Most active: "+strings.Join(busiest, ", ")+".")
	}
	suggestActions(d)
}
