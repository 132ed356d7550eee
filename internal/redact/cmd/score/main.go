// Command score measures what redaction finds and what it misses.
package main

import (
	"flag"
	"fmt"
	"iter"
	"log"
	"maps"
	"os"

	"github.com/agentaudit/agentaudit/internal/redact"
)

func main() {
	verbose := flag.Bool("v", false, "print what was missed")
	clean := flag.String("clean", "", "print what is found below this directory, which holds no secrets")
	flag.Parse()
	r, err := redact.New(redact.Config{})
	if err != nil {
		log.Fatal(err)
	}
	if *clean != "" {
		if err := scoreClean(os.Stdout, r, *clean, *verbose); err != nil {
			log.Fatal(err)
		}
	}
	for _, name := range flag.Args() {
		if err := scoreSnippets(os.Stdout, r, name, *verbose); err != nil {
			log.Fatal(fmt.Errorf("snippets: %w", err))
		}
	}
}

func mapKeys[V any](m map[string]V) iter.Seq[string] { return maps.Keys(m) }
