package detect

import "math/rand/v2"

// Format is one row of the table, for those who measure it.
type Format struct {
	ID, Group, Source string
	d                 *detector
}

// Example makes a text of the format by lot. It is no one's secret.
func (f *Format) Example(rng *rand.Rand) string { return f.d.context + f.d.random(rng) }

// Formats are all rows of the table.
func Formats() []Format {
	var list []Format
	for _, row := range table() {
		d, err := compile(row)
		if err != nil {
			continue // a test compiles them all
		}
		list = append(list, Format{row.id, row.group, row.source, d})
	}
	for _, row := range numberFormats {
		list = append(list, Format{row.id, Personal, row.source, &detector{format: row}})
	}
	return list
}
