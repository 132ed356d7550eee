package trail

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
)

// Durable is a small piece of stable storage beside the journal, and lost only with it.
type Durable interface {
	// Load returns what was saved last, nil if nothing was.
	Load() ([]byte, error)
	// Save replaces it. After any crash Load MUST return the old content or all of the new; once Save has returned
	// nil, the new.
	Save(content []byte) error
}

// state is what a writer must remember of its log. It is saved once for each batch of entries, before any of them is
// put: see the package comment.
type state struct {
	Writer string
	// Tree is the log without Staged.
	Tree tiles
	// Staged is the newest batch; it may or may not be in the bucket. Everything below is as of its last entry.
	Staged *batch `json:",omitempty"`

	Kind       string // of the last entry
	Seal       uint64 // the last seal told of
	Key        string // verifier key that signs
	ConfigHash string
	Locked     Time // the latest lock that any object has
	Seen       map[string]Seen

	// The entries since the last daily one, the latter included, are those of Day, and begin at DayFrom; those of the day
	// before began at Before.
	Day     Day `json:",omitzero"`
	DayFrom uint64
	Before  uint64
	// Closed is the day of the last daily entry.
	Closed Day `json:",omitzero"`
	// Rollups are the days that wait to become day objects.
	Rollups []pendingRollup `json:",omitempty"`
	// Expiring are the rollup entries whose segments may go, some of them.
	Expiring []expiring `json:",omitempty"`
}

// batch is entries under one checkpoint, with everything that is put for them.
type batch struct {
	Entries    [][]byte
	Checkpoint []byte
	Lock       Time // of their files
	// Daily is set when the batch is a daily entry, whose file goes first.
	Daily *Daily `json:",omitempty"`
}

// pendingRollup is a day whose objects are to be joined: those told of by the entries From ≤ i < To. To is 0 until the
// day's grace is over.
type pendingRollup struct {
	Day      Day
	From, To uint64
}

// load reads the state, nil if this is a new writer.
func load(d Durable, writer string) (*state, error) {
	content, err := d.Load()
	if err != nil {
		return nil, fmt.Errorf("couldn't read the trail's state: %w", err)
	}
	if content == nil {
		return &state{Writer: writer}, nil
	}
	s := &state{}
	if err := json.Unmarshal(content, s); err != nil {
		return nil, fmt.Errorf("couldn't read the trail's state: %w", err)
	}
	switch {
	case s.Writer != writer:
		return nil, fmt.Errorf("the trail's state is of writer %q, not of %q: a writer's log and journal can't be given to another", s.Writer, writer)
	case !s.Tree.valid():
		return nil, errors.New("the trail's state is damaged: start with an empty journal directory, as a new writer")
	}
	return s, nil
}

func (s *state) save(d Durable) error {
	content, err := json.Marshal(s)
	if err == nil {
		err = d.Save(content)
	}
	if err != nil {
		return fmt.Errorf("couldn't write the trail's state: %w", err)
	}
	return nil
}

// size is that of the log with the staged entries.
func (s *state) size() uint64 {
	if s.Staged == nil {
		return s.Tree.Size
	}
	return s.Tree.Size + uint64(len(s.Staged.Entries))
}

// clone copies what an entry may change.
func (s *state) clone() *state {
	c := *s
	c.Rollups = slices.Clone(s.Rollups)
	c.Expiring = slices.Clone(s.Expiring)
	return &c
}

// lock takes the locks of day objects into account.
func (s *state) lock(r *Rollup) {
	for _, o := range r.Objects {
		if o.LockedUntil.After(s.Locked.Time) {
			s.Locked = o.LockedUntil
		}
	}
}
