// Package otlpdepth finds OTLP requests whose values are nested so deeply that reading them would exhaust the stack.
//
// An attribute may be a list or map of attributes, and so on without end. The Collector's reader of protobuf calls itself
// for each level and has no limit, so a request of a dozen megabytes, well formed, ends the process: "goroutine stack
// exceeds 1000000000-byte limit", which nothing can catch. [Check] looks at the encoded request first, in one pass,
// with memory for each level and without recursion.
//
// It knows of OTLP's messages only which fields lead to values, and looks at whatever may be one. What is malformed is
// not its business: the real reader refuses that.
package otlpdepth

import (
	"errors"
	"fmt"

	"google.golang.org/protobuf/encoding/protowire"
)

// Max is how many messages may be nested: the limit of Go's own protobuf library, two for each level of a list and
// three for each of a map. Real telemetry has a few dozen at most.
const Max = protowire.DefaultRecursionLimit

// ErrTooDeep means that the request is nested more than Max levels deep.
var ErrTooDeep = errors.New("values are nested too deeply")

// kind is a kind of message.
type kind uint8

const (
	request kind = iota
	resourceItems
	resource
	scopeItems
	scope
	item
	event
	value
	list
	pairs
	pair
	kinds
)

// maxField is the largest number of a field that leads to values.
const maxField = 13

// fields says which fields of a message hold a message that leads to values. Spans and log records are one kind: what
// leads to values in the one is in the other the same, a text, or bytes.
var fields = [kinds][maxField + 1]kind{
	request:       {1: resourceItems},
	resourceItems: {1: resource, 2: scopeItems},
	resource:      {1: pair},
	scopeItems:    {1: scope, 2: item},
	scope:         {3: pair},
	item:          {5: value, 6: pair, 9: pair, 11: event, 13: event}, // body and attributes of a record; attributes, events and links of a span
	event:         {3: pair, 4: pair},                                 // attributes of a span event and of a link
	value:         {5: list, 6: pairs},
	list:          {1: value},
	pairs:         {1: pair},
	pair:          {2: value},
}

// level is a message that is being read.
type level struct {
	kind kind
	end  int
}

// Check returns an error that wraps ErrTooDeep if a request of traces or logs, in protobuf, is nested too deeply.
func Check(body []byte) error {
	var room [64]level
	open := append(room[:0], level{request, len(body)})
	for at := 0; len(open) > 0; {
		top := open[len(open)-1]
		if at >= top.end {
			open = open[:len(open)-1]
			continue
		}
		number, start, end := next(body[:top.end], at)
		at = end
		if start < 0 || number > maxField || fields[top.kind][number] == request {
			continue
		}
		if len(open) == Max {
			return fmt.Errorf("%w: more than %d levels", ErrTooDeep, Max)
		}
		open, at = append(open, level{fields[top.kind][number], end}), start
	}
	return nil
}

// next reads the field of a message at an offset: its number and where it ends, and where its bytes start or -1 if it
// has none. Where the message is malformed, or is no message but a name or id that stands in the same place of the
// other signal, the rest of it counts as one such field.
func next(message []byte, at int) (number protowire.Number, start, end int) {
	number, wire, n := protowire.ConsumeTag(message[at:])
	if n < 0 {
		return 0, -1, len(message)
	}
	at += n
	if wire != protowire.BytesType {
		if n = protowire.ConsumeFieldValue(number, wire, message[at:]); n < 0 {
			return 0, -1, len(message)
		}
		return number, -1, at + n
	}
	size, n := protowire.ConsumeVarint(message[at:])
	if at += n; n < 0 || size > uint64(len(message)-at) { //nolint:gosec // not negative
		return 0, -1, len(message)
	}
	return number, at, at + int(size) //nolint:gosec // at most len(message)
}
