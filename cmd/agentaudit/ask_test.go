package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestUnderstand(t *testing.T) {
	for question, want := range map[string]string{
		"show me the audit log":                       "log",
		"Show the audit trail.":                       "log",
		"audit log":                                   "log",
		"what happened today?":                        "log",
		"trace task 4f87afac0984c53f4f87afac0984c53f": "trace 4f87afac0984c53f4f87afac0984c53f",
		"Trace task Session-ABC":                      "session Session-ABC",
		"show me the timeline of trace 4f87afac":      "trace 4f87afac",
		"show session s-1":                            "session s-1",
		"generate compliance report":                  "report compliance",
		"Please generate a compliance report!":        "report compliance",
		"compliance check":                            "report compliance",
		"what did the agent do":                       "report summary",
		"What did the agents do today?":               "report summary",
		"what did the agent Travel_Agent do?":         "agent Travel_Agent",
		"what did triage do":                          "agent triage",
		"show error summary":                          "report errors",
		"what went wrong?":                            "report errors",
		"list errors":                                 "report errors",
		"audit agent refunds":                         "agent refunds",
		"audit the agent \"refunds\"":                 "agent refunds",
		"run forensic analysis on s-1":                "forensics s-1",
		"run forensic analysis":                       "forensics last",
		"forensics for trace 4f87afac":                "forensics 4f87afac",
		"investigate session s-9":                     "forensics s-9",
		"export audit data":                           "export",
		"export all the data":                         "export",
		"find anomalies":                              "anomalies",
		"verify the trail":                            "verify",
		"is the trail intact?":                        "verify",
		"show costs":                                  "report tokens",
		"make me a sandwich":                          "",
		"drop table events":                           "",
		"":                                            "",
	} {
		assert.Equal(t, want, strings.Join(understand(question), " "), question)
	}
}
