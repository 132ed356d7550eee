package verify

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/agentaudit/agentaudit/internal/layout"
)

const (
	entrySchema = "agentaudit/trail/v1"
	maxEntry    = 60_000    // bytes, from the format
	maxNumber   = 1<<53 - 1 // from the format
	maxSeen     = 128       // in one entry, from the format
)

// Kinds of entries.
const (
	kindStart     = "start"
	kindSeal      = "seal"
	kindHeartbeat = "heartbeat"
	kindDaily     = "daily"
	kindRollup    = "rollup"
	kindRotation  = "rotation"
	kindClosing   = "closing"
)

// entry is a trail entry; the order of its members is that of the format.
type entry struct {
	Schema        string           `json:"schema"`
	Kind          string           `json:"kind"`
	Writer        string           `json:"writer"`
	Index         int64            `json:"index"`
	Time          stamp            `json:"time"`
	Collector     string           `json:"collector,omitempty"`
	ConfigHash    string           `json:"config_hash,omitempty"`
	ConfigChanged bool             `json:"config_changed,omitempty"`
	Redaction     string           `json:"redaction,omitempty"`
	Counts        map[string]int64 `json:"counts,omitempty"`
	Seen          []seen           `json:"seen,omitempty"`
	Start         *startPart       `json:"start,omitempty"`
	Seal          *sealPart        `json:"seal,omitempty"`
	Daily         *dailyPart       `json:"daily,omitempty"`
	Rollup        *rollupPart      `json:"rollup,omitempty"`
	Rotation      *rotationPart    `json:"rotation,omitempty"`
}

type seen struct {
	Writer string `json:"writer"`
	Size   int64  `json:"size,omitempty"`
	Root   digest `json:"root"`
}

type startPart struct {
	After     string `json:"after"`
	Key       string `json:"key"`
	Heartbeat int64  `json:"heartbeat_seconds,omitempty"`
	Recovered struct {
		Segments        int64 `json:"segments,omitempty"`
		Lines           int64 `json:"lines,omitempty"`
		TornBytes       int64 `json:"torn_bytes,omitempty"`
		DamagedLines    int64 `json:"damaged_lines,omitempty"`
		MissingLines    int64 `json:"missing_lines,omitempty"`
		MissingSegments int64 `json:"missing_segments,omitempty"`
	} `json:"recovered"`
}

type sealPart struct {
	Seal     int64    `json:"seal"`
	Part     int64    `json:"part,omitempty"`
	Parts    int64    `json:"parts,omitempty"`
	Replayed bool     `json:"replayed,omitempty"`
	FirstSeq int64    `json:"first_seq,omitempty"`
	LastSeq  int64    `json:"last_seq,omitempty"`
	Lines    int64    `json:"lines"`
	Objects  []object `json:"objects"`
}

type object struct {
	Key         string `json:"key"`
	Tier        string `json:"tier"`
	Day         date   `json:"day"`
	Lines       int64  `json:"lines,omitempty"`
	Damaged     int64  `json:"damaged,omitempty"`
	Bytes       int64  `json:"bytes,omitempty"`
	Stored      int64  `json:"stored,omitempty"`
	SHA256      digest `json:"sha256"`
	Root        digest `json:"root"`
	FirstSeq    int64  `json:"first_seq,omitempty"`
	LastSeq     int64  `json:"last_seq,omitempty"`
	LockMode    string `json:"lock_mode,omitempty"`
	LockedUntil stamp  `json:"locked_until,omitzero"`
	Late        bool   `json:"late,omitempty"`
}

type dailyPart struct {
	Day    date       `json:"day"`
	From   int64      `json:"from"`
	To     int64      `json:"to"`
	Key    string     `json:"key"`
	Bytes  int64      `json:"bytes,omitempty"`
	SHA256 digest     `json:"sha256"`
	Tiers  []tierPart `json:"tiers"`
}

type tierPart struct {
	Tier    string `json:"tier"`
	Objects int64  `json:"objects,omitempty"`
	Lines   int64  `json:"lines,omitempty"`
	Bytes   int64  `json:"bytes,omitempty"`
	Stored  int64  `json:"stored,omitempty"`
}

type rollupPart struct {
	Day     date        `json:"day"`
	Writer  string      `json:"writer,omitempty"`
	Objects []dayObject `json:"objects"`
}

