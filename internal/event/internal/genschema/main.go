// Command genschema writes event.schema.json from the table of event fields.
package main

import (
	"fmt"
	"os"

	"github.com/agentaudit/agentaudit/internal/event"
)

func main() {
	text, err := event.GenerateSchema()
	if err == nil {
		err = os.WriteFile("event.schema.json", text, 0o644) //nolint:gosec // a public document
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "genschema:", err)
		os.Exit(1)
	}
}
