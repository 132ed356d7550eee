// Package sealed says in the trail's words what sealing made. It stands between internal/seal and internal/trail, so that neither knows the other.
package sealed

import (
	"github.com/agentaudit/agentaudit/internal/objstore"
	"github.com/agentaudit/agentaudit/internal/seal"
	"github.com/agentaudit/agentaudit/internal/trail"
)

// Told is what the writer's log is told of a segment whose objects are in the bucket. Mode is how they were locked.
func Told(segment seal.Segment, objects []seal.Object, mode objstore.LockMode) trail.Seal {
	s := trail.Seal{Seal: segment.Seal, Replayed: segment.Replayed, Objects: make([]trail.Object, len(objects))}
	for i, o := range objects {
		s.Objects[i] = told(&o, mode)
		s.Lines += o.Lines
		if s.FirstSeq == 0 || o.FirstSeq > 0 && o.FirstSeq < s.FirstSeq {
			s.FirstSeq = o.FirstSeq
		}
		s.LastSeq = max(s.LastSeq, o.LastSeq)
	}
	return s
}

func told(o *seal.Object, mode objstore.LockMode) trail.Object {
	out := trail.Object{
		Key: o.Key, Tier: o.Tier, Day: trail.Day{Date: o.Day}, Lines: o.Lines, Damaged: o.Damaged, Bytes: o.Raw, Stored: o.Stored,
		SHA256: o.SHA256, Root: trail.Hash(o.Root), FirstSeq: o.FirstSeq, LastSeq: o.LastSeq,
	}
	if !o.RetainUntil.IsZero() {
		out.LockMode, out.LockedUntil = string(mode), trail.Time{Time: o.RetainUntil}
	}
	return out
}
