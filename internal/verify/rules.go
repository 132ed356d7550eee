package verify

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"slices"
	"strconv"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/agentaudit/agentaudit/internal/layout"
	"github.com/agentaudit/agentaudit/internal/objstore"
)

// grace is how much later than its heartbeat a living writer's next entry may be.
const grace = 5 * time.Minute

// rules are what entries must keep among each other.
type rules struct {
	*log
	ctx    context.Context // of the entry that is taken in
	index  int64           // of the next entry
	info   objstore.Info   // of the file of the entry that is taken in, if the store told
	kind   string          // of the last entry
	time   time.Time       // of the last entry
	config string
	beat   time.Duration
	counts map[string]int64

	signer, before note.Verifier // before signs the first checkpoint after a rotation, too

	seal, seq            int64 // the last ones
	noSegments, noLines  int64 // that a start entry said will be missing
	part, parts          int64
	current              *sealed
	currentPart          sealPart
	lastObject           string
	listedLines, damaged int64
	gap                  int64 // between the seq of the seal before and this one's

	daily    int64 // index of the last daily entry
	dailyDay layout.Date
	dailySum hash.Hash // over the entries since then, as the days file has them
	dailyLen int64
	day      layout.Date // of the last entry's time
	resync   bool        // an entry could not be read: what depends on it is not judged
}

// believe takes an entry in that is proven, or that a later checkpoint will prove.
func (h *history) believe(ctx context.Context, s step) {
	h.tiles.add(ctx, s)
	h.rules.ctx = ctx
	h.rules.take(s)
}

func (r *rules) place(f Finding, e *entry) Finding {
	f.Entry = &e.Index
	f.Key = cmp.Or(f.Key, r.key(numbered(dirEntries, e.Index)))
	return f
}

func (r *rules) invalid(e *entry, what, expected, found string) {
	r.find(r.place(Finding{Kind: EntryInvalid, Message: "the entry contradicts the ones before it: " + what, Expected: expected, Found: found}, e))
}

func (r *rules) take(s step) {
	if r.dailySum == nil {
		r.dailySum, r.counts = sha256.New(), map[string]int64{}
	}
	defer func() {
		r.index = s.index + 1
		_, _ = r.dailySum.Write(append(slices.Clip(s.data), '\n'))
		r.dailyLen += int64(len(s.data)) + 1
	}()
	e := s.entry
	r.info = s.info
	if s.err != nil {
		r.find(Finding{Kind: EntryMalformed, Key: r.key(numbered(dirEntries, s.index)), Entry: &s.index, Found: s.err.Error()})
		r.resync = true
		return
	}
	if e.Index != s.index || e.Writer != r.writer {
		r.invalid(e, "it belongs elsewhere", fmt.Sprintf("%s, index %d", r.writer, s.index), fmt.Sprintf("%s, index %d", e.Writer, e.Index))
	}
	if e.Kind != kindSeal && r.current != nil {
		r.invalid(e, "a seal is not told to its end", fmt.Sprintf("part %d of %d", r.part+1, r.parts), e.Kind)
		r.closeSeal(false)
	}
	r.common(e)
	switch e.Kind {
	case kindStart:
		r.start(e)
	case kindSeal:
		r.sealEntry(e)
	case kindDaily:
		r.dailyEntry(e)
	case kindRollup:
		r.rollupEntry(e)
	case kindRotation:
		r.rotation(e)
	}
	r.resync = false
	r.kind, r.time, r.config, r.day = e.Kind, e.Time.Time, cmp.Or(e.ConfigHash, r.config), layout.DateOf(e.Time.Time)
}

// common is what all kinds of entries have.
func (r *rules) common(e *entry) {
	first := e.Index == 0
	if first != (r.kind == "") && !r.resync {
		r.invalid(e, "the order of entries", "", "")
	}
	if changed := !first && e.ConfigHash != "" && e.ConfigHash != r.config; changed != e.ConfigChanged && !r.resync {
		r.invalid(e, "config_changed", strconv.FormatBool(changed), strconv.FormatBool(e.ConfigChanged))
	}
	if (first || r.kind == kindClosing) && e.Kind != kindStart && !r.resync {
		r.invalid(e, "its kind", kindStart, e.Kind)
	}
	silence := e.Time.Sub(r.time) - unreachable(e)
	if e.Kind != kindStart && !first && r.beat > 0 && silence > r.beat+grace && !r.resync {
		r.find(r.place(Finding{
			Kind: HeartbeatMissing, Expected: "an entry within " + (r.beat + grace).String() + " of " + r.time.Format(timeLayout),
			Found: e.Time.Format(timeLayout),
		}, e))
	}
	for name, n := range e.Counts {
		if len(r.counts) < 1000 || r.counts[name] > 0 {
			r.counts[name] += n
		}
	}
	for _, s := range e.Seen {
		r.claim(r.writer, e.Index, s)
	}
}

