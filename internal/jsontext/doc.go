// Package jsontext reads and writes JSON text where it lies, without building
// values from it.
//
// An audit event carries whole documents (arguments, results, messages) that it
// does not interpret. They arrive as text and leave as text, so all that is
// needed is to know that the text is one valid JSON value, to drop the white
// space around its tokens, and to look at a member or an element here and there.
//
// # Promises
//
//   - Valid means valid as RFC 8259 has it, and valid UTF-8 throughout.
//   - Nesting is bounded by [MaxDepth]. Time is linear in the input, memory constant.
//   - No function panics, whatever the input.
//
// Offsets and lengths are in bytes.
package jsontext

import "errors"

// MaxDepth is how deep arrays and objects may nest. Deeper text is refused:
// readers in other languages stop at 100 to 1,000 levels, and no agent's
// payload in the field comes near it.
const MaxDepth = 128

// Errors of the readers. A caller that keeps the text as a JSON string instead
// has no need to tell them apart.
var (
	ErrSyntax = errors.New("not valid JSON")
	ErrDepth  = errors.New("JSON nested deeper than 128 levels")
)
