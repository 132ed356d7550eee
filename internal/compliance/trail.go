package compliance

import (
	"context"
	"fmt"
	"slices"

	"github.com/agentaudit/agentaudit/internal/verify"
)

// silence are the findings about writers that weren't heard.
var silence = []verify.Kind{verify.HeartbeatMissing, verify.LogUnfinished}

func checkTrail(_ context.Context, in *Input) (*Result, error) {
	t, p := in.Policy.Trail, in.Provenance
	if t == nil {
		return nil, nil
	}
	r := &Result{Status: Passed, Asked: "signatures, logs and objects are as they were signed"}
	if t.OwnKey {
		r.Asked += ", by a key of the auditor's"
	}
	r.Measured = fmt.Sprintf("%s, %s, %s", plural(int64(len(p.Writers)), "log"), plural(p.Objects, "object"), plural(p.Lines, "line"))
	if p.At.IsZero() || !p.Verified && len(p.Findings) == 0 && len(p.Unseen) == 0 {
		r.undecidable("the trail was not asked (--unverified)")
	}
	for _, f := range p.Findings {
		if !slices.Contains(silence, f.Kind) {
			r.Status, r.Reason = Failed, ""
			r.evidence(f.String(), 0, nil)
		}
	}
	for _, u := range p.Unseen {
		r.undecidable("a part of the data could not be shown")
		r.evidence(fmt.Sprintf("not seen: %s of tier %s, %s, writer %s (%s)", plural(u.Objects, "object"), u.Tier, u.Day, u.Writer, u.Reason), 0, nil)
	}
	if len(p.Writers) == 0 {
		r.undecidable("there is no log in this bucket")
	}
	if t.OwnKey && p.PublishedKeys {
		r.undecidable("the logs were believed by the keys that they publish themselves: give --key")
	}
	r.Limits = []string{
		"Verified are the logs and the objects of the period. agentaudit verify looks at every byte, lock and key of the bucket, and at what no log names.",
		"What an agent did without telemetry, or before its telemetry reached a collector, no trail can show.",
	}
	return r, nil
}

func checkHeartbeats(_ context.Context, in *Input) (*Result, error) {
	t, p := in.Policy.Trail, in.Provenance
	if t == nil || !t.Heartbeats {
		return nil, nil
	}
	r := &Result{Status: Passed, Asked: "an entry within the heartbeat and five minutes, for as long as a writer lives"}
	open := 0
	for _, w := range p.Writers {
		if !w.Closed {
			open++
		}
	}
	r.Measured = fmt.Sprintf("%s, %d without a closing entry", plural(int64(len(p.Writers)), "log"), open)
	for _, f := range p.Findings {
		if slices.Contains(silence, f.Kind) {
			r.Status, r.Reason = Failed, ""
			r.evidence(f.String(), 0, nil)
		}
	}
	if len(p.Writers) == 0 {
		r.undecidable("there is no log that was verified")
	}
	r.Limits = []string{"Heartbeats are those of the collectors. Whether an agent was running and silent they don't tell."}
	return r, nil
}
