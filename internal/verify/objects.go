package verify

import (
	"time"

	"github.com/agentaudit/agentaudit/internal/layout"
)

// Object is a segment or a day object that an entry tells of. It is what the log's writer signed, and proven only when the run
// has ended without a violation of that writer's log.
type Object struct {
	Writer string
	Key    string
	Tier   string
	Day    layout.Date
	// SHA256 is of the object as stored, Stored its bytes, Lines its lines.
	SHA256 [32]byte
	Stored int64
	Lines  int64
	// Bytes are those of the lines. LockMode and LockedUntil are the lock that was asked for, empty and zero without one.
	Bytes       int64
	LockMode    string
	LockedUntil time.Time
	// Entry is the index of the entry.
	Entry int64
	// Segments of a day object is how many segments of this writer, tier and day it joins: the first so many in the log's
	// order. It is 0 for a segment.
	Segments int64
}

// tell hands an object to who asked for it.
func (r *run) tell(o Object) {
	if r.opts.OnObject != nil {
		r.opts.OnObject(o)
	}
}

func (o *object) told(writer string, entry int64) Object {
	return Object{
		Writer: writer, Key: o.Key, Tier: o.Tier, Day: o.Day.Date, SHA256: o.SHA256, Stored: o.Stored, Lines: o.Lines, Entry: entry,
		Bytes: o.Bytes, LockMode: o.LockMode, LockedUntil: o.LockedUntil.Time,
	}
}

func (o *dayObject) told(writer string, entry int64) Object {
	return Object{
		Writer: writer, Key: o.Key, Tier: o.Tier, Day: o.Day.Date, SHA256: o.SHA256, Stored: o.Stored, Lines: o.Lines, Entry: entry,
		Segments: o.Segments, Bytes: o.Bytes, LockMode: o.LockMode, LockedUntil: o.LockedUntil.Time,
	}
}
