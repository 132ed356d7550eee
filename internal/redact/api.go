package redact

import (
	"errors"

	"github.com/agentaudit/agentaudit/internal/jsontext"
	"github.com/agentaudit/agentaudit/internal/redact/detect"
)

// Text redacts one text that stands under key (which may be "") at the JSON pointer path of
// the event. It returns text itself when there was nothing to do. JSON in the
// text is walked; white space in it stays.
func (r *Redactor) Text(l *Log, path, key, text string) (out string) {
	if text == "" {
		return ""
	}
	w := r.walker(l, path)
	defer func() {
		if recover() != nil {
			out = failure(l, path)
			return // the walker is in an unknown state: not reused
		}
		w.release()
	}()
	b, v := w.text(text, key, r.policy.classify(key), 0)
	switch v {
	case unchanged:
		return text
	case dropped:
		return ""
	}
	return string(b)
}

// JSON makes one compact, valid and redacted JSON value of any text: of JSON
// itself, leaf by leaf, every other byte as it was but for white space between tokens; of
// everything else a JSON string. "" stays "".
func (r *Redactor) JSON(l *Log, path, key, text string) (out string) {
	if text == "" {
		return ""
	}
	w := r.walker(l, path)
	defer func() {
		if recover() != nil {
			out = jsontext.Quote(failure(l, path))
			return
		}
		w.release()
	}()
	class := r.policy.classify(key)
	compact, err := jsontext.Compact(text)
	if len(text) > r.cfg.MaxLeafBytes || err != nil {
		var b []byte
		var v verdict
		if errors.Is(err, jsontext.ErrDepth) {
			b, v = w.failed(failedDepth, 0)
		} else {
			b, v = w.text(text, key, class, 0)
		}
		switch v {
		case unchanged:
			return jsontext.Quote(text)
		case dropped:
			return "null"
		}
		return jsontext.Quote(view(b))
	}
	d := document{w: w, text: compact, out: w.levels[0].out[:0]}
	d.value(0, key, class)
	if d.copied == 0 {
		return compact
	}
	w.levels[0].out = d.finish()
	return string(w.levels[0].out)
}

func failure(l *Log, path string) string {
	l.add(path, "failed:"+failedPanic, string(Mask))
	l.explained(Explanation{Path: path, Rule: "failed:" + failedPanic, Action: Mask, Reason: "it could not be looked at, and is replaced whole"})
	return "[REDACTION FAILED: " + failedPanic + "]"
}

// appendReplacement appends what stands for value.
func (r *Redactor) appendReplacement(dst []byte, rule *detect.Rule, action Action, value string) []byte {
	if action == Hash {
		return append(dst, r.token(rule.ID, value)...)
	}
	dst = append(dst, "[REDACTED:"...)
	return append(append(dst, rule.ID...), ']')
}