// unreachable is how long the writer couldn't write to the bucket before this entry, by its own word.
func unreachable(e *entry) time.Duration {
	const century = 100 * 365 * 24 * 60 * 60
	return time.Duration(min(max(e.Counts["unreachable_seconds"], 0), century)) * time.Second
}

func (r *rules) start(e *entry) {
	s := e.Start
	after := "crash"
	switch {
	case e.Index == 0:
		after = "nothing"
	case r.kind == kindClosing:
		after = "closing"
	}
	if s.After != after && !r.resync {
		r.invalid(e, "what it comes after", after, s.After)
	}
	r.noLines += s.Recovered.MissingLines
	r.noSegments += s.Recovered.MissingSegments
	r.beat = time.Duration(min(s.Heartbeat, 1<<31)) * time.Second
	v, key, err := keyOf(r.writer, s.Key)
	switch {
	case err != nil:
		r.find(r.place(Finding{Kind: BadRotation, Message: "the key is none", Found: err.Error()}, e))
	case r.signer == nil:
		r.signer = v
		r.addKey(s.Key, key)
	case s.Key != r.keys[len(r.keys)-1]:
		r.find(r.place(Finding{Kind: BadRotation, Expected: r.keys[len(r.keys)-1], Found: s.Key}, e))
	}
}

func (l *log) addKey(text string, key []byte) {
	if len(l.keys) < maxKeys {
		l.keys, l.chain = append(l.keys, text), append(l.chain, key)
	}
}

// keysAfter returns who signs after an entry, and who must sign the first checkpoint after it, too.
func keysAfter(writer string, e *entry, key, before note.Verifier) (note.Verifier, note.Verifier) {
	switch {
	case e == nil:
	case e.Kind == kindStart && e.Index == 0:
		if v, _, err := keyOf(writer, e.Start.Key); err == nil {
			return v, nil
		}
	case e.Kind == kindRotation:
		if v, _, err := keyOf(writer, e.Rotation.New); err == nil {
			return v, key
		}
	}
	return key, before
}

func (r *rules) rotation(e *entry) {
	if err := r.rotate(e); err != nil {
		r.find(r.place(Finding{Kind: BadRotation, Found: err.Error()}, e))
	}
}

func (r *rules) rotate(e *entry) error {
	o := e.Rotation
	next, key, err := keyOf(r.writer, o.New)
	switch {
	case err != nil:
		return err
	case r.signer == nil || len(r.keys) == 0:
		return errors.New("no key before")
	case o.Old != r.keys[len(r.keys)-1]:
		return fmt.Errorf("the old key is %.200q", o.Old)
	}
	n, err := note.Open([]byte(o.Note), note.VerifierList(r.signer, next))
	if err != nil {
		return err
	}
	text := fmt.Sprintf("agentaudit key rotation v1\n%s\n%d\n%s\n", origin(r.writer), e.Index, o.New)
	if n.Text != text || !signedBy(n, r.signer) || !signedBy(n, next) {
		return errors.New("the note says something else, or lacks a signature")
	}
	r.before, r.signer = r.signer, next
	r.addKey(o.New, key)
	return nil
}

// patience is how long a living writer may be silent.
func (r *rules) patience() time.Duration { return max(r.beat, time.Hour) + grace }

// end judges how the log ends.
func (r *rules) end() {
	if r.current != nil {
		r.find(Finding{
			Kind: SealGap, Key: r.key(numbered(dirEntries, r.index-1)), Message: "the last seal is not told to its end",
			Expected: fmt.Sprintf("%d parts", r.parts), Found: fmt.Sprint(r.part),
		})
		r.closeSeal(false)
	}
	if r.kind == kindClosing || r.kind == "" {
		return
	}
	f := Finding{
		Kind: LogOpen, Key: r.key(numbered(dirEntries, r.index-1)), Expected: "a closing entry",
		Found: fmt.Sprintf("%s of %s", r.kind, r.time.Format(timeLayout)),
	}
	if r.unfinished(r.opts.Now) {
		f.Kind = LogUnfinished
	}
	r.find(f)
}
