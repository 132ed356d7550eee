package agentaudits3exporter

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"slices"
	"strings"
	"testing/synctest"
	"time"

	"github.com/agentaudit/agentaudit/internal/event"
	"github.com/agentaudit/agentaudit/internal/layout"
	"github.com/agentaudit/agentaudit/internal/merkle"
	"github.com/agentaudit/agentaudit/internal/trail"
	"github.com/agentaudit/agentaudit/internal/verify"
)

// check lets everything work again, has the journal drained by an orderly end, and then looks at the whole world:
//
//   - the journal is empty;
//   - each event that was acknowledged is in the bucket once, and no event is there twice;
//   - the lines' numbers are those from 1 on, without a gap;
//   - the log's newest checkpoint is of the tree of its entries; it ends with a closing one;
//   - seals are numbered without a gap, and each object is told of by one of them, as it is;
//   - there is no other object;
//   - no key was put twice with different bytes, which the bucket has looked for all the time.
//
// A sample is signed in earnest and verified by package verify.
func (s *simulation) check() {
	s.say("check")
	s.disk.Calm()
	s.full = false
	s.bucket.mu.Lock()
	s.bucket.rate = 0
	s.bucket.mu.Unlock()
	s.pass(5 * time.Second) // until the last mishap has befallen what was under way
	synctest.Wait()
	if s.disk.Crashed() && s.e != nil {
		s.die()
	}
	s.bucket.arrive()
	for tries := 0; s.e == nil; tries++ {
		if s.boot(); tries > 3 {
			s.wrong("it doesn't start on a sound disk")
		}
	}
	s.unfinished = s.e.status.failing() // of the trail's last attempt: then the end doesn't wait for a bucket that may be gone
	s.end(time.Hour)
	files, err := s.disk.List("/journal")
	if err != nil {
		s.wrong("%v", err)
	}
	for _, f := range files {
		if strings.HasSuffix(f.Name, ".jsonl") && f.Size > 0 {
			s.wrong("%s has %d bytes after an orderly end", f.Name, f.Size)
		}
	}
	objects := s.checkTrail()
	s.checkEvents(objects)
	if s.signed {
		s.verify()
	}
}

// checkTrail reads the log and returns what it tells of objects.
func (s *simulation) checkTrail() map[string]trail.Object {
	get := func(path string) []byte {
		key := layout.Trail{Writer: "w", Path: path}.Key()
		content, ok := s.bucket.objects[key]
		if !ok {
			s.wrong("%q is missing", key)
		}
		return content
	}
	newest, root := uint64(0), layout.TrailPrefix("w")
	for key := range s.bucket.objects {
		if size, ok := trail.ParseCheckpointPath(strings.TrimPrefix(key, root)); ok {
			newest = max(newest, size)
		}
	}
	checkpoint, err := trail.ReadCheckpoint(get(trail.CheckpointPath(newest)))
	if err != nil || checkpoint.Size != newest || newest == 0 {
		s.wrong("newest checkpoint %d: %+v, %v", newest, checkpoint, err)
	}
	objects := map[string]trail.Object{}
	var tree merkle.Tree
	var seals, seq uint64
	kind := ""
	for i := range newest {
		text := get(trail.EntryPath(i))
		tree.Add(merkle.Leaf(text))
		e, err := trail.ParseEntry(text)
		if err != nil || e.Index != i || (i == 0) != (e.Kind == trail.KindStart && e.Start.After == trail.AfterNothing) {
			s.wrong("entry %d: %s: %v", i, text, err)
		}
		if kind = e.Kind; e.Seal == nil {
			continue
		}
		if e.Seal.Part <= 1 {
			seals++
		}
		if e.Seal.Seal != seals || e.Seal.FirstSeq != seq+1 && e.Seal.Part <= 1 {
			s.wrong("entry %d tells of seal %d from %d on, after seal %d to %d", i, e.Seal.Seal, e.Seal.FirstSeq, seals-1, seq)
		}
		seq = e.Seal.LastSeq
		for _, o := range e.Seal.Objects {
			if _, twice := objects[o.Key]; twice {
				s.wrong("entry %d tells of %q again", i, o.Key)
			}
			objects[o.Key] = o
		}
	}
	if tree.Root() != checkpoint.Root {
		s.wrong("the checkpoint of size %d is of another tree", newest)
	}
	if kind != trail.KindClosing && !s.unfinished {
		s.wrong("after an orderly end the last entry is a %s", kind)
	}
	return objects
}

// checkEvents reads the objects.
func (s *simulation) checkEvents(told map[string]trail.Object) {
	copies := map[int]int{}
	var numbers []uint64
	for key, content := range s.bucket.objects {
		if !strings.HasPrefix(key, layout.EventsRoot) {
			continue
		}
		o, ok := told[key]
		if !ok {
			s.wrong("no entry tells of %q", key)
		}
		lines := 0
		for line := range bytes.Lines(content) {
			h, err := event.ReadHeader(bytes.TrimSuffix(line, []byte("\n")))
			if err != nil || h.Tier != o.Tier {
				s.wrong("%q: %s: %v", key, line, err)
			}
			lines++
			copies[s.parts.ids[h.ID]]++
			numbers = append(numbers, h.Seq)
		}
		if lines != o.Lines || o.SHA256 != trail.Hash(sha256.Sum256(content)) {
			s.wrong("%q is not as its entry tells: %+v", key, o)
		}
		delete(told, key)
	}
	for key := range told {
		s.wrong("%q is gone", key)
	}
	for n := range s.acked {
		if copies[n] == 0 {
			s.wrong("event %d was acknowledged and is lost", n)
		}
	}
	for n, times := range copies {
		if times > 1 && !s.forgot {
			s.wrong("event %d is there %d times", n, times)
		}
	}
	slices.Sort(numbers)
	for i, seq := range numbers {
		if seq != uint64(i)+1 {
			s.wrong("number %d is in the place of %d", seq, i+1)
		}
	}
}

// verify has the auditors' checks look.
func (s *simulation) verify() {
	public, err := trail.ParseVerifierKey(s.parts.signed[0].VerifierKey())
	if err != nil {
		s.wrong("%v", err)
	}
	report, err := verify.Run(s.t.Context(), s.bucket, verify.Options{Keys: []ed25519.PublicKey{public}, Now: s.now(), Parallel: 1})
	// A clock that jumps ahead looks like silence.
	if err != nil || report.Violations > report.Counts[verify.HeartbeatMissing] || report.Lines == 0 && len(s.acked) > 0 {
		s.wrong("verify: %v, %+v", err, report)
	}
}
