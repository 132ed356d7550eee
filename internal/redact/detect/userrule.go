package detect

import (
	"fmt"
	"regexp"
	"regexp/syntax"
)

// UserRule is a rule of the deployment's own.
type UserRule struct {
	ID string
	// Words are literal texts, found in either case where they stand as words of their own.
	Words []string
	// Pattern is in RE2 syntax. It must begin with a literal of three bytes or more,
	// or Keyword must be set: both are what it is anchored at.
	Pattern string
	// Keyword is a literal that stands at most 100 bytes before what Pattern matches.
	Keyword string
}

// maxUserMatch bounds what a user's pattern looks at behind its anchor.
const maxUserMatch = 1024

const minUserAnchor = 3

// Validate says what is wrong with the rule.
func (u *UserRule) Validate() error {
	_, err := u.format()
	return err
}

func (u *UserRule) format() (format, error) {
	f := format{id: u.ID, group: User}
	if len(u.Words) > 0 {
		if u.Pattern != "" {
			return f, fmt.Errorf("rule %s: set words or pattern, not both", u.ID)
		}
		f.fold, f.literals = true, u.Words
		f.check = func(m *match) bool { return m.end == len(m.text) || !alnum.has(m.text[m.end]) }
		return f, nil
	}
	re, err := regexp.Compile(`^(?:` + u.Pattern + `)`)
	if err != nil {
		return f, fmt.Errorf("rule %s: pattern: %w", u.ID, err)
	}
	if u.Pattern == "" || re.MatchString("") {
		return f, fmt.Errorf("rule %s: pattern matches the empty text", u.ID)
	}
	if u.Keyword != "" {
		if len(u.Keyword) < minUserAnchor {
			return f, fmt.Errorf("rule %s: keyword shorter than %d bytes", u.ID, minUserAnchor)
		}
		f.fold, f.inner, f.literals = true, true, []string{u.Keyword}
		free := regexp.MustCompile(u.Pattern)
		f.check = func(m *match) bool {
			window := m.text[m.to:min(len(m.text), m.to+maxUserMatch)]
			loc := free.FindStringIndex(window)
			if loc == nil || loc[0] > 100 || loc[0] == loc[1] {
				return false
			}
			m.start, m.end = m.to+loc[0], m.to+loc[1]
			return true
		}
		return f, nil
	}
	prefix := literalPrefix(u.Pattern)
	if len(prefix) < minUserAnchor {
		return f, fmt.Errorf("rule %s: pattern must begin with a literal of %d bytes or more, or set keyword", u.ID, minUserAnchor)
	}
	f.inner, f.literals = true, []string{prefix}
	f.check = func(m *match) bool {
		loc := re.FindStringIndex(m.text[m.at:min(len(m.text), m.at+maxUserMatch)])
		if loc == nil {
			return false
		}
		m.end = m.at + loc[1]
		return true
	}
	return f, nil
}

func literalPrefix(pattern string) string {
	tree, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return ""
	}
	tree = tree.Simplify()
	for tree.Op == syntax.OpConcat || tree.Op == syntax.OpCapture {
		tree = tree.Sub[0]
	}
	if tree.Op != syntax.OpLiteral || tree.Flags&syntax.FoldCase != 0 {
		return ""
	}
	return string(tree.Rune)
}
