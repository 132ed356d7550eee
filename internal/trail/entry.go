package trail

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// Schema is the format of entries, and the first member of each.
const Schema = "agentaudit/trail/v1"

// maxEntry bounds an entry, in bytes: its length must fit 16 bits in a bundle.
const maxEntry = 60000

// Kinds of entries.
const (
	KindStart     = "start"
	KindSeal      = "seal"
	KindHeartbeat = "heartbeat"
	KindDaily     = "daily"
	KindRollup    = "rollup"
	KindRotation  = "rotation"
	KindClosing   = "closing"
)

// What a process began after.
const (
	AfterNothing = "nothing"
	AfterClosing = "closing"
	AfterCrash   = "crash"
)

// Entry is one leaf of the log. docs/format.md says what each member means.
type Entry struct {
	Schema        string            `json:"schema"`
	Kind          string            `json:"kind"`
	Writer        string            `json:"writer"`
	Index         uint64            `json:"index"`
	Time          Time              `json:"time"`
	Collector     string            `json:"collector,omitempty"`
	ConfigHash    string            `json:"config_hash,omitempty"`
	ConfigChanged bool              `json:"config_changed,omitempty"`
	Redaction     string            `json:"redaction,omitempty"`
	Counts        map[string]uint64 `json:"counts,omitempty"`
	Seen          []Seen            `json:"seen,omitempty"`
	Start         *Start            `json:"start,omitempty"`
	Seal          *Seal             `json:"seal,omitempty"`
	Daily         *Daily            `json:"daily,omitempty"`
	Rollup        *Rollup           `json:"rollup,omitempty"`
	Rotation      *Rotation         `json:"rotation,omitempty"`
}

// Seen is the newest checkpoint of another writer.
type Seen struct {
	Writer string `json:"writer"`
	Size   uint64 `json:"size"`
	Root   Hash   `json:"root"`
}

// Start begins the entries of a process.
type Start struct {
	After            string    `json:"after"`
	Key              string    `json:"key"`
	HeartbeatSeconds int64     `json:"heartbeat_seconds"`
	Recovered        Recovered `json:"recovered"`
}

// Recovered is what opening the journal found.
type Recovered struct {
	Segments        int    `json:"segments,omitempty"`
	Lines           int    `json:"lines,omitempty"`
	TornBytes       int64  `json:"torn_bytes,omitempty"`
	DamagedLines    int    `json:"damaged_lines,omitempty"`
	MissingLines    uint64 `json:"missing_lines,omitempty"`
	MissingSegments uint64 `json:"missing_segments,omitempty"`
}

// Seal is one sealed segment of the journal, or a part of it.
type Seal struct {
	Seal     uint64   `json:"seal"`
	Part     int      `json:"part,omitempty"`
	Parts    int      `json:"parts,omitempty"`
	Replayed bool     `json:"replayed,omitempty"`
	FirstSeq uint64   `json:"first_seq,omitempty"`
	LastSeq  uint64   `json:"last_seq,omitempty"`
	Lines    int      `json:"lines"`
	Objects  []Object `json:"objects"`
}

// Object is one object under events/.
type Object struct {
	Key         string `json:"key"`
	Tier        string `json:"tier"`
	Day         Day    `json:"day"`
	Lines       int    `json:"lines"`
	Damaged     int    `json:"damaged,omitempty"`
	Bytes       int64  `json:"bytes"`
	Stored      int64  `json:"stored"`
	SHA256      Hash   `json:"sha256"`
	Root        Hash   `json:"root"`
	FirstSeq    uint64 `json:"first_seq,omitempty"`
	LastSeq     uint64 `json:"last_seq,omitempty"`
	LockMode    string `json:"lock_mode,omitempty"`
	LockedUntil Time   `json:"locked_until,omitzero"`
	Late        bool   `json:"late,omitempty"`
}

// Daily closes a UTC day.
type Daily struct {
	Day    Day     `json:"day"`
	From   uint64  `json:"from"`
	To     uint64  `json:"to"`
	Key    string  `json:"key"`
	Bytes  int64   `json:"bytes"`
	SHA256 Hash    `json:"sha256"`
	Tiers  []Total `json:"tiers"`
}

