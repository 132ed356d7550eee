package report

import (
	"fmt"

	"github.com/agentaudit/agentaudit/internal/lake"
)

var unseenWords = map[string]string{
	lake.ReasonDenied:  "you may not read it",
	lake.ReasonMissing: "it is not in the bucket any more",
	lake.ReasonAltered: "its bytes are not those that were signed",
	lake.ReasonLog:     "the writer's log doesn't verify",
}

// LimitsOf says which part of the data a lake could not show, for the limits of a document.
func LimitsOf(p *lake.Provenance) (limits []string) {
	if !p.Verified && len(p.Unseen) == 0 && len(p.Findings) == 0 {
		limits = append(limits, "Nothing here is verified: it is what lies in the bucket, whoever put it there.")
	}
	for _, u := range p.Unseen {
		limits = append(limits, fmt.Sprintf("Not seen: %s of tier %s, day %s, writer %s: %s.", count(u.Objects, "object"), u.Tier, u.Day, u.Writer, unseenWords[u.Reason]))
	}
	for _, f := range p.Findings {
		limits = append(limits, "Found wrong with the data: "+f.String())
	}
	if p.Damaged > 0 {
		limits = append(limits, fmt.Sprintf("%s of the verified objects are no events and are not counted.", count(p.Damaged, "line")))
	}
	return limits
}
