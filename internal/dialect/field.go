package dialect

// Field is one thing that telemetry can tell about what an agent did.
type Field uint8

// The fields. The comment says what the value is where the name does not.
const (
	Ignored Field = iota // known, and of no use to an audit

	Kind      // what kind of thing was done, in a word that says more than Operation does
	Operation // what kind of thing was done, in the dialect's own word
	Input     // what went in, whatever the operation is; see settle
	Output    // what came out
	Subject   // name of what did it or was used: the agent, the tool, the workflow

	AgentName
	AgentID
	AgentVersion
	ParentAgent // name of the agent that called this one
	WorkflowName
	UserID
	TenantID
	SessionID
	TaskID
	TurnID
	StepNumber

	Provider
	Model
	ResponseID
	FinishReason // text, or a list of texts
	SystemInstructions
	ToolDefinitions
	InputMessages
	OutputMessages
	Transcript // all messages of a run, asked and answered

	InputTokens
	OutputTokens
	TotalTokens
	ReasoningTokens
	CacheReadTokens
	CacheWriteTokens
	CostUSD

	ToolName
	ToolCallID
	ToolType
	ToolServer
	ToolArguments
	ToolResult
	Succeeded  // whether it worked, where said apart from the span's status
	DurationMS // how long it took, of log records, which are written at the end

	Method   // JSON-RPC method of a protocol such as MCP
	Resource // what data was touched
	Query    // what was asked of a data source
	Found    // what a data source gave

	Reasoning
	Decision
	Confidence
	Rationale

	HandoffFrom
	HandoffTo

	ApprovalStatus   // in the dialect's own word, see derive's table
	ApprovalActor    // in the dialect's own word, see derive's table
	ApprovalStanding // whether it holds for later calls too
	ApproverID
	ApprovalReason

	GuardrailName
	GuardrailVerdict
	GuardrailReason
	GuardrailTarget
	GuardrailPolicy
	GuardrailPolicyVersion
	GuardrailRisk

	FeedbackName
	FeedbackScore
	FeedbackLabel
	FeedbackComment
	FeedbackTarget
	FeedbackAnnotator
	Judgements // a list of annotations or evaluations

	ErrorType
	ErrorMessage
	ErrorStack

	numFields
)

// kind is what a field's value must be, or be fit to become.
type kind uint8

const (
	text    kind = iota // a string, or a number as its digits
	integer             // an integer, or a string of one
	number
	boolean // a bool, or "true" and "false" in any case
	content // anything: text, JSON text, maps, lists
	list    // a list of texts, a text, or a JSON array of texts as a string
)

// kinds holds the fields that are not text.
var kinds = [numFields]kind{
	StepNumber: integer, InputTokens: integer, OutputTokens: integer, TotalTokens: integer,
	ReasoningTokens: integer, CacheReadTokens: integer, CacheWriteTokens: integer,
	CostUSD: number, Confidence: number, GuardrailRisk: number, FeedbackScore: number, DurationMS: number,
	Succeeded: boolean, ApprovalStanding: boolean,
	FinishReason: list,

	SystemInstructions: content, ToolDefinitions: content, InputMessages: content, OutputMessages: content,
	ToolArguments: content, ToolResult: content, Query: content, Found: content, Input: content, Output: content, Judgements: content, Transcript: content,
}

// identity are the fields that a span without them takes from its nearest ancestor.
var identity = []Field{AgentName, AgentID, AgentVersion, SessionID, UserID, TenantID, TaskID, TurnID}

// Op is what was done, in one vocabulary for all dialects.
type Op uint8

// The operations.
const (
	Unknown   Op = iota
	Glue         // a step or wrapper that tells nothing of its own
	ModelCall    // a model was asked and answered
	Embeddings
	Rerank
	Reread // a stored response was fetched again: no new answer, no new usage
	AgentRun
	AgentCreate
	WorkflowRun
	Plan
	ToolRun
	DataRead
	DataWrite
	Handoff
	Guardrail
	Evaluation
	ApprovalAsked
	ApprovalDecided
	Review // a person's verdict on what is done already
	SessionStart
	SessionEnd
	Exception // an error told apart from the span that it happened in
	Messages  // a log record that holds one message of a model call

	AgentStart // the beginning of an agent's run or turn, told apart from its end
	AgentEnd
	ToolStart // a tool call, told apart from its result
	ToolEnd
	Choice     // something was decided: a route, a branch, an answer of a decision model
	Policy     // a policy was set, changed or enforced
	ModeChange // the rules of what needs a permission were changed

	NumOps // how many there are
)
