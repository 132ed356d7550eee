package compliance

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/agentaudit/agentaudit/internal/report"
)

func checkRetention(ctx context.Context, in *Input) (*Result, error) {
	floors := in.Policy.Retention
	if floors == nil {
		return nil, nil
	}
	t, err := report.Ask(ctx, in.Asker, "compliance_retention")
	if err != nil {
		return nil, err
	}
	r := &Result{Status: Passed}
	var events, below int64
	for i := range t.Rows {
		tier, kind, days, n := t.Cell(i, "tier"), t.Cell(i, "event_type"), t.Int(i, "days"), t.Int(i, "events")
		floor := max(floors.Tiers[tier], floors.Types[kind])
		if events += n; days >= int64(floor) {
			continue
		}
		below += n
		r.Status = Failed
		var ids any
		if len(r.Evidence) < maxIDs { // each costs a question
			found, err := report.Ask(ctx, in.Asker, "compliance_kept", tier, kind, days)
			if err != nil {
				return nil, err
			}
			ids = found.Value(0, "event_ids")
		}
		r.evidence(fmt.Sprintf("%s of tier %s: kept for %d days, not %d", kind, tier, days, floor), n, ids)
	}
	var asked []string
	for _, of := range []map[string]int{floors.Tiers, floors.Types} {
		for _, name := range slices.Sorted(maps.Keys(of)) {
			asked = append(asked, fmt.Sprintf("%s %d", name, of[name]))
		}
	}
	r.Asked = "days at least: " + strings.Join(asked, ", ")
	r.Measured = fmt.Sprintf("%d of %s below", below, plural(events, "event"))
	if events == 0 {
		r.undecidable("no events")
	}
	r.Limits = []string{
		"The days are those that each event is to be kept for. That the bucket holds them so long is up to its locks: agentaudit verify checks these.",
		"Events that were deleted when their days had passed can't be counted here.",
	}
	return r, nil
}

func checkRedaction(ctx context.Context, in *Input) (*Result, error) {
	asked := in.Policy.Redaction
	if asked == nil || !asked.Required {
		return nil, nil
	}
	t, err := report.Ask(ctx, in.Asker, "compliance_redaction")
	if err != nil {
		return nil, err
	}
	r := &Result{Status: Passed, Asked: "every event went through redaction"}
	if len(asked.Versions) > 0 {
		r.Asked += ", by rules of version " + some(asked.Versions)
	}
	var events, redacted int64
	var versions []string
	for i := range t.Rows {
		version, n := t.Cell(i, "version"), t.Int(i, "events")
		events += n
		redacted += t.Int(i, "redacted")
		versions = append(versions, version)
		found := ""
		switch {
		case version == "(none)":
			found = "events that no redaction saw"
		case len(asked.Versions) > 0 && !slices.Contains(asked.Versions, version):
			found = "events redacted by version " + version
		default:
			continue
		}
		ids, err := report.Ask(ctx, in.Asker, "compliance_unredacted", version)
		if err != nil {
			return nil, err
		}
		r.Status = Failed
		r.evidence(found, n, ids.Value(0, "event_ids"))
	}
	r.Measured = fmt.Sprintf("%s, %d with something redacted; versions %s", plural(events, "event"), redacted, some(versions))
	if events == 0 {
		r.undecidable("no events")
	}
	r.Limits = []string{"Redaction finds what its rules know (docs/redaction.md measures them). That nothing personal is left no rule can prove."}
	return r, nil
}
