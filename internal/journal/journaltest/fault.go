package journaltest

import (
	"errors"
	"fmt"
	"strings"
)

// Fault is what goes wrong at one call.
type Fault int

// The faults. A crash stops every later call too, until Restart.
const (
	None        Fault = iota
	FailBefore        // the call has no effect and returns ErrInjected
	FailAfter         // the call takes effect and returns ErrInjected
	ShortWrite        // a write takes effect by half; any other call as FailBefore
	CrashBefore       // the process dies before the call takes effect
	CrashAfter        // the process dies after the call took effect
	CrashShort        // the process dies in the middle of a write
)

// Faults are all of them, for tables.
var Faults = []Fault{FailBefore, FailAfter, ShortWrite, CrashBefore, CrashAfter, CrashShort}

func (f Fault) String() string {
	return [...]string{"none", "fail before", "fail after", "short write", "crash before", "crash after", "crash short"}[f]
}

var (
	// ErrInjected is returned by a call that was told to fail.
	ErrInjected = errors.New("injected failure")
	// ErrCrashed is returned by every call after a crash.
	ErrCrashed = errors.New("process has crashed")
)

// Fault makes the given call, counted from 1 over the life of the FS, go wrong.
func (f *FS) Fault(call int, fault Fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.faults[call] = fault
}

// Pick is asked about every call that has no fault yet. It must not call the FS.
func (f *FS) Pick(pick func(call int, op string) Fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.pick = pick
}

// Calls returns how many calls were made, and Log names them.
func (f *FS) Calls() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.calls
}

// Log names the calls that were made, with their faults.
func (f *FS) Log() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	out := make([]string, len(f.log))
	for i, c := range f.log {
		out[i] = fmt.Sprintf("%d %s", i+1, c.name())
		if c.fault != None {
			out[i] += ": " + c.fault.String()
		}
	}
	return out
}

// called is one call.
type called struct {
	op, what string
	fault    Fault
}

func (c called) name() string { return strings.TrimSuffix(c.op+" "+c.what, " ") }

// Crash ends the process: every call fails until Kill or PowerLoss.
func (f *FS) Crash() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.crashed = true
}

// Crashed says whether a fault has crashed the process.
func (f *FS) Crashed() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.crashed
}

// Room bounds the bytes by which files may still grow; < 0 lifts the bound.
func (f *FS) Room(bytes int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.room = bytes
}

// Calm takes back every fault that has not happened yet, and lifts the bound on room.
func (f *FS) Calm() {
	f.mu.Lock()
	defer f.mu.Unlock()
	clear(f.faults)
	f.pick, f.room = nil, -1
}

// Quiet says whether no fault can happen any more.
func (f *FS) Quiet() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.faults) == 0 && f.pick == nil
}

// call runs one operation under its fault. half is how it takes effect in
// part; nil if it can't. Called with mu held.
func (f *FS) call(op, what string, effect func() error, half func()) error {
	if f.crashed {
		return ErrCrashed
	}
	f.calls++
	fault := f.faults[f.calls]
	if fault == None && f.pick != nil {
		fault = f.pick(f.calls, called{op: op, what: what}.name())
	}
	f.log = append(f.log, called{op, what, fault})
	switch fault {
	case FailAfter, CrashAfter:
		if err := effect(); err != nil {
			return err
		}
	case ShortWrite, CrashShort:
		if half != nil {
			half()
		}
	case None:
		return effect()
	}
	if fault >= CrashBefore {
		f.crashed = true
		return ErrCrashed
	}
	return ErrInjected
}
