package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/agentaudit/agentaudit/internal/redact"
)

// maxRedactInput is the most that redact reads, in bytes: as much as it can be configured to take for one text.
const maxRedactInput = 256 << 20

// redactFlags are the flags of redact.
type redactFlags struct {
	explain, json   bool
	config, profile string
	key             string
}

func redactCommand(out *output) *cobra.Command {
	var f redactFlags
	cmd := &cobra.Command{
		Use:   "redact [flags] < text",
		Short: "Show what redaction takes out of a text, and why",
		Long: `redact reads a text from standard input and prints it as the collector would write it. JSON stays JSON.

With --explain it lists what was found instead, a line each: what happens, the rule, the place (a JSON pointer, or the byte at
which it begins) and why. What is found but kept is listed too. Values are never shown.

The settings are those of --config, a collector's configuration or the section "redaction" alone; else the defaults. Rules with a
condition ("when") are taken to apply. Hashes ("action: hash") are those of the collector only if its key is at hand.

Exit codes: 0 nothing was found; 1 something was; 2 bad usage, or it could not be looked at.`,
		Example: `  agentaudit redact --explain < transcript.txt
  agentaudit redact --config config.yaml --json < request.json`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return f.run(out, cmd.InOrStdin()) },
	}
	cmd.Flags().BoolVar(&f.explain, "explain", false, "list what was found and why, instead of the text")
	cmd.Flags().BoolVar(&f.json, "json", false, "print text and findings as one JSON object")
	cmd.Flags().StringVar(&f.config, "config", "", "file with the settings, YAML")
	cmd.Flags().StringVar(&f.profile, "profile", "", "profile to start from: standard, operations or secrets")
	cmd.Flags().StringVar(&f.key, "name", "", "name that the text stands under, such as an attribute's")
	return cmd
}

func (f *redactFlags) run(out *output, stdin io.Reader) error {
	cfg, err := f.settings(out)
	if err != nil {
		return err
	}
	cfg.MaxLeafBytes = cmp.Or(cfg.MaxLeafBytes, maxRedactInput)
	redactor, err := redact.New(cfg)
	if err != nil {
		return fmt.Errorf("settings: %w", err)
	}
	text, err := io.ReadAll(io.LimitReader(stdin, maxRedactInput+1))
	if err != nil {
		return fmt.Errorf("couldn't read standard input: %w", err)
	}
	if len(text) > maxRedactInput {
		return fmt.Errorf("more than %d MiB on standard input", maxRedactInput>>20)
	}
	var log redact.Log
	for i := range redactor.Conditions() {
		log.Meet(i, true)
	}
	clean, findings := redactor.Explain(&log, "", f.key, string(text))
	switch {
	case f.json:
		err = printFindingsJSON(out, redactor.Version(), clean, findings)
	case f.explain:
		err = printFindings(out, findings)
	default:
		_, err = io.WriteString(out.stdout, clean)
	}
	if err == nil && log.Len() > 0 {
		err = errFinding
	}
	return err
}

// settings are those of the flags.
func (f *redactFlags) settings(out *output) (redact.Config, error) {
	var cfg redact.Config
	if f.config != "" {
		var err error
		if cfg, err = loadRedaction(out, f.config); err != nil {
			return cfg, fmt.Errorf("--config: %w", err)
		}
	}
	cfg.Profile = cmp.Or(f.profile, cfg.Profile)
	if f.profile != "" {
		if err := (&redact.Config{Profile: f.profile}).Validate(); err != nil {
			return cfg, withHint(fmt.Errorf("--profile: no profile %q", f.profile), "profiles are standard, operations, secrets")
		}
	}
	return cfg, nil
}

// place is where a finding lies, for people.
func place(e *redact.Explanation) string {
	if e.Path != "" {
		return sanitize(e.Path)
	}
	return fmt.Sprintf("byte %d", e.Start)
}

func printFindings(out *output, findings []redact.Explanation) error {
	c := out.colors
	t := newTable(out.stdout, out.width, 6, 32, 60)
	if out.width > 0 {
		t.held = append(t.held, []cell{{"ACTION", c.heading}, {"RULE", c.heading}, {"PLACE", c.heading}, {"REASON", c.heading}})
	}
	for i := range findings {
		e := &findings[i]
		color := c.bad
		if e.Action == redact.Keep {
			color = c.faint
		}
		if err := t.row(cell{string(e.Action), color}, column(e.Rule, nil), column(place(e), nil), cell{sanitize(e.Reason), nil}); err != nil {
			return err
		}
	}
	return t.flush()
}

// jsonFinding is one finding for programs. Where it ends is left out: it would tell how long the value is.
type jsonFinding struct {
	Path   string `json:"path"`
	Start  int    `json:"start"`
	Rule   string `json:"rule"`
	Group  string `json:"group,omitempty"`
	Action string `json:"action"`
	Reason string `json:"reason"`
}

func printFindingsJSON(out *output, version, clean string, findings []redact.Explanation) error {
	report := struct {
		Text     string        `json:"text"`
		Version  string        `json:"redaction_version"`
		Findings []jsonFinding `json:"findings"`
	}{clean, version, []jsonFinding{}}
	for _, e := range findings {
		report.Findings = append(report.Findings, jsonFinding{e.Path, e.Start, e.Rule, e.Group, string(e.Action), e.Reason})
	}
	var text strings.Builder
	enc := json.NewEncoder(&text)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(report); err != nil {
		return err
	}
	_, err := io.WriteString(out.stdout, text.String())
	return err
}
