package policy

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/agentaudit/agentaudit/internal/event"
)

// Example is a policy with comments, to start from.
//
//go:embed example.yaml
var Example []byte

// maxFile bounds a policy, in bytes.
const maxFile = 1 << 20

// File is a policy. A nil section asks for nothing.
type File struct {
	Version    int         `yaml:"version"`
	Approvals  *Approvals  `yaml:"approvals"`
	Escalation *Escalation `yaml:"escalation"`
	DataAccess *DataAccess `yaml:"data_access"`
	Budgets    []Budget    `yaml:"budgets"`
	Retention  *Retention  `yaml:"retention"`
	Trail      *Trail      `yaml:"trail"`
	Redaction  *Redaction  `yaml:"redaction"`
	// Anomalies is for internal/anomaly to read; its Kind is 0 when the file has none.
	Anomalies yaml.Node `yaml:"anomalies"`
}

// Approvals are the calls that need a permission before they run.
type Approvals struct {
	Tools []string `yaml:"tools"` // patterns
	By    []string `yaml:"by"`    // classes of actor; human if empty
}

// Escalation bounds how often people are asked or decide, as a share of sessions, 0 to 1.
type Escalation struct {
	MinRate     float64 `yaml:"min_rate"`
	MaxRate     float64 `yaml:"max_rate"`
	MinSessions int     `yaml:"min_sessions"`
}

// DataAccess says which access to data must be in the trail, and what it must name.
type DataAccess struct {
	Tools   []string `yaml:"tools"` // patterns
	Require []string `yaml:"require"`
}

// Budget is a limit on what is spent. A zero limit is none.
type Budget struct {
	Per     string  `yaml:"per"`
	Only    string  `yaml:"only"` // pattern; all if empty
	Tokens  int64   `yaml:"tokens"`
	CostUSD float64 `yaml:"cost_usd"`
}

// Retention are days to keep events, at least.
type Retention struct {
	Tiers map[string]int `yaml:"tiers"`
	Types map[string]int `yaml:"types"` // canonical names
}

// Trail is what is asked of the signed log.
type Trail struct {
	OwnKey     bool `yaml:"own_key"`
	Heartbeats bool `yaml:"heartbeats"`
}

// Redaction is what is asked of it.
type Redaction struct {
	Required bool     `yaml:"required"`
	Versions []string `yaml:"versions"`
}

// The values that keys take.
var (
	// Classes are those of who decides on an approval.
	Classes = []string{event.ActorHuman, event.ActorPolicy, event.ActorHook, event.ActorModel, event.ActorUnknown}
	// Pers are what a budget can be for.
	Pers = []string{"total", "day", "agent", "model", "session", "agent_day"}
	// Fields are what an event of data access can be asked to name.
	Fields = []string{"agent_name", "user_id", "session_id", "resource", "operation"}
)

// Load reads a policy from a file.
func Load(name string) (*File, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // it was only read
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, err
	}
	p, err := Parse(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return p, nil
}

// Parse reads and checks a policy.
func Parse(data []byte) (*File, error) {
	if len(data) > maxFile {
		return nil, fmt.Errorf("a policy has at most %d bytes", maxFile)
	}
	d := yaml.NewDecoder(bytes.NewReader(data))
	d.KnownFields(true)
	var f File
	if err := d.Decode(&f); err != nil {
		if errors.Is(err, io.EOF) {
			return nil, errors.New("the policy is empty")
		}
		return nil, plain(err)
	}
	if err := d.Decode(&yaml.Node{}); !errors.Is(err, io.EOF) {
		return nil, errors.New("a policy is one YAML document")
	}
	if err := f.check(); err != nil {
		return nil, err
	}
	f.fill()
	return &f, nil
}

var (
	unknownField = regexp.MustCompile(`field (\S+) not found in type \S+`)
	goType       = regexp.MustCompile(`into \*?policy\.\w+`)
)

