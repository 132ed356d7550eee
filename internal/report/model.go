package report

import "strings"

// Document is what a report has to say.
type Document struct {
	Name  string
	Title string
	// Lead are the paragraphs before everything else: the answer in words.
	Lead []string
	// Facts are names with values: what was asked, of which data.
	Facts    []Fact
	Sections []Section
	// Limits are what the data can't show.
	Limits []string
}

// Fact is a name with a value.
type Fact struct{ Name, Value string }

// Section is a part of a document: words, a table, or both. Text may hold lines, which stay as they are.
type Section struct {
	// Name is for programs: lower case, with underscores.
	Name  string
	Title string
	Text  []string
	Table *Table
}

// Table is what a question returns.
type Table struct {
	Columns []Column
	Rows    [][]any // nil, string, int64, float64, bool, time.Time or []string
	// More says that there were more rows than the limit.
	More bool
	// Records says that rows are long texts: where columns would not fit, each is printed as names with values.
	Records bool
}

// Column is one column of a table.
type Column struct {
	Name string
	Kind Kind
}

// Kind says how the values of a column are printed.
type Kind uint8

// Kinds of columns.
const (
	Text Kind = iota
	Number
	Money    // US dollars
	Fraction // 0 to 1, printed in percent
	Duration // milliseconds
	Time
	Day
	IDs // event ids
)

// kindOf reads the kind from the name, as the package comment says, else from what the engine returned.
func kindOf(name, engineType string) Kind {
	for _, rule := range []struct {
		suffix string
		kind   Kind
	}{
		{"_usd", Money}, {"_rate", Fraction}, {"_share", Fraction}, {"_ms", Duration}, {"_at", Time}, {"_on", Day}, {"_ids", IDs},
	} {
		if strings.HasSuffix(name, rule.suffix) {
			return rule.kind
		}
	}
	switch {
	case isNumber(engineType):
		return Number
	case engineType == "DATE":
		return Day
	case strings.HasPrefix(engineType, "TIMESTAMP"):
		return Time
	}
	return Text
}

// Heading is the column's name for people. Money, durations and shares bring their units with each value.
func (c Column) Heading() string {
	name := c.Name
	switch c.Kind {
	case Money:
		name = strings.TrimSuffix(name, "_usd")
	case Duration:
		name = strings.TrimSuffix(name, "_ms")
	case Fraction:
		name = strings.TrimSuffix(name, "_share")
	case Time, Day, IDs, Number, Text:
	}
	if name == "" {
		name = c.Name
	}
	return strings.ReplaceAll(name, "_", " ")
}

// tall says whether the table reads better as a list of names with values: one row of many figures, which names nothing.
func (t *Table) tall() bool {
	return len(t.Rows) == 1 && len(t.Columns) > 7 && t.Columns[0].Kind == Number
}

// Tall returns the only row of such a table as cells, nil for any other.
func (t *Table) Tall() []Cell {
	if !t.tall() {
		return nil
	}
	return t.Cells(t.Rows[0])
}

// right says whether the column is aligned to the right.
func (c Column) right() bool {
	return c.Kind == Number || c.Kind == Money || c.Kind == Fraction || c.Kind == Duration
}
