package main

import (
	"fmt"
	"testing"
)

// host takes the place of a test for package s3test. Of testing.TB it has what that package uses; anything else would
// be a call of a nil interface.
type host struct {
	testing.TB
	cleanups []func()
}

// refusal is what a fatal call panics with, and run recovers.
type refusal struct{ error }

func (h *host) Helper()                   {}
func (h *host) Cleanup(f func())          { h.cleanups = append(h.cleanups, f) }
func (h *host) Errorf(f string, a ...any) { fmt.Printf("soak: "+f+"\n", a...) }
func (h *host) Fatalf(f string, a ...any) { panic(refusal{fmt.Errorf(f, a...)}) }
func (h *host) Fatal(a ...any)            { panic(refusal{fmt.Errorf("%s", fmt.Sprint(a...))}) }
func (h *host) Skip(a ...any)             { h.Fatal(a...) }

// run returns what do was fatal of.
func (h *host) run(do func()) (err error) {
	defer func() {
		switch r := recover().(type) {
		case nil:
		case refusal:
			err = r.error
		default:
			panic(r)
		}
	}()
	do()
	return nil
}

func (h *host) close() {
	for len(h.cleanups) > 0 {
		last := len(h.cleanups) - 1
		h.cleanups[last]()
		h.cleanups = h.cleanups[:last]
	}
}