// plain takes the names of Go's types out of the decoder's words.
func plain(err error) error {
	text := strings.TrimPrefix(err.Error(), "yaml: ")
	text = strings.ReplaceAll(strings.ReplaceAll(text, "unmarshal errors:\n  ", ""), "\n  ", "; ")
	return errors.New(goType.ReplaceAllString(unknownField.ReplaceAllString(text, "no key $1 here"), "where keys belong"))
}

// fill sets what absent keys stand for.
func (f *File) fill() {
	if a := f.Approvals; a != nil && len(a.By) == 0 {
		a.By = []string{event.ActorHuman}
	}
	if r := f.Retention; r != nil {
		types := make(map[string]int, len(r.Types))
		for name, days := range r.Types {
			t, _ := canonical(name)
			types[t] = days
		}
		r.Types = types
	}
}

// canonical returns the type of that name, with or without "agent.".
func canonical(name string) (string, bool) {
	t, ok := event.FindType(name)
	return string(t), ok
}

// check returns what is wrong, each with its key.
func (f *File) check() error {
	var errs []error
	wrong := func(ok bool, format string, args ...any) {
		if !ok {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	wrong(f.Version == 1, "version: %d is not 1", f.Version)
	if a := f.Approvals; a != nil {
		errs = append(errs, among("approvals.by", a.By, Classes), patterns("approvals.tools", a.Tools))
	}
	if e := f.Escalation; e != nil {
		wrong(rate(e.MinRate), "escalation.min_rate: %v is not between 0 and 1", e.MinRate)
		wrong(rate(e.MaxRate), "escalation.max_rate: %v is not between 0 and 1", e.MaxRate)
		wrong(e.MinRate <= e.MaxRate, "escalation.min_rate: %v is more than max_rate, %v", e.MinRate, e.MaxRate)
		wrong(e.MinSessions >= 0, "escalation.min_sessions: %d is negative", e.MinSessions)
	}
	if d := f.DataAccess; d != nil {
		errs = append(errs, among("data_access.require", d.Require, Fields), patterns("data_access.tools", d.Tools))
	}
	for i, b := range f.Budgets {
		key := fmt.Sprintf("budgets[%d]", i)
		errs = append(errs, among(key+".per", []string{b.Per}, Pers))
		wrong(b.Tokens >= 0, "%s.tokens: %d is negative", key, b.Tokens)
		wrong(b.CostUSD >= 0 && !math.IsInf(b.CostUSD, 0), "%s.cost_usd: %v is no amount", key, b.CostUSD)
		wrong(b.Tokens > 0 || b.CostUSD > 0, "%s: neither tokens nor cost_usd is set", key)
		wrong(b.Only == "" || b.Per != "total" && b.Per != "day", "%s.only: a budget per %s has no names", key, b.Per)
	}
	if r := f.Retention; r != nil {
		for _, tier := range keys(r.Tiers) {
			wrong(slices.Contains(event.Tiers, tier), "retention.tiers.%s: tiers are %s", tier, strings.Join(event.Tiers, ", "))
			wrong(r.Tiers[tier] >= 0, "retention.tiers.%s: %d is negative", tier, r.Tiers[tier])
		}
		for _, name := range keys(r.Types) {
			_, ok := canonical(name)
			wrong(ok, "retention.types.%s: no such type of event", name)
			wrong(r.Types[name] >= 0, "retention.types.%s: %d is negative", name, r.Types[name])
		}
	}
	return errors.Join(errs...)
}

func rate(v float64) bool { return v >= 0 && v <= 1 }

func among(key string, values, allowed []string) error {
	for _, v := range values {
		if !slices.Contains(allowed, v) {
			return fmt.Errorf("%s: %.60q is none of %s", key, v, strings.Join(allowed, ", "))
		}
	}
	return nil
}

func patterns(key string, values []string) error {
	if i := slices.Index(values, ""); i >= 0 {
		return fmt.Errorf("%s[%d]: an empty name matches nothing", key, i)
	}
	return nil
}

func keys(m map[string]int) []string {
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
