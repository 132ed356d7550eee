package detect

import "sync"

// table is all rows with their groups.
var table = sync.OnceValue(func() []format {
	var rows []format
	for _, g := range []struct {
		group string
		rows  []format
	}{
		{Cloud, cloudFormats}, {LLM, llmFormats}, {Source, sourceFormats}, {SaaS, saasFormats}, {SaaS, moreSaasFormats},
		{Generic, genericFormats}, {Labelled, labelledFormats}, {Personal, personalFormats},
	} {
		for _, row := range g.rows {
			row.group = g.group
			rows = append(rows, row)
		}
	}
	return rows
})
