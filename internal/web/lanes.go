package web

import (
	"cmp"

	"github.com/agentaudit/agentaudit/internal/timeline"
)

// lanes is the whole time at a glance: a lane for each agent, with what it did and where control went.
type lanes struct {
	Lanes  []lane
	Edges  []edge
	Height int
	// More agents have no lane.
	More int
}

type lane struct {
	Agent string
	Y     int
	Bars  []laneBar
}

// laneBar is one step, or many that would lie in one place.
type laneBar struct {
	X, Width float64
	Mark     string
	Number   int
}

// edge is a handoff, or a call from one agent into another.
type edge struct {
	X        float64
	From, To int // middles of lanes
}

// Measures of the picture, in units of which it is a thousand wide.
const (
	laneHeight = 26
	maxLanes   = 16
	maxEdges   = 300
	cellWidth  = 2 // bars that begin in one cell are drawn once
)

// weight says which of the steps in one cell is drawn.
var weight = map[string]int{"plain": 0, "handoff": 1, "approval": 2, "denied": 3, "failed": 4}

func lanesOf(t *timeline.Timeline) lanes {
	var l lanes
	at := map[string]int{}
	for i, name := range t.Lanes() {
		if i == maxLanes {
			l.More = len(t.Lanes()) - maxLanes
			break
		}
		at[name] = i
		l.Lanes = append(l.Lanes, lane{Agent: visible(name), Y: i * laneHeight})
	}
	l.Height = len(l.Lanes) * laneHeight
	time := scaleOf(t)
	type cell struct{ lane, x int }
	drawn := map[cell]int{}
	for i := range t.Steps {
		s := &t.Steps[i]
		n, ok := at[cmp.Or(s.Agent, timeline.NoAgent)]
		if !ok {
			continue
		}
		x := min(time.x(s.Start), 1000-leastWidth)
		b := laneBar{X: x, Width: max(time.x(s.End)-x, leastWidth), Mark: markOf(s.Kind, s.Outcome), Number: s.Number}
		bars := &l.Lanes[n].Bars
		key := cell{n, int(x) / cellWidth}
		if old, there := drawn[key]; there {
			o := &(*bars)[old]
			o.Width = max(o.Width, b.Width)
			if weight[b.Mark] > weight[o.Mark] {
				o.Mark, o.Number = b.Mark, b.Number
			}
		} else {
			drawn[key] = len(*bars)
			*bars = append(*bars, b)
		}
		if s.Parent >= 0 && len(l.Edges) < maxEdges {
			if from, ok := at[cmp.Or(t.Steps[s.Parent].Agent, timeline.NoAgent)]; ok && from != n {
				l.Edges = append(l.Edges, edge{x, from*laneHeight + laneHeight/2, n*laneHeight + laneHeight/2})
			}
		}
	}
	return l
}
