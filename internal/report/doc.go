// Package report turns questions into documents. A question is a SQL file under sql/, which reads the views events and history of
// internal/lake; its header comment says what it answers. A report is a row of the table in reports.go: a title and the questions
// that it asks. A [Document] is the answer in a form that every format can print: text for people, Markdown, HTML, JSON, CSV.
//
// The same input gives the same bytes: questions order their rows completely, and no document holds the time of its making.
//
// # Figures
//
// One failure is told by several events: the call's result says that it failed, and so may the run around it. agent.error is made by the
// innermost failing step alone, so errors are counted on it, and error rates on the calls of tools and models that have an outcome. Tokens
// and cost are counted on agent.token_usage alone. What no event tells stays absent: a sum of costs is that of the calls that have one.
//
// # Columns
//
// How a column is printed follows from its name, so that a question says it where it is asked: _usd is money, _rate and _share are
// fractions of one, _ms is a duration, _at a time, _on a day, _ids a list of event ids; the rest is what the engine returns. One row of many
// columns is printed as a list.
package report
