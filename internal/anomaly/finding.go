package anomaly

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Finding is one thing that a rule found.
type Finding struct {
	// Fingerprint is the same whenever the same thing is found again.
	Fingerprint string   `json:"fingerprint"`
	Rule        string   `json:"rule"`
	Severity    Severity `json:"severity"`

	// Whom it is about; what doesn't apply is empty.
	Agent   string `json:"agent,omitempty"`
	User    string `json:"user_id,omitempty"`
	Session string `json:"session_id,omitempty"`
	Trace   string `json:"trace_id,omitempty"`
	Tool    string `json:"tool,omitempty"`

	// Seen and Baseline say what was, and what was to be expected. They quote events: text from outside.
	Seen     string `json:"seen"`
	Baseline string `json:"baseline"`
	// EventIDs are at most MaxEventIDs of the Events that it is about, the first ones.
	EventIDs []string  `json:"event_ids"`
	Events   int64     `json:"events"`
	FirstAt  time.Time `json:"first_at"`
	LastAt   time.Time `json:"last_at"`
}

// MaxEventIDs bounds the event ids of a finding.
const MaxEventIDs = 20

// maxText bounds what a finding quotes, in characters.
const maxText = 400

// Undecided is what a rule could not say.
type Undecided struct {
	Rule string `json:"rule"`
	Why  string `json:"why"`
}

// print sets the fingerprint: 16 bytes of SHA-256 over what the finding is about.
func (f *Finding) print(anchor string) {
	h := sha256.New()
	for _, part := range []string{f.Rule, f.Agent, f.User, f.Session, f.Trace, f.Tool, anchor} {
		_, _ = h.Write([]byte(strconv.Itoa(len(part)) + ":" + part)) // never fails
	}
	f.Fingerprint = hex.EncodeToString(h.Sum(nil)[:16])
}

// order sorts the gravest first, then by rule, time and fingerprint.
func order(findings []Finding) {
	place := map[string]int{}
	for i := range Rules {
		place[Rules[i].Name] = i
	}
	slices.SortFunc(findings, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(b.Severity, a.Severity), cmp.Compare(place[a.Rule], place[b.Rule]), a.LastAt.Compare(b.LastAt),
			strings.Compare(a.Fingerprint, b.Fingerprint))
	})
}

func bounded(s string) string {
	if utf8.RuneCountInString(s) <= maxText {
		return s
	}
	return string([]rune(s)[:maxText-1]) + "…"
}
