package dialect

import "github.com/agentaudit/agentaudit/internal/jsontext"

// maxJudgements bounds the judgements of one span.
const maxJudgements = 256

// readJudgements makes facts of their own of annotations and evaluations. A span that only links to
// another carries what was said about that one afterwards.
func (f *Facts) readJudgements() {
	target := f.SpanID.String()
	if f.HasLinks {
		target = f.Links.At(0).SpanID().String()
	}
	if f.Op == Evaluation && f.HasLinks {
		f.Set(FeedbackTarget, target)
	}
	n := 0
	for j := range jsontext.Elements(f.Content(Judgements)) {
		if n++; n > maxJudgements {
			f.Cut(Judgements)
			break
		}
		g := &Facts{Source: f.Source, Dialects: f.Dialects, Op: Evaluation}
		g.Failed, g.HasLinks = false, false
		g.Start = g.End
		for field, key := range judgementKeys {
			if v, ok := jsontext.Get(j, key); ok {
				if s, ok := jsontext.Unquote(v); ok {
					v = s
				}
				g.Set(field, v)
			}
		}
		g.Set(FeedbackTarget, target)
		f.More = append(f.More, g)
	}
	if n > 0 && f.Op == Evaluation && !f.Has(FeedbackScore) && !f.Has(FeedbackLabel) {
		f.Op = Glue // only the carrier
	}
}

var judgementKeys = map[Field]string{
	FeedbackName: "name", FeedbackScore: "score", FeedbackLabel: "label",
	FeedbackComment: "explanation", FeedbackAnnotator: "annotator_kind",
}
