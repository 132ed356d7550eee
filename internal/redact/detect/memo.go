package detect

import "github.com/agentaudit/agentaudit/internal/redact/keyname"

// memo is what a scan has learnt of its text. Anchors may stand as close together as they like, each with the same long
// stretch behind it: what was walked over for one isn't walked over again for the next.
type memo struct {
	scan    int   // number of the scan: what others learnt is of other texts
	runs    []run // by charset, of what stands behind anchors
	names   run
	label   labelAt
	class   classOf
	stretch stretch
}

// run is a stretch of bytes of one set, as far as it is known.
type run struct{ scan, start, end int }

// labelAt is what was read behind the name text[start:end].
type labelAt struct {
	scan, start, end int
	label            label
	signed, ok       bool
}

// classOf is what a name says.
type classOf struct {
	scan  int
	name  string
	class keyname.Class
}

// classOf says what a name says: of many in a row that are the same once.
func (k *memo) classOf(name string) keyname.Class {
	if c := &k.class; c.scan != k.scan || c.name != name {
		*c = classOf{k.scan, name, keyname.Classify(name)}
	}
	return k.class.class
}

// begin forgets what was learnt: the next text is another.
func (k *memo) begin(runs int) {
	if k.scan++; len(k.runs) < runs {
		k.runs = make([]run, runs)
	}
}

// known says whether the run is of this scan and i lies in it, or at its end.
func (r *run) known(scan, i int) bool { return r.scan == scan && r.start <= i && i <= r.end }

// behind is the index where the bytes of set that begin at text[i] end, or limit.
func (r *run) behind(scan int, set *charset, text string, i, limit int) int {
	end := i
	known := r.known(scan, i)
	if known {
		end = r.end
	}
	for end < limit && set.has(text[end]) {
		end++
	}
	if known {
		r.end = end
	} else {
		*r = run{scan, i, end}
	}
	return min(end, limit)
}

// before is the index where the bytes of set that end at text[i] begin, or limit.
func (r *run) before(scan int, set *charset, text string, i, limit int) int {
	start := i
	known := r.known(scan, i)
	if known {
		start = r.start
	}
	for start > limit && set.has(text[start-1]) {
		start--
	}
	if known {
		r.start = start
	} else {
		*r = run{scan, start, i}
	}
	return max(start, limit)
}

// longElement is the length from which on the runs of an element are noted.
const longElement = 16

// numberRuns gives each charset of the long elements of patterns to the right a number from 1 on, and returns how many there are, 0 included.
func numberRuns(detectors []*detector) int {
	numbers := map[charset]int{}
	for _, d := range detectors {
		for i := range d.right {
			e := &d.right[i]
			if e.max < longElement {
				continue
			}
			if numbers[e.set] == 0 {
				numbers[e.set] = len(numbers) + 1
			}
			e.run = numbers[e.set]
		}
	}
	return len(numbers) + 1
}
