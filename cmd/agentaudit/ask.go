package main

import (
	"errors"
	"regexp"
	"strings"

	"github.com/spf13/cobra"
)

const askHelp = `ask runs the command that answers a question in plain words, and says which it is:

  show me the audit log                 log
  trace task ID                         trace ID, or session ID
  generate compliance report            report compliance
  what did the agent do                 report summary, or with a name: agent NAME
  show error summary                    report errors
  audit agent NAME                      agent NAME
  run forensic analysis on ID           forensics ID
  export audit data                     export

Flags go on to that command.`

// phrase is a row of what ask understands: a pattern over lower-case words, and the command, in which $1 is the pattern's first group.
type phrase struct {
	pattern *regexp.Regexp
	command []string
}

func says(pattern string, command ...string) phrase {
	return phrase{regexp.MustCompile(`^(?:please )?(?:can you |could you )?` + pattern + `$`), command}
}

const (
	asShow = `(?:show|give|print|list|display|get|see)(?: me)?(?: us)?`
	asMake = `(?:generate|create|make|run|write|show|print|give|do)(?: me)?(?: us)?`
	asThe  = `(?: the| a| an| our| my| all| all the)?`
	asName = `["']?([^\s"']+)["']?`
)

// phrases are tried in order.
var phrases = []phrase{
	says(`(?:`+asShow+asThe+` )?(?:audit )?(?:log|trail|events|audit log|audit trail|audit events)`, "log"),
	says(`what (?:has )?happened(?: today| lately)?`, "log"),
	says(`(?:`+asShow+asThe+` )?(?:trace|timeline|graph)(?: of| for)?(?: the)?(?: task| trace| run)?(?: id)?:? `+asName, "trace", "$1"),
	says(`(?:follow|trace) (?:task|run|trace) `+asName, "trace", "$1"),
	says(`(?:`+asShow+asThe+` |trace )?session(?: id)?:? `+asName, "session", "$1"),
	says(asMake+asThe+` compliance (?:report|check)`, "report", "compliance"),
	says(`(?:compliance(?: report| check)?|are we compliant|check(?: the)? compliance)`, "report", "compliance"),
	says(`what did(?: the)?(?: agents?)? `+asName+` do(?: today| lately)?`, "agent", "$1"),
	says(`(?:`+asShow+asThe+` )?(?:error|failure)(?: summary|s| report| analysis)?`, "report", "errors"),
	says(`what (?:went wrong|failed)`, "report", "errors"),
	says(`(?:audit|inspect|review|check)(?: the)? agent `+asName, "agent", "$1"),
	says(`(?:`+asShow+asThe+` )?agent `+asName+`(?:'s)?(?: activity)?`, "agent", "$1"),
	says(`(?:`+asMake+asThe+` )?forensics?(?: analysis| report)?`, "forensics", "last"),
	says(`(?:`+asMake+asThe+` )?forensics?(?: analysis| report)?(?: on| of| for)?(?: the)?(?: task| trace| session| incident)? `+asName, "forensics", "$1"),
	says(`(?:investigate|analy[sz]e)(?: the)?(?: task| trace| session| incident)? `+asName, "forensics", "$1"),
	says(`(?:`+asShow+asThe+` |find`+asThe+` )?(?:anomal(?:y|ies)|unusual (?:activity|things))`, "anomalies"),
	says(`(?:is`+asThe+` (?:trail|log|bucket) (?:intact|untouched|ok)|verify(?: the)?(?: trail| bucket| log)?)`, "verify"),
	says(`(?:export|download|save|dump)`+asThe+`(?: audit)?(?: data| log| trail| events)?`, "export"),
	says(`(?:`+asShow+asThe+` )?(?:daily )?(?:summary|overview)(?: of the day)?`, "report", "summary"),
	says(`(?:`+asShow+asThe+` )?(?:tokens?|costs?|spending)(?: (?:report|usage|and costs?))?`, "report", "tokens"),
}

// everything is what "the agent" or "the agents" stands for: no name.
var everything = regexp.MustCompile(`^(?:please )?(?:can you |could you )?(?:tell me )?what did(?: the| my| our)? agents? do(?: today| lately)?$`)

// understand returns the command for a question, with the case of names kept; nil if there is none.
func understand(question string) []string {
	question = strings.Join(strings.Fields(strings.TrimRight(strings.TrimSpace(question), "?!. ")), " ")
	lower := strings.ToLower(question)
	if len(lower) != len(question) { // letters whose small form has another length: places would not agree
		question = lower
	}
	if everything.MatchString(lower) {
		return []string{"report", "summary"}
	}
	for _, p := range phrases {
		at := p.pattern.FindStringSubmatchIndex(lower)
		if at == nil {
			continue
		}
		command := make([]string, len(p.command))
		for i, word := range p.command {
			if command[i] = word; word == "$1" {
				command[i] = question[at[2]:at[3]]
			}
		}
		// A session's id can't be told from a trace's by the word task; only hexadecimal digits can be a trace.
		if command[0] == "trace" && !traceIDPart.MatchString(command[1]) {
			command[0] = "session"
		}
		return command
	}
	return nil
}

func askCommand(out *output) *cobra.Command {
	return &cobra.Command{
		Use:                `ask "QUESTION" [flags of the command]`,
		Short:              "Run the command that answers a question in plain words",
		Long:               askHelp,
		Example:            "  agentaudit ask \"what did the agent travel_agent do?\" --bucket file:./agentaudit-data/bucket",
		DisableFlagParsing: true, // they are another command's
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 || args[0] == "--help" || args[0] == "-h" {
				return cmd.Help()
			}
			words := 0
			for words < len(args) && !strings.HasPrefix(args[words], "-") {
				words++
			}
			command := understand(strings.Join(args[:words], " "))
			if command == nil {
				return withHint(errors.New("no command answers that"), "agentaudit ask --help lists what can be asked; agentaudit sql asks anything else")
			}
			command = append(command, args[words:]...)
			out.note("agentaudit %s", strings.Join(command, " "))
			root := newRoot(out)
			root.SetArgs(command)
			root.SetIn(cmd.InOrStdin())
			root.SetOut(cmd.OutOrStdout())
			root.SetErr(cmd.ErrOrStderr())
			return root.ExecuteContext(cmd.Context())
		},
	}
}
