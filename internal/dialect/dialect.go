package dialect

import "go.opentelemetry.io/collector/pdata/pcommon"

// Dialect is one convention of telemetry, as a table.
type Dialect struct {
	// Name is what the event's "convention" says.
	Name string

	// Marks by which telemetry is recognised; one is enough.
	Heads    []string // heads of attribute keys, up to the first '.' or ':'
	Markers  []string // whole attribute keys
	Scopes   []string // beginnings of instrumentation scope names
	Services []string // values of the resource's service.name
	Logs     []string // beginnings of log event names

	// Keys that hold the fields, the preferred ones first.
	Keys []Key
	// Indexed are families of keys that spell out lists; any of Keys goes before them.
	Indexed []Indexed
	// Documents are attributes that hold JSON objects, some members of which hold fields.
	Documents []Document
	// Operations gives the meaning of a value of Operation or Method, in lower case.
	Operations map[string]Op
	// Names gives the meaning of span names where there is no operation.
	Names []Name
	// Suffixes is Names for span names of the form "<rest><Prefix>".
	Suffixes []Name
	// Events gives the meaning of span events and log records, by event name.
	Events map[string]Event
	// Loose says that its marks are guesses, which count where there is no other mark, and that what
	// names no operation may still be one. With the others that is a step which tells nothing.
	Loose bool
	// ExcludesCache says that the input tokens do not count the cached ones (gotcha 6).
	ExcludesCache bool
	// Refusals are the results of tools that were not run, since somebody or something refused it.
	Refusals []Refusal
	// Refine says what the table can't; optional. It sees all fields read.
	Refine func(*Facts)
}

// Key says that an attribute holds a field.
type Key struct {
	Name  string
	Field Field
}

// Name says what a span name of the form "<Prefix> <rest>" means, and which field the rest
// holds; Ignored for none.
type Name struct {
	Prefix string
	Op     Op
	Rest   Field
}

// Event says what a span event or log record of some name means.
type Event struct {
	// Op is what a log record of that name tells of.
	Op Op
	// Own says that a span event of that name makes facts of its own, with that Op.
	// Otherwise it adds to those of its span.
	Own bool
	// Read takes from it what its attributes, read by Keys, do not say. Body is empty
	// for span events.
	Read func(f *Facts, attributes pcommon.Map, body pcommon.Value)
}

// Dialects lists the conventions, the most telling first: what stands first leads the
// event's "convention", and its keys win.
var Dialects = []*Dialect{
	&claudeCode,
	&codex,
	&geminiCLI,
	&copilot,
	&loongSuite,
	&otelProposed,
	&googleADK,
	&agentFramework,
	&semanticKernel,
	&autogen,
	&strands,
	&vercelLegacy,
	&vercelAI,
	&livekit,
	&springAI,
	&crewAI,
	&openAIAgentsOTel,
	&anthropicSDK,
	&otelOpenAI,
	&bedrock,
	&langSmith,
	&langfuse,
	&openInference,
	&traceloop,
	&mastra,
	&logfire,
	&genkit,
	&openLIT,
	&mcp,
	&otelGenAI,
	&wild,
	&generic,
	&surroundings, // marked by nothing, read on demand
}

// Set is a set of dialects, a bit each by place in [Dialects].
type Set uint64

// Empty says whether there is none.
func (s Set) Empty() bool { return s == 0 }

func (s Set) has(i int) bool { return s&(1<<i) != 0 }

// String names the dialects, the leading one first, separated by commas.
func (s Set) String() string {
	if name, ok := setNames[s]; ok { // nearly always one dialect or two
		return name
	}
	return joinNames(s)
}

var setNames = func() map[Set]string {
	m := map[Set]string{}
	for i := range Dialects {
		for j := range Dialects {
			s := Set(1<<i | 1<<j)
			m[s] = joinNames(s)
		}
	}
	return m
}()

func joinNames(s Set) string {
	var names string
	for i, d := range Dialects {
		if s.has(i) {
			if names != "" {
				names += ","
			}
			names += d.Name
		}
	}
	return names
}

// InputIncludesCache says whether the leading dialect counts cached tokens among the input.
func (s Set) InputIncludesCache() bool {
	for i, d := range Dialects {
		if s.has(i) {
			return !d.ExcludesCache
		}
	}
	return true
}