// Total counts what there is of one tier.
type Total struct {
	Tier    string `json:"tier"`
	Objects int    `json:"objects"`
	Lines   int    `json:"lines"`
	Bytes   int64  `json:"bytes"`
	Stored  int64  `json:"stored"`
}

// Rollup tells of day objects.
type Rollup struct {
	Day Day `json:"day"`
	// Writer is whose segments they are, if not this log's writer's.
	Writer  string      `json:"writer,omitempty"`
	Objects []DayObject `json:"objects"`
}

// DayObject is one object under days/.
type DayObject struct {
	Key         string `json:"key"`
	Tier        string `json:"tier"`
	Day         Day    `json:"day"`
	Segments    int    `json:"segments"`
	Lines       int    `json:"lines"`
	Bytes       int64  `json:"bytes"`
	Stored      int64  `json:"stored"`
	SHA256      Hash   `json:"sha256"`
	LockMode    string `json:"lock_mode,omitempty"`
	LockedUntil Time   `json:"locked_until,omitzero"`
	IndexKey    string `json:"index_key"`
	IndexSHA256 Hash   `json:"index_sha256"`
}

// Piece is one line of a rollup's index: a segment in a day object.
type Piece struct {
	Key    string `json:"key"`
	Entry  uint64 `json:"entry"`
	Offset int64  `json:"offset"`
	Stored int64  `json:"stored"`
	SHA256 Hash   `json:"sha256"`
}

// Rotation changes the key that signs.
type Rotation struct {
	Old  string `json:"old"`
	New  string `json:"new"`
	Note string `json:"note"`
}

// ErrEntry is wrapped by every error about bytes that are no entry.
var ErrEntry = errors.New("not an entry of a trail")

// Marshal returns the canonical bytes of the entry, without a newline.
func (e *Entry) Marshal() ([]byte, error) { return marshal(e) }

// ParseEntry reads an entry, and refuses whatever [Entry.Marshal] would not write.
func ParseEntry(b []byte) (*Entry, error) {
	if len(b) > maxEntry {
		return nil, fmt.Errorf("%w: %d bytes, at most %d", ErrEntry, len(b), maxEntry)
	}
	e := &Entry{}
	if err := parse(b, e); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrEntry, err)
	}
	if err := e.check(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrEntry, err)
	}
	return e, nil
}

// ParsePiece reads a line of a rollup's index as strictly.
func ParsePiece(b []byte) (p Piece, err error) {
	if err := parse(b, &p); err != nil {
		return p, fmt.Errorf("%w: %w", ErrEntry, err)
	}
	return p, nil
}

// check refuses an entry whose kind and parts don't belong together.
func (e *Entry) check() error {
	if e.Schema != Schema {
		return fmt.Errorf("schema is %.40q, not %q", e.Schema, Schema)
	}
	parts := map[string]bool{
		KindStart: e.Start != nil, KindSeal: e.Seal != nil, KindDaily: e.Daily != nil,
		KindRollup: e.Rollup != nil, KindRotation: e.Rotation != nil,
	}
	if has, ok := parts[e.Kind]; ok && !has || !ok && e.Kind != KindHeartbeat && e.Kind != KindClosing {
		return fmt.Errorf("kind %.40q is unknown or has no part", e.Kind)
	}
	for kind, has := range parts {
		if has && kind != e.Kind {
			return fmt.Errorf("kind %q has the part of a %s", e.Kind, kind)
		}
	}
	return nil
}

// marshal writes JSON without white space and HTML escaping.
func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

var errCanonical = errors.New("not in canonical form")

// parse reads what marshal wrote, and nothing else.
func parse(b []byte, v any) error {
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.DisallowUnknownFields()
	if err := dec.Decode(v); err != nil {
		return err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return errCanonical
	}
	again, err := marshal(v)
	if err != nil {
		return err
	}
	if !bytes.Equal(again, b) {
		return errCanonical
	}
	return nil
}
