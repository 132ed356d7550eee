package main

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"google.golang.org/protobuf/encoding/protowire"
)

// part is a part of the collector, known by the functions on the stack.
type part struct {
	name   string
	within []string // beginnings of functions
	except string   // a function that is none of it
}

const module = "github.com/agentaudit/agentaudit/"

// parts are looked up in order: a sample belongs to the first that has a function on its stack. So what the allocator and the
// collector of garbage do within a part is the part's, save what runs beside it.
var parts = []part{
	{"redaction", []string{module + "internal/redact"}, "(*Redactor).HMAC"}, // hashes of actions are no redaction
	{"processor, the rest", []string{module + "processor/"}, ""},
	{"exporter and journal", []string{module + "exporter/", module + "internal/journal", module + "internal/seal", module + "internal/objstore"}, ""},
	{"receiver", []string{"google.golang.org/grpc", "go.opentelemetry.io/collector/receiver", "net.(*conn)"}, ""},
	{"garbage collection", []string{"runtime.gcBgMarkWorker", "runtime.bgsweep", "runtime.bgscavenge"}, ""},
	{"the rest", []string{""}, ""},
}

// shares reads a CPU profile and returns the share of each part.
func shares(name string) ([]float64, error) {
	raw, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	unzip, err := gzip.NewReader(bytes.NewReader(raw))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	text, err := io.ReadAll(unzip)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	p, err := parseProfile(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	sums, total := make([]float64, len(parts)), 0.0
	for _, s := range p.samples {
		i := slices.IndexFunc(parts, func(at part) bool { return p.on(s.locations, at) })
		sums[i] += float64(s.nanoseconds)
		total += float64(s.nanoseconds)
	}
	if total == 0 {
		return nil, fmt.Errorf("%s: no samples", name)
	}
	for i := range sums {
		sums[i] /= total
	}
	return sums, nil
}

// profile is what is needed of profile.proto of github.com/google/pprof.
type profile struct {
	samples   []sample
	lines     map[uint64][]uint64 // by location: functions, the inlined first
	functions map[uint64]uint64   // name by function
	strings   []string
}

type sample struct {
	locations   []uint64
	nanoseconds int64
}

// on says whether a stack is in a part.
func (p *profile) on(stack []uint64, at part) bool {
	found := false
	for _, location := range stack {
		for _, function := range p.lines[location] {
			name := ""
			if i := p.functions[function]; i < uint64(len(p.strings)) {
				name = p.strings[i]
			}
			if at.except != "" && strings.Contains(name, at.except) {
				return false
			}
			found = found || slices.ContainsFunc(at.within, func(begin string) bool { return strings.HasPrefix(name, begin) })
		}
	}
	return found
}

func parseProfile(text []byte) (*profile, error) {
	p := &profile{lines: map[uint64][]uint64{}, functions: map[uint64]uint64{}}
	return p, eachField(text, func(field protowire.Number, _ uint64, body []byte) error {
		switch field {
		case 2:
			var s sample
			var values []uint64
			err := eachField(body, func(field protowire.Number, number uint64, body []byte) error {
				switch field {
				case 1:
					s.locations = appendNumbers(s.locations, number, body)
				case 2:
					values = appendNumbers(values, number, body)
				}
				return nil
			})
			if len(values) == 2 { // samples, and CPU in nanoseconds
				s.nanoseconds = int64(values[1]) //nolint:gosec // not negative
			}
			p.samples = append(p.samples, s)
			return err
		case 4:
			return p.parseLocation(body)
		case 5:
			var id, name uint64
			err := eachField(body, func(field protowire.Number, number uint64, _ []byte) error {
				switch field {
				case 1:
					id = number
				case 2:
					name = number
				}
				return nil
			})
			p.functions[id] = name
			return err
		case 6:
			p.strings = append(p.strings, string(body))
		}
		return nil
	})
}

func (p *profile) parseLocation(text []byte) error {
	var id uint64
	var functions []uint64
	err := eachField(text, func(field protowire.Number, number uint64, body []byte) error {
		switch field {
		case 1:
			id = number
		case 4:
			return eachField(body, func(field protowire.Number, number uint64, _ []byte) error {
				if field == 1 {
					functions = append(functions, number)
				}
				return nil
			})
		}
		return nil
	})
	p.lines[id] = functions
	return err
}

// appendNumbers appends a repeated number, packed or not.
func appendNumbers(list []uint64, number uint64, packed []byte) []uint64 {
	if packed == nil {
		return append(list, number)
	}
	for len(packed) > 0 {
		v, n := protowire.ConsumeVarint(packed)
		if n < 0 {
			return list
		}
		list, packed = append(list, v), packed[n:]
	}
	return list
}

// eachField calls f for each field of a message that is a number or has a body.
func eachField(text []byte, f func(field protowire.Number, number uint64, body []byte) error) error {
	for len(text) > 0 {
		field, kind, n := protowire.ConsumeTag(text)
		if n < 0 {
			return errors.New("no profile")
		}
		text = text[n:]
		var number uint64
		var body []byte
		switch kind {
		case protowire.VarintType:
			number, n = protowire.ConsumeVarint(text)
		case protowire.BytesType:
			body, n = protowire.ConsumeBytes(text)
		default:
			n = protowire.ConsumeFieldValue(field, kind, text)
		}
		if n < 0 {
			return errors.New("no profile")
		}
		text = text[n:]
		if err := f(field, number, body); err != nil {
			return err
		}
	}
	return nil
}