type dayObject struct {
	Key         string `json:"key"`
	Tier        string `json:"tier"`
	Day         date   `json:"day"`
	Segments    int64  `json:"segments,omitempty"`
	Lines       int64  `json:"lines,omitempty"`
	Bytes       int64  `json:"bytes,omitempty"`
	Stored      int64  `json:"stored,omitempty"`
	SHA256      digest `json:"sha256"`
	LockMode    string `json:"lock_mode,omitempty"`
	LockedUntil stamp  `json:"locked_until,omitzero"`
	IndexKey    string `json:"index_key"`
	IndexSHA256 digest `json:"index_sha256"`
}

// indexLine is a line of a rollup's index: every member always.
type indexLine struct {
	Key    string `json:"key"`
	Entry  int64  `json:"entry"`
	Offset int64  `json:"offset"`
	Stored int64  `json:"stored"`
	SHA256 digest `json:"sha256"`
}

type rotationPart struct {
	Old  string `json:"old"`
	New  string `json:"new"`
	Note string `json:"note"`
}

// encode returns the canonical form of v, without a newline.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// parseEntry reads an entry and refuses what is not canonical. Reading and writing again must give the same bytes: so no
// member is unknown, twice, out of order or spelled otherwise.
func parseEntry(data []byte) (*entry, error) {
	if len(data) > maxEntry {
		return nil, fmt.Errorf("entry of %d bytes, at most %d are allowed", len(data), maxEntry)
	}
	e := new(entry)
	if err := json.Unmarshal(data, e); err != nil {
		return nil, fmt.Errorf("not an entry: %w", err)
	}
	again, err := encode(e)
	if err != nil {
		return nil, fmt.Errorf("not an entry: %w", err)
	}
	if !bytes.Equal(again, data) {
		return nil, errors.New("not canonical: written again it has other bytes")
	}
	return e, e.check()
}

// check refuses what no entry can be, whatever the ones before it are.
func (e *entry) check() error {
	parts := map[string]bool{
		kindStart: e.Start != nil, kindSeal: e.Seal != nil, kindDaily: e.Daily != nil, kindRollup: e.Rollup != nil,
		kindRotation: e.Rotation != nil,
	}
	for kind, there := range parts {
		if there != (e.Kind == kind) {
			return fmt.Errorf("kind %q and member %q don't fit together", e.Kind, kind)
		}
	}
	_, hasPart := parts[e.Kind]
	switch {
	case e.Schema != entrySchema:
		return fmt.Errorf("schema is not %s", entrySchema)
	case !hasPart && e.Kind != kindHeartbeat && e.Kind != kindClosing:
		return fmt.Errorf("unknown kind %q", e.Kind)
	case !layout.ValidWriter(e.Writer):
		return errors.New("no valid writer")
	case e.Rollup != nil && e.Rollup.Writer != "" && (e.Rollup.Writer == e.Writer || !layout.ValidWriter(e.Rollup.Writer)):
		return errors.New("a rollup of no other writer")
	case len(e.Seen) > maxSeen:
		return fmt.Errorf("%d checkpoints seen, at most %d are allowed", len(e.Seen), maxSeen)
	case !slices.IsSortedFunc(e.Seen, func(a, b seen) int { return cmpStrict(a.Writer, b.Writer) }):
		return errors.New("seen is not sorted by writer")
	}
	return e.checkNumbers()
}

// cmpStrict makes equal neighbours count as out of order.
func cmpStrict(a, b string) int {
	if a < b {
		return -1
	}
	return 1
}

func (e *entry) checkNumbers() error {
	n := []int64{e.Index}
	for _, c := range e.Counts {
		n = append(n, c)
	}
	for _, s := range e.Seen {
		n = append(n, s.Size)
	}
	if s := e.Start; s != nil {
		r := s.Recovered
		n = append(n, s.Heartbeat, r.Segments, r.Lines, r.TornBytes, r.DamagedLines, r.MissingLines, r.MissingSegments)
	}
	if s := e.Seal; s != nil {
		n = append(n, s.Seal, s.Part, s.Parts, s.FirstSeq, s.LastSeq, s.Lines)
		for _, o := range s.Objects {
			n = append(n, o.Lines, o.Damaged, o.Bytes, o.Stored, o.FirstSeq, o.LastSeq)
		}
	}
	if d := e.Daily; d != nil {
		n = append(n, d.From, d.To, d.Bytes)
		for _, t := range d.Tiers {
			n = append(n, t.Objects, t.Lines, t.Bytes, t.Stored)
		}
	}
	if r := e.Rollup; r != nil {
		for _, o := range r.Objects {
			n = append(n, o.Segments, o.Lines, o.Bytes, o.Stored)
		}
	}
	if i := slices.IndexFunc(n, func(v int64) bool { return v < 0 || v > maxNumber }); i >= 0 {
		return fmt.Errorf("number %d out of range", n[i])
	}
	return nil
}
