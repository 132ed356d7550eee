package dialect

// openLIT is OpenLIT: the OTel convention, with costs, and with messages in span events.
var openLIT = Dialect{
	Name:    "openlit",
	Markers: []string{"gen_ai.application_name", "gen_ai.request.is_stream"},
	Scopes:  []string{"openlit"},
	Keys: []Key{
		{"gen_ai.usage.cost", CostUSD},
		{"gen_ai.agent.handoffs", Ignored}, // those that it could hand over to
		{"gen_ai.agent.human_input", Ignored},
		{"gen_ai.vectordb.search", Query},
		{"db.collection.name", Resource},
		{"db.vector.query", Query},
	},
	Operations: map[string]Op{
		"embedding": Embeddings,
		"vectordb":  DataRead,
		"agent":     AgentRun,
		"framework": Glue,
	},
}
