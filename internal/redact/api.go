package redact

import (
	"errors"

	"github.com/agentaudit/agentaudit/internal/jsontext"
	"github.com/agentaudit/agentaudit/internal/redact/detect"
	"github.com/agentaudit/agentaudit/internal/redact/keyname"
)

// Text redacts one text that stands under key (which may be "") at the JSON pointer path of
// the event. It returns text itself when there was nothing to do. JSON in the
// text is walked; white space in it stays.
func (r *Redactor) Text(l *Log, path, key, text string) string {
	return r.textOf(l, path, key, r.policy.classify(key), text)
}

// Structure is Text for a text that readers join on whatever its name says: an id, a version, a model. Only what can be
// nothing but a secret goes, and what the configuration names.
func (r *Redactor) Structure(l *Log, path, key, text string) string {
	class := keyname.Structural
	if r.policy.classify(key) == keyname.Secret { // by secret_keys: no name of ours is one
		class = keyname.Secret
	}
	return r.textOf(l, path, key, class, text)
}

func (r *Redactor) textOf(l *Log, path, key string, class keyname.Class, text string) (out string) {
	if text == "" {
		return ""
	}
	w := r.walker(l, path)
	defer func() {
		if recover() != nil {
			out = failure(l, path, failedPanic)
			return // the walker is in an unknown state: not reused
		}
		w.release()
	}()
	b, v := w.text(text, key, class, 0)
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
			out = jsontext.Quote(failure(l, path, failedPanic))
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

// failure notes that what stands at path could not be looked at, and returns what takes its place.
func failure(l *Log, path, reason string) string {
	l.add(path, "failed:"+reason, string(Mask))
	l.explained(Explanation{Path: path, Rule: "failed:" + reason, Action: Mask, Reason: "it could not be looked at, and is replaced whole"})
	return "[REDACTION FAILED: " + reason + "]"
}

// appendReplacement appends what stands for value.
func (r *Redactor) appendReplacement(dst []byte, rule *detect.Rule, action Action, value string) []byte {
	if action == Hash {
		return append(dst, r.token(rule.ID, value)...)
	}
	dst = append(dst, "[REDACTED:"...)
	return append(append(dst, rule.ID...), ']')
}
