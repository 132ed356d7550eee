// Package timeline puts the events of a trace or a session together again: what happened, in which order, inside of what.
//
// # Steps
//
// Several events tell of one thing: a tool call of its start and of its result, a model call of the text and of the tokens. A
// [Step] is such a thing: an agent's run, a call of a model, a call of a tool, a decision. [Build] sorts the events by time, causes
// before effects, and gives each event to exactly one step. Events about one tool call go together by its id, within a trace, for some frameworks tell
// of the result in another span. Without an id they go together within a span, by action hash or tool; so do the events of one run and those of one model
// call. Everything else is a step of its own. Steps are numbered by their start.
//
// # The tree
//
// A step lies inside another one: of one span, the run before the model call before the tool call; else the step of the parent span, else that
// of the parent event. Log records name no parent: an approval lies inside the call whose id it names, and the rest inside the run of its turn.
// Whatever the parents are, each step has one place in the tree: a step whose parent is not among the events is a root ([MissingParent]), and where
// parents go round in a circle the earliest step of the circle becomes a root ([Cycle]). A step that began before its parent did, by the clocks, stays inside it
// and is marked ([ClockSkew]). None of this costs more than sorting.
//
// # Start and end
//
// A timestamp is the end of what has a duration, but for an agent's invocation, where it is the start. Tokens and cost are those of
// agent.token_usage alone, for other events repeat them.
package timeline
