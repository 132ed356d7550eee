package verify

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"sync"
)

// Kind names what is wrong. Kinds are stable: programs may compare them.
type Kind string

// Finding is one thing that is wrong with the bucket, or worth a note.
type Finding struct {
	Kind Kind `json:"kind"`
	// Note says that it is no violation.
	Note   bool   `json:"note,omitempty"`
	Writer string `json:"writer,omitempty"`
	Key    string `json:"key,omitempty"`
	// Entry is the index of the trail entry that tells of it; nil if there is none.
	Entry *int64 `json:"entry,omitempty"`
	Line  int64  `json:"line,omitempty"` // from 1; 0 for the object as a whole
	Seq   uint64 `json:"seq,omitempty"`
	// Expected and Found are what the trail says and what the bucket holds.
	Expected string `json:"expected,omitempty"`
	Found    string `json:"found,omitempty"`
	// Message says it in words.
	Message string `json:"message"`
}

// String returns the finding for a person: place, kind, words.
func (f Finding) String() string {
	place := cmp.Or(f.Key, f.Writer)
	if f.Line > 0 {
		place += fmt.Sprintf(":%d", f.Line)
	}
	if f.Seq > 0 {
		place += fmt.Sprintf(" (seq %d)", f.Seq)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s: %s", place, f.Kind, f.Message)
	if f.Expected != "" || f.Found != "" {
		fmt.Fprintf(&b, " (expected %s, found %s)", cmp.Or(f.Expected, "nothing"), cmp.Or(f.Found, "nothing"))
	}
	return b.String()
}

// collector takes findings from all goroutines.
type collector struct {
	mu     sync.Mutex
	max    int
	on     func(Finding)
	kept   []Finding
	counts map[Kind]int
	bad    int
	notes  int
	over   int // findings that were not kept
	broken map[string]bool
}

func newCollector(opts *Options) *collector {
	return &collector{max: opts.MaxFindings, on: opts.OnFinding, counts: map[Kind]int{}, broken: map[string]bool{}}
}

func (c *collector) add(f Finding) {
	f.Note = f.Note || kinds[f.Kind].note
	if f.Message == "" {
		f.Message = kinds[f.Kind].words
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.counts[f.Kind]++
	if f.Note {
		c.notes++
	} else {
		c.bad++
		c.broken[f.Writer] = true
	}
	if len(c.kept) < c.max {
		c.kept = append(c.kept, f)
	} else {
		c.over++
	}
	if c.on != nil {
		c.on(f)
	}
}

// sorted returns the findings in an order that doesn't depend on who was faster.
func (c *collector) sorted() []Finding {
	c.mu.Lock()
	defer c.mu.Unlock()
	slices.SortStableFunc(c.kept, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.Writer, b.Writer), cmp.Compare(a.Key, b.Key), cmp.Compare(a.Line, b.Line),
			cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Message, b.Message))
	})
	return c.kept
}
