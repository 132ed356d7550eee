package faultproxy

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
)

// Fault is one way to mistreat a request.
type Fault string

// Faults. Those of the first group never reach the server; those of the second always do, so whatever the
// request asked for has been done when the client learns nothing of it.
const (
	None Fault = ""

	Denied       Fault = "403"           // AccessDenied
	Skewed       Fault = "403_skewed"    // RequestTimeTooSkewed
	TooMany      Fault = "429"           // TooManyRequests
	Internal     Fault = "500"           // InternalError
	SlowDown     Fault = "503"           // SlowDown
	ResetRequest Fault = "reset_request" // half of the body goes on to the server, then both connections are reset
	Hang         Fault = "hang"          // silence until the client gives up

	ResetAnswer Fault = "reset_answer" // half of the answer comes back, then a reset
	LostAnswer  Fault = "lost_answer"  // a reset in place of the answer
	HangAnswer  Fault = "hang_answer"  // silence in place of the answer
)

// answers are the faults that are an answer of S3's own.
var answers = map[Fault]struct {
	status        int
	code, message string
}{
	Denied:   {http.StatusForbidden, "AccessDenied", "Access Denied"},
	Skewed:   {http.StatusForbidden, "RequestTimeTooSkewed", "The difference between the request time and the current time is too large."},
	TooMany:  {http.StatusTooManyRequests, "TooManyRequests", "Please reduce your request rate."},
	Internal: {http.StatusInternalServerError, "InternalError", "We encountered an internal error. Please try again."},
	SlowDown: {http.StatusServiceUnavailable, "SlowDown", "Please reduce your request rate."},
}

// All are the faults there are, in a fixed order.
func All() []Fault {
	return []Fault{Denied, Skewed, TooMany, Internal, SlowDown, ResetRequest, Hang, ResetAnswer, LostAnswer, HangAnswer}
}

// Evenly returns rates that sum up to total, the same for each fault.
func Evenly(total float64) map[Fault]float64 {
	rates := map[Fault]float64{}
	for _, f := range All() {
		rates[f] = total / float64(len(All()))
	}
	return rates
}

// Plan says what befalls requests. The zero value lets everything pass.
type Plan struct {
	// Rates are the probabilities of faults, of a request each. They sum up to 1 at most.
	Rates map[Fault]float64
	// Decide, if set, takes the place of Rates. It is called by several goroutines.
	Decide func(*http.Request) Fault
}

// validate refuses what All does not know and probabilities that are none.
func (p Plan) validate() error {
	sum := 0.0
	for fault, rate := range p.Rates {
		if !slices.Contains(All(), fault) {
			return fmt.Errorf("no such fault: %q", fault)
		}
		if rate < 0 {
			return fmt.Errorf("fault %s: rate %v is below 0", fault, rate)
		}
		sum += rate
	}
	if cmp.Compare(sum, 1+1e-9) > 0 {
		return fmt.Errorf("rates sum up to %v, at most 1", sum)
	}
	return nil
}

// draw returns the fault that a number from 0 to 1 stands for.
func (p Plan) draw(number float64) Fault {
	for _, f := range All() { // a map's order would make the seed worthless
		if number -= p.Rates[f]; number < 0 {
			return f
		}
	}
	return None
}
