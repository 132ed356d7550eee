package anomaly

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/agentaudit/agentaudit/internal/policy"
)

// Policy is what rules are set to. The zero value and nil are the defaults.
type Policy struct {
	rules map[string]setting
	// approvals are the defaults of the rule unapproved.
	approvals policy.Approvals
}

type setting struct {
	off      bool
	severity Severity // 0 is the rule's own
	params   map[string]any
}

// Bounds of what a policy may hold.
const (
	maxPatterns = 1000
	maxPattern  = 256
)

// ParsePolicy reads a policy file.
func ParsePolicy(data []byte) (*Policy, error) {
	f, err := policy.Parse(data)
	if err != nil {
		return nil, err
	}
	return PolicyOf(f)
}

// PolicyOf takes from a policy what rules are set to: its section anomalies, and which calls need whose approval.
func PolicyOf(f *policy.File) (*Policy, error) {
	p := &Policy{rules: map[string]setting{}, approvals: policy.Approvals{}}
	if f.Approvals != nil {
		p.approvals = *f.Approvals
	}
	if f.Anomalies.Kind == 0 {
		return p, nil
	}
	if err := p.read(&f.Anomalies); err != nil {
		return nil, fmt.Errorf("anomalies: %w", err)
	}
	return p, nil
}

func (p *Policy) read(section *yaml.Node) error {
	return pairs(section, func(key string, value *yaml.Node) error {
		rule, err := FindRule(key)
		if err != nil {
			return err
		}
		s, err := rule.setting(value)
		if err != nil {
			return fmt.Errorf("%s: %w", key, err)
		}
		p.rules[key] = s
		return nil
	})
}

// pairs calls take for each key of a mapping. A null is an empty one.
func pairs(node *yaml.Node, take func(key string, value *yaml.Node) error) error {
	if node.Kind == yaml.ScalarNode && node.Tag == "!!null" {
		return nil
	}
	if node.Kind != yaml.MappingNode {
		return fmt.Errorf("line %d: not a mapping", node.Line)
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(node.Content); i += 2 {
		key := node.Content[i]
		if seen[key.Value] {
			return fmt.Errorf("line %d: %q is there twice", key.Line, key.Value)
		}
		seen[key.Value] = true
		if err := take(key.Value, node.Content[i+1]); err != nil {
			return fmt.Errorf("line %d: %w", key.Line, err)
		}
	}
	return nil
}

func (r *Rule) setting(node *yaml.Node) (s setting, err error) {
	s.params = map[string]any{}
	err = pairs(node, func(key string, value *yaml.Node) (err error) {
		switch key {
		case "off":
			return value.Decode(&s.off)
		case "severity":
			s.severity, err = ParseSeverity(value.Value)
			return err
		}
		i := slices.IndexFunc(r.Params, func(p Param) bool { return p.Name == key })
		if i < 0 {
			names := []string{"off", "severity"}
			for _, p := range r.Params {
				names = append(names, p.Name)
			}
			return fmt.Errorf("no setting %q: settings are %s", key, strings.Join(names, ", "))
		}
		if s.params[key], err = r.Params[i].parse(value); err != nil {
			return fmt.Errorf("%s: %w", key, err)
		}
		return nil
	})
	return s, err
}

func (p *Param) parse(node *yaml.Node) (any, error) {
	if _, ok := p.Default.([]string); ok {
		return patterns(node)
	}
	var v float64
	if err := node.Decode(&v); err != nil {
		return nil, fmt.Errorf("%.50q is not a number", node.Value)
	}
	if math.IsNaN(v) || v < p.Min || v > p.Max {
		return nil, fmt.Errorf("%v is not between %v and %v", v, p.Min, p.Max)
	}
	if _, ok := p.Default.(int64); ok {
		if v != math.Trunc(v) {
			return nil, fmt.Errorf("%v is not a whole number", v)
		}
		return int64(v), nil
	}
	return v, nil
}

func patterns(node *yaml.Node) ([]string, error) {
	var list []string
	if err := node.Decode(&list); err != nil {
		return nil, errors.New("not a list of patterns")
	}
	if len(list) > maxPatterns {
		return nil, fmt.Errorf("more than %d patterns", maxPatterns)
	}
	for _, s := range list {
		if s == "" || len(s) > maxPattern {
			return nil, fmt.Errorf("%.50q is empty or longer than %d bytes", s, maxPattern)
		}
	}
	return list, nil
}

// expression turns patterns into the regular expression that a question takes; it matches whole names.
func expression(patterns []string) string {
	alternatives := make([]string, len(patterns))
	for i, p := range patterns {
		p = regexp.QuoteMeta(p)
		p = strings.ReplaceAll(p, `\*`, ".*")
		alternatives[i] = strings.ReplaceAll(p, `\?`, ".")
	}
	return "(?is)(?:" + strings.Join(alternatives, "|") + ")"
}

func (p *Policy) of(rule string) setting {
	if p == nil {
		return setting{}
	}
	return p.rules[rule]
}

// Value returns what a rule's threshold is set to.
func (p *Policy) Value(r *Rule, param *Param) any {
	if v, ok := p.of(r.Name).params[param.Name]; ok {
		return v
	}
	if p != nil && r.Name == unapproved {
		switch {
		case param.Name == "tools" && len(p.approvals.Tools) > 0:
			return p.approvals.Tools
		case param.Name == "actors" && len(p.approvals.By) > 0:
			return p.approvals.By
		}
	}
	return param.Default
}

// Severity returns what a rule's findings weigh.
func (p *Policy) Severity(r *Rule) Severity {
	if s := p.of(r.Name).severity; s != 0 {
		return s
	}
	return r.Severity
}

// Off says that a rule is switched off.
func (p *Policy) Off(r *Rule) bool { return p.of(r.Name).off }
