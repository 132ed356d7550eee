package redact

import (
	"strconv"
	"strings"
	"unsafe"

	"github.com/agentaudit/agentaudit/internal/jsontext"
	"github.com/agentaudit/agentaudit/internal/redact/detect"
	"github.com/agentaudit/agentaudit/internal/redact/keyname"
)

// maxNested is how deep JSON may lie in strings of JSON.
const maxNested = 8

// Reasons of failure, as they stand in [REDACTION FAILED: reason].
const (
	failedPanic = "panic"
	failedDepth = "depth"
	failedSize  = "size"
)

// The rules of names: what stands under the name of a secret, and under that of a user.
var (
	keyRule  = detect.Rule{ID: "key", Group: "key"}
	userRule = detect.Rule{ID: "user_id", Group: "user_id"}
)

// verdict is what became of a text.
type verdict uint8

const (
	unchanged verdict = iota
	changed           // replaced by the bytes given with it
	dropped           // to be removed with its leaf
)

// walker redacts one text at a time. It holds the buffers, and where it is.
type walker struct {
	r    *Redactor
	log  *Log
	root string // JSON pointer of the text in the event
	path []step // from there
	// levels are the buffers by depth of JSON in strings: a level's are in use while the
	// levels below it work.
	levels  [maxNested + 2]level
	scratch detect.Scratch
	names   nameCache
}

// step is one reference token of a JSON pointer.
type step struct {
	key   string
	index int // of an element, if key is not set
	named bool
}

type level struct {
	out      []byte // the text as redacted
	decoded  []byte // a string without its escapes
	findings []detect.Finding
}

func (r *Redactor) walker(l *Log, path string) *walker {
	w := r.walkers.Get().(*walker)
	w.log, w.root = l, path
	return w
}

// maxKept bounds the buffers that wait in the pool.
const maxKept = 1 << 20

func (w *walker) release() {
	clear(w.path[:cap(w.path)])
	w.log, w.root, w.path = nil, "", w.path[:0]
	for i := range w.levels {
		if lv := &w.levels[i]; cap(lv.out)+cap(lv.decoded) > maxKept {
			*lv = level{}
		}
	}
	w.r.walkers.Put(w)
}

// pointer is the JSON pointer of where the walker stands.
func (w *walker) pointer() string {
	if len(w.path) == 0 {
		return w.root
	}
	p := append(make([]byte, 0, 64), w.root...)
	for i := range w.path {
		s := &w.path[i]
		p = append(p, '/')
		if !s.named {
			p = strconv.AppendInt(p, int64(s.index), 10)
			continue
		}
		for _, c := range []byte(s.key) {
			switch c {
			case '~':
				p = append(p, "~0"...)
			case '/':
				p = append(p, "~1"...)
			default:
				p = append(p, c)
			}
		}
		if len(p) > maxPath {
			return strings.ToValidUTF8(string(p[:maxPath]), "") + "…"
		}
	}
	return string(p)
}

// text redacts a text that stands under key. The bytes it returns are good until the
// walker is used again at this depth.
func (w *walker) text(s, key string, class keyname.Class, depth int) ([]byte, verdict) {
	if len(s) > w.r.cfg.MaxLeafBytes {
		return w.failed(failedSize, depth)
	}
	if class >= keyname.SecretText && !isPlaceholder(s) && (class == keyname.Secret || !isCount(s)) {
		return w.replace(&keyRule, s, depth)
	}
	if class < keyname.SecretText && w.r.policy.isUser(key) && !isToken(s) {
		if out, v := w.replace(&userRule, s, depth); v != unchanged {
			return out, v
		}
	}
	if kind := jsontext.KindOf(s); kind == jsontext.Object || kind == jsontext.Array || kind == jsontext.String {
		if out, v, ok := w.sequence(s, key, class, depth); ok {
			return out, v
		}
	}
	return w.leaf(s, key, class, depth)
}

// replace gives what stands for the whole text s after rule.
func (w *walker) replace(rule *detect.Rule, s string, depth int) ([]byte, verdict) {
	out := w.levels[depth].out[:0]
	pointer := w.pointer()
	action := w.r.decide(w.log, rule, s, pointer, 0)
	if action == Keep {
		return nil, unchanged
	}
	w.log.add(pointer, rule.ID, string(action))
	if action == Drop {
		return nil, dropped
	}
	out = w.r.appendReplacement(out, rule, action, s)
	w.levels[depth].out = out
	return out, changed
}

// failed gives what stands for a text that could not be redacted.
func (w *walker) failed(reason string, depth int) ([]byte, verdict) {
	out := append(w.levels[depth].out[:0], failure(w.log, w.pointer(), reason)...)
	w.levels[depth].out = out
	return out, changed
}

// leaf redacts a text that is no JSON. A panic in a detector costs this leaf alone.
func (w *walker) leaf(s, key string, class keyname.Class, depth int) (out []byte, v verdict) {
	defer func() {
		if recover() != nil {
			out, v = w.failed(failedPanic, depth)
		}
	}()
	lv := &w.levels[depth]
	hint := detect.Hint{Key: key, Structural: class == keyname.Structural}
	if class >= keyname.SecretText { // what the key rule left is no secret by its name
		hint.Key = ""
	}
	lv.findings = w.r.detectors.Find(&w.scratch, lv.findings[:0], s, hint)
	if len(lv.findings) == 0 {
		return nil, unchanged
	}
	return w.apply(s, lv)
}

// apply replaces what was found in s.
func (w *walker) apply(s string, lv *level) ([]byte, verdict) {
	pointer := w.pointer()
	out, copied := lv.out[:0], 0
	for _, f := range lv.findings {
		action := w.r.decide(w.log, f.Rule, s[f.Start:f.End], pointer, f.Start)
		if action == Keep {
			continue
		}
		w.log.add(pointer, f.Rule.ID, string(action))
		if action == Drop {
			return nil, dropped
		}
		out = append(out, s[copied:f.Start]...)
		out = w.r.appendReplacement(out, f.Rule, action, s[f.Start:f.End])
		copied = f.End
	}
	if copied == 0 {
		return nil, unchanged
	}
	lv.out = append(out, s[copied:]...)
	return lv.out, changed
}

// view is b as a string without a copy. It is read before b changes, and never kept.
func view(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }
