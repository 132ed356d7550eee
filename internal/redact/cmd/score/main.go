// Command score measures what redaction finds and what it misses.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"iter"
	"log"
	"maps"
	"os"

	"github.com/agentaudit/agentaudit/internal/redact"
)

func main() {
	verbose := flag.Bool("v", false, "print what was missed")
	out := flag.String("o", "", "write the scores by format and placement to this file")
	n := flag.Int("n", 20, "examples of each format")
	clean := flag.String("clean", "", "print what is found below this directory, which holds no secrets")
	flag.Parse()
	r, err := redact.New(redact.Config{})
	if err != nil {
		log.Fatal(err)
	}
	if *out != "" {
		if err := report(*out, r, *n, *verbose); err != nil {
			log.Fatal(err)
		}
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

func report(name string, r *redact.Redactor, n int, verbose bool) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	missed := io.Discard
	if verbose {
		missed = os.Stderr
	}
	return errors.Join(writeReport(f, r, n, missed), f.Close())
}
