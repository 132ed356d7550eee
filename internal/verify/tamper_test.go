package verify

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/agentaudit/agentaudit/internal/event"
	"github.com/agentaudit/agentaudit/internal/layout"
	"github.com/agentaudit/agentaudit/internal/objstore"
)

// crime is a bucket to be tampered with: two writers, three days, a rotation, day objects, locks, full and partial tiles.
type crime struct {
	t     *testing.T
	store *memory
	all   []*writer // w0 and w1
	old   *memory   // the bucket as it was on the second day
	oldAt time.Time // when it was so
	opts  []func(*Options)
}

var firstDay = layout.Date{Year: 2026, Month: time.November, Day: 20}

// scene makes the same bucket every time. change is done to the first writer before it begins.
func scene(t *testing.T, pack layout.Compression, change func(*writer)) *crime {
	return sceneOf(t, 7, pack, change)
}

// sceneOf makes one with other keys.
func sceneOf(t *testing.T, seed uint64, pack layout.Compression, change func(*writer)) *crime {
	rng := rand.New(rand.NewPCG(seed, seed))
	c := &crime{t: t, store: newMemory()}
	for i := range 2 {
		w := newWriter(c.store, rng, fmt.Sprintf("w%d", i))
		w.pack, w.lock = pack, objstore.LockGovernance
		c.all = append(c.all, w)
	}
	if change != nil {
		change(c.all[0])
	}
	for _, w := range c.all {
		w.others = c.all
		w.start()
	}
	fill := func(n int) {
		for range n {
			for _, w := range c.all {
				var lines []line
				for i := range 12 {
					lines = append(lines, line{tier: event.Tiers[i%2], at: w.now.Add(-time.Minute), text: fmt.Sprintf(`{"text":"%x"}`, rng.Uint64())})
				}
				w.sealLines(lines, 1)
				w.pass(10 * time.Minute)
			}
		}
	}
	fill(6)
	for _, w := range c.all {
		w.pass(4 * time.Hour)
		w.rollup(firstDay, false)
	}
	fill(3)
	c.all[0].rotate()
	for range 260 { // under one checkpoint: a signature takes longer than all else in this test
		c.all[1].append(entry{Kind: kindHeartbeat})
	}
	c.all[1].sign()
	fill(2)
	for _, w := range c.all {
		w.publish()
	}
	c.old, c.oldAt = c.store.clone(), latest(c.all)
	for _, w := range c.all {
		w.pass(26 * time.Hour)
	}
	fill(4)
	for _, w := range c.all {
		w.closing()
		w.root() // nothing of a writer changes any more
	}
	return c
}

func (c *crime) w(i int) *writer { return c.all[i] }

// segments are the keys of a writer's segments, in the order of its seals.
func (c *crime) segments(i int) []string {
	var keys []string
	for key := range c.store.files {
		if s, err := layout.ParseSegment(key); err == nil && s.Writer == c.w(i).name {
			keys = append(keys, key)
		}
	}
	slices.SortFunc(keys, func(a, b string) int {
		x, _ := layout.ParseSegment(a)
		y, _ := layout.ParseSegment(b)
		return cmp.Or(cmp.Compare(x.Seal, y.Seal), cmp.Compare(a, b))
	})
	return keys
}

// victim is a segment in the middle.
func (c *crime) victim() string { return c.segments(0)[20] }

func (c *crime) change(key string, edit func([]byte) []byte) {
	data, ok := c.store.files[key]
	require.True(c.t, ok, key)
	changed := edit(bytes.Clone(data))
	require.NotEqual(c.t, string(data), string(changed), "nothing was changed")
	c.store.files[key] = changed
}

// lines edits the lines of the victim, and packs them again.
func (c *crime) lines(edit func([][]byte) [][]byte) {
	pack := c.w(0).pack
	c.change(c.victim(), func(data []byte) []byte {
		lines := bytes.SplitAfter(unpacked(pack, data), []byte("\n"))
		return packed(pack, bytes.Join(edit(lines[:len(lines)-1]), nil))
	})
}

func (c *crime) replaceLine(old, new string) {
	c.lines(func(l [][]byte) [][]byte {
		l[2] = bytes.Replace(l[2], []byte(old), []byte(new), 1)
		return l
	})
}

func (c *crime) drop(keys ...string) {
	for _, key := range keys {
		require.Contains(c.t, c.store.files, key)
		delete(c.store.files, key)
	}
}

func (c *crime) dropPrefix(prefix string) {
	n := len(c.store.files)
	maps.DeleteFunc(c.store.files, func(key string, _ []byte) bool { return strings.HasPrefix(key, prefix) })
	require.Less(c.t, len(c.store.files), n)
}

// rollBack takes a writer's trail to what it was on the second day; objects too, if asked.
func (c *crime) rollBack(i int, objects bool) {
	name := c.w(i).name
	maps.DeleteFunc(c.store.files, func(key string, _ []byte) bool {
		mine := strings.HasPrefix(key, layout.TrailPrefix(name))
		if s, err := layout.ParseSegment(key); err == nil && objects && s.Writer == name {
			mine = true
		}
		_, was := c.old.files[key]
		return mine && !was
	})
	pointer := layout.TrailPrefix(name) + pathPointer
	c.store.files[pointer] = c.old.files[pointer]
}

// covers leaves what is under a key as an older version.
func (c *crime) covers(key string) {
	c.store.older[key] = []objstore.Version{{Key: key, ID: "1", Size: int64(len(c.store.files[key])), Modified: testStart}}
}

func (c *crime) entry(i int, n int64) string      { return c.w(i).path(numbered(dirEntries, n)) }
func (c *crime) checkpoint(i int, n int64) string { return c.w(i).path(numbered(dirCheckpoints, n)) }
func (c *crime) size(i int) int64                 { return int64(len(c.w(i).leaves)) }

// saved gives the auditor a trust file of the second day.
func (c *crime) saved() {
	rep := look(c.t, c.old, c.all, func(o *Options) { o.Keys, o.Now = nil, c.oldAt.Add(time.Minute) })
	require.Len(c.t, rep.Trust.Writers, 2)
	c.opts = append(c.opts, func(o *Options) { o.Trust = rep.Trust })
}

// mutation is one row of the matrix: what is done, and the kind it must be named as.
type mutation struct {
	name string
	kind Kind
	do   func(c *crime)
	// also are kinds that may come along, because they are true as well.
	also []Kind
	// lie is what the writer itself, who has the key, does wrong.
	lie   func(w *writer)
	atEnd bool // lines are added at the end
	// pack is the compression of the bucket.
	pack layout.Compression
}

func cut(n int) func([]byte) []byte { return func(b []byte) []byte { return b[:len(b)-n] } }

func flipAt(f func(n int) int) func([]byte) []byte {
	return func(b []byte) []byte {
		b[f(len(b))] ^= 0x40
		return b
	}
}

var lineMutations = []mutation{
	{name: "edit a line", kind: LinesEdited, do: func(c *crime) { c.replaceLine(`{"text":"`, `{"text":"x`) }},
	{name: "edit a line, same length", kind: LinesEdited, do: func(c *crime) { c.replaceLine(`{"text":`, `{"texs":`) }},
	{name: "space in a line", kind: LinesEdited, do: func(c *crime) { c.replaceLine(`,"params":`, `, "params":`) }},
	{name: "unicode escaped", kind: LinesEdited, do: func(c *crime) { c.replaceLine(`{"text"`, `{"\u0074ext"`) }},
	{name: "int as float", kind: LinesEdited, do: func(c *crime) { c.replaceLine(`"days":30`, `"days":30.0`) }},
	{name: "int as exponent", kind: LinesEdited, do: func(c *crime) { c.replaceLine(`"days":30`, `"days":3e1`) }},
	{name: "int64 beyond float", kind: LinesEdited, do: func(c *crime) { c.replaceLine(`{"text":"`, `{"n":9007199254740993,"text":"`) }},
	{name: "carriage return", kind: LinesEdited, do: func(c *crime) { c.replaceLine("}\n", "}\r\n") }},
	{name: "tier of a line", kind: LinesEdited, do: func(c *crime) { c.replaceLine(`"tier":"debug"`, `"tier":"info"`) }},
	{name: "day of a line", kind: LinesEdited, do: func(c *crime) { c.replaceLine(`"timestamp":"2026-11-2`, `"timestamp":"2026-12-2`) }},
	{name: "writer of a line", kind: LinesEdited, do: func(c *crime) { c.replaceLine(`"writer":"w0"`, `"writer":"w1"`) }},
	{name: "delete the first line", kind: LinesDeleted, do: func(c *crime) { c.lines(func(l [][]byte) [][]byte { return l[1:] }) }},
	{name: "delete a middle line", kind: LinesDeleted, do: func(c *crime) { c.lines(func(l [][]byte) [][]byte { return slices.Delete(l, 2, 3) }) }},
	{name: "delete the last line", kind: LinesDeleted, do: func(c *crime) { c.lines(func(l [][]byte) [][]byte { return l[:len(l)-1] }) }},
	{name: "duplicate a line", kind: LinesDuplicated, do: func(c *crime) { c.lines(func(l [][]byte) [][]byte { return slices.Insert(l, 2, l[1]) }) }},
	{name: "duplicate a line at the end", atEnd: true, kind: LinesDuplicated, do: func(c *crime) { c.lines(func(l [][]byte) [][]byte { return append(l, l[1]) }) }},
	{name: "one line in place of another", kind: LinesDuplicated, do: func(c *crime) {
		c.lines(func(l [][]byte) [][]byte { l[3] = l[2]; return l })
	}},
	{name: "swap two lines", kind: LinesReordered, do: func(c *crime) { c.lines(func(l [][]byte) [][]byte { l[1], l[2] = l[2], l[1]; return l }) }},
	{name: "reverse lines", kind: LinesReordered, do: func(c *crime) { c.lines(func(l [][]byte) [][]byte { slices.Reverse(l); return l }) }},
	{name: "add a line", atEnd: true, kind: LinesAdded, do: func(c *crime) {
		c.lines(func(l [][]byte) [][]byte {
			return append(l, append(c.w(0).eventLine(line{tier: "info", at: c.w(0).now, text: "1"}, 4000), '\n'))
		})
	}},
	{name: "add an empty line", atEnd: true, kind: LinesAdded, do: func(c *crime) { c.lines(func(l [][]byte) [][]byte { return append(l, []byte("\n")) }) }},
	{name: "join two lines", kind: LinesDeleted, do: func(c *crime) {
		c.lines(func(l [][]byte) [][]byte { l[1] = bytes.TrimSuffix(l[1], []byte("\n")); return l })
	}},
}

var objectMutations = []mutation{
	{name: "truncate head", kind: ObjectTruncated, do: func(c *crime) { c.change(c.victim(), func(b []byte) []byte { return b[7:] }) }},
	{name: "truncate middle", kind: ObjectTruncated, do: func(c *crime) {
		c.change(c.victim(), func(b []byte) []byte { return slices.Delete(b, len(b)/2, len(b)/2+9) })
	}},
	{name: "truncate tail", kind: ObjectTruncated, do: func(c *crime) { c.change(c.victim(), cut(1)) }},
	{name: "truncate mid-frame", kind: ObjectTruncated, do: func(c *crime) { c.change(c.victim(), func(b []byte) []byte { return b[:len(b)/2] }) }},
	{name: "truncate all", kind: ObjectTruncated, do: func(c *crime) { c.change(c.victim(), func([]byte) []byte { return nil }) }},
	{name: "append a frame", kind: ObjectAppended, do: func(c *crime) { c.change(c.victim(), func(b []byte) []byte { return append(b, b...) }) }},
	{name: "append an empty frame", kind: ObjectAppended, do: func(c *crime) {
		c.change(c.victim(), func(b []byte) []byte { return append(b, packed(layout.Zstd, nil)...) })
	}},
	{name: "append a skippable frame", kind: ObjectAppended, do: func(c *crime) {
		c.change(c.victim(), func(b []byte) []byte { return append(b, "\x50\x2a\x4d\x18\x04\x00\x00\x00evil"...) })
	}},
	{name: "append garbage", kind: ObjectAppended, do: func(c *crime) { c.change(c.victim(), func(b []byte) []byte { return append(b, 0) }) }},
	{name: "recompress", kind: ObjectRecompressed, do: func(c *crime) {
		c.change(c.victim(), func(b []byte) []byte {
			text := unpacked(layout.Zstd, b)
			return append(packed(layout.Zstd, text[:100]), packed(layout.Zstd, text[100:])...)
		})
	}},
	{name: "flip a bit", kind: ObjectCorrupt, do: func(c *crime) { c.change(c.victim(), flipAt(func(n int) int { return n / 2 })) }, also: []Kind{LinesEdited}},
	{name: "another packing", kind: ObjectCorrupt, do: func(c *crime) {
		c.change(c.victim(), func(b []byte) []byte {
			return append(packed(layout.Gzip, unpacked(layout.Zstd, b)), make([]byte, 100)...)
		})
	}},
	{name: "swap two objects of a tier", kind: ObjectReplaced, do: func(c *crime) {
		s := c.segments(0)
		c.store.files[s[8]], c.store.files[s[10]] = c.store.files[s[10]], c.store.files[s[8]]
	}},
	{name: "swap two tiers of a seal", kind: ObjectReplaced, do: func(c *crime) {
		s := c.segments(0)
		c.store.files[s[8]], c.store.files[s[9]] = c.store.files[s[9]], c.store.files[s[8]]
	}},
	{name: "another writer's object", kind: ObjectReplaced, do: func(c *crime) { c.store.files[c.segments(0)[8]] = c.store.files[c.segments(1)[8]] }},
	{name: "delete an object", kind: ObjectMissing, do: func(c *crime) { c.drop(c.victim()) }},
	{name: "delete two neighbours", kind: ObjectMissing, do: func(c *crime) { c.drop(c.segments(0)[18:22]...) }},
	{name: "delete the first object", kind: ObjectMissing, do: func(c *crime) { c.drop(c.segments(0)[0]); c.dropPrefix(layout.DaysRoot) }, also: []Kind{DayObjectMissing}},
	{name: "delete the last object", kind: ObjectMissing, do: func(c *crime) { s := c.segments(0); c.drop(s[len(s)-1]) }},
	{name: "delete at the rotation", kind: ObjectMissing, do: func(c *crime) { s := c.segments(0); c.drop(s[17], s[18]) }},
	{name: "delete a day", kind: ObjectMissing, do: func(c *crime) {
		for _, tier := range event.Tiers[:2] {
			c.dropPrefix(layout.SegmentPrefix(tier, firstDay.AddDays(1)))
		}
	}},
	{name: "delete at the day boundary", kind: ObjectMissing, do: func(c *crime) {
		for _, key := range c.segments(0) {
			if s, _ := layout.ParseSegment(key); s.Date == firstDay.AddDays(1) {
				c.drop(key)
				return
			}
		}
	}},
	{name: "delete what a day object holds, and flip it there", kind: DayObjectAltered, do: func(c *crime) {
		c.drop(c.segments(0)[0])
		for _, tier := range event.Tiers[:2] {
			c.change(layout.Day{Tier: tier, Date: firstDay, Writer: "w0", Compression: layout.Zstd}.Key(), flipAt(func(n int) int { return n / 2 }))
		}
	}, also: []Kind{ObjectMissing}},
	{name: "delete what a day object holds, and it, too", kind: DayObjectMissing, do: func(c *crime) {
		c.drop(c.segments(0)[0])
		c.drop(c.w(0).dayKey(event.Tiers[0]))
	}, also: []Kind{ObjectMissing}},
	{name: "delete a day's segments and day objects", kind: ObjectMissing, do: func(c *crime) {
		for _, tier := range event.Tiers[:2] {
			c.dropPrefix(layout.SegmentPrefix(tier, firstDay))
		}
		c.dropPrefix(layout.DaysRoot)
	}, also: []Kind{DayObjectMissing}},
	{name: "the same, of what was verified before", kind: ObjectMissing, do: func(c *crime) {
		c.saved()
		for _, tier := range event.Tiers[:2] {
			c.dropPrefix(layout.SegmentPrefix(tier, firstDay))
		}
		c.dropPrefix(layout.DaysRoot)
	}, also: []Kind{DayObjectMissing}},
	{name: "delete what a day object holds, and the index", kind: TrailFileMissing, do: func(c *crime) {
		c.drop(c.segments(0)[0])
		c.drop(c.w(0).path("rollups/2026-11-20-debug.jsonl"), c.w(0).path("rollups/2026-11-20-info.jsonl"))
	}, also: []Kind{ObjectMissing}},
	{name: "foreign object", kind: ForeignObject, do: func(c *crime) {
		c.store.files[layout.Segment{Tier: "critical", Date: firstDay, Writer: "w0", Seal: 3, Compression: layout.Zstd}.Key()] = c.store.files[c.victim()]
	}},
	{name: "foreign object beside its twin", kind: ForeignObject, do: func(c *crime) {
		c.store.files[strings.TrimSuffix(c.victim(), ".zst")] = []byte("{}\n")
	}},
	{name: "foreign object of seal 0", kind: ForeignObject, do: func(c *crime) {
		c.store.files[layout.Segment{Tier: "info", Date: firstDay, Writer: "w0", Seal: 0}.Key()] = []byte("{}\n")
	}},
	{name: "foreign name", kind: ForeignObject, do: func(c *crime) { c.store.files[layout.EventsRoot+"README"] = []byte("hi") }},
	{name: "foreign writer", kind: ForeignWriter, do: func(c *crime) {
		c.store.files[layout.Segment{Tier: "info", Date: firstDay, Writer: "evil", Seal: 1}.Key()] = []byte("{}\n")
	}},
	{name: "object that was never committed", kind: UncommittedObject, do: func(c *crime) {
		key := layout.Segment{Tier: "info", Date: firstDay, Writer: "w0", Seal: 99}.Key()
		c.store.put(key, []byte("{}\n"), objstore.Info{Modified: testStart})
	}},
	{name: "foreign day object", kind: ForeignObject, do: func(c *crime) {
		c.store.files[layout.Day{Tier: "critical", Date: firstDay, Writer: "w0"}.Key()] = []byte("{}\n")
	}},
	{name: "delete a day object", kind: DayObjectMissing, do: func(c *crime) {
		c.drop(layout.Day{Tier: "info", Date: firstDay, Writer: "w0", Compression: layout.Zstd}.Key())
	}},
	{name: "overwrite an object in a bucket with versions", kind: ObjectOverwritten, do: func(c *crime) {
		c.covers(c.victim())
		c.lines(func(l [][]byte) [][]byte { return l[1:] })
	}, also: []Kind{LinesDeleted}},
	{name: "overwrite an object and put it back", kind: ObjectOverwritten, do: func(c *crime) { c.covers(c.victim()) }},
	{name: "overwrite an entry", kind: ObjectOverwritten, do: func(c *crime) { c.covers(c.entry(0, 5)) }},
	{name: "delete an object and put it again", kind: ObjectOverwritten, do: func(c *crime) {
		c.store.older[c.victim()] = []objstore.Version{{Key: c.victim(), ID: "marker", Marker: true}}
	}},
	{name: "hide an object", kind: ObjectHidden, do: func(c *crime) { v := c.victim(); c.covers(v); c.drop(v) }, also: []Kind{ObjectMissing}},
	{name: "hide an entry", kind: ObjectHidden, do: func(c *crime) { c.covers(c.entry(0, 5)); c.drop(c.entry(0, 5)) }, also: []Kind{EntryMissing}},
	{name: "shorten a lock", kind: LockShortened, do: func(c *crime) {
		i := c.store.info[c.victim()]
		i.RetainUntil = i.RetainUntil.Add(-time.Hour)
		c.store.info[c.victim()] = i
	}},
	{name: "take the lock of an entry away", kind: LockShortened, do: func(c *crime) { c.store.info[c.entry(0, 5)] = objstore.Info{} }},
	{name: "take a lock away", kind: LockShortened, do: func(c *crime) { c.store.info[c.victim()] = objstore.Info{Key: c.victim()} }},
}

var logMutations = []mutation{
	{name: "delete a writer's log", kind: LogMissing, do: func(c *crime) { c.dropPrefix(layout.TrailPrefix("w1")) }},
	{name: "delete a writer", kind: LogMissing, do: func(c *crime) {
		c.dropPrefix(layout.TrailPrefix("w1"))
		maps.DeleteFunc(c.store.files, func(key string, _ []byte) bool { return strings.Contains(key, "/w1") })
	}},
	{name: "roll a log back", kind: LogRolledBack, do: func(c *crime) { c.rollBack(1, false) }, also: []Kind{UncommittedObject, LogUnfinished}},
	{name: "roll a writer back", kind: LogRolledBack, do: func(c *crime) { c.rollBack(1, true) }, also: []Kind{LogUnfinished}},
	{name: "roll everything back to yesterday", kind: LogRolledBack, do: func(c *crime) {
		c.saved()
		rep := look(c.t, c.store, c.all)
		c.opts = append(c.opts, func(o *Options) { o.Trust = rep.Trust })
		c.store = c.old.clone()
	}, also: []Kind{LogUnfinished}},
	{name: "delete the newest checkpoint", kind: LogRolledBack, do: func(c *crime) { c.drop(c.checkpoint(0, c.size(0))) }, also: []Kind{LogUnfinished}},
	{name: "replay an old checkpoint", kind: CheckpointMalformed, do: func(c *crime) {
		c.store.files[c.checkpoint(0, c.size(0))] = c.store.files[c.checkpoint(0, 5)]
	}, also: []Kind{LogRolledBack, LogUnfinished}},
	{name: "replay an old checkpoint in the middle", kind: CheckpointMalformed, do: func(c *crime) {
		c.store.files[c.checkpoint(0, 8)] = c.store.files[c.checkpoint(0, 7)]
	}},
	{name: "another writer's checkpoint", kind: CheckpointMalformed, do: func(c *crime) {
		c.store.files[c.checkpoint(0, 8)] = c.store.files[c.checkpoint(1, 8)]
	}},
	{name: "flip a bit of a signature", kind: BadSignature, do: func(c *crime) {
		c.change(c.checkpoint(0, 8), func(b []byte) []byte {
			at := &b[len(b)-20]
			*at = map[bool]byte{true: 'B', false: 'A'}[*at == 'A']
			return b
		})
	}},
	{name: "change a root", kind: BadSignature, do: func(c *crime) {
		c.store.files[c.checkpoint(0, 8)] = bytes.Replace(c.store.files[c.checkpoint(0, 8)], []byte(c.rootAt(8)), []byte(c.rootAt(7)), 1)
	}},
	{name: "re-sign a checkpoint with another key", kind: BadSignature, do: func(c *crime) {
		c.store.files[c.checkpoint(0, 8)] = signedCheckpoint("w0", 8, rootOf(c.w(0).leaves[:8]), c.thief())
	}},
	{name: "re-sign the newest checkpoint with another key", kind: BadSignature, do: func(c *crime) {
		n := c.size(0)
		c.store.files[c.checkpoint(0, n)] = signedCheckpoint("w0", int(n), c.w(0).root(), c.thief())
	}},
	{name: "a fork that the key signs", kind: CheckpointFork, do: func(c *crime) {
		c.store.files[c.checkpoint(1, 8)] = signedCheckpoint("w1", 8, tlog.RecordHash(nil), c.w(1).key)
	}},
	{name: "delete an entry", kind: EntryMissing, do: func(c *crime) { c.drop(c.entry(0, 5)) }},
	{name: "delete the last entry", kind: EntryMissing, do: func(c *crime) { c.drop(c.entry(0, c.size(0)-1)) }},
	{name: "edit an entry", kind: EntryAltered, do: func(c *crime) {
		c.change(c.entry(0, 5), func(b []byte) []byte { return bytes.Replace(b, []byte(`"lines":6`), []byte(`"lines":5`), 1) })
	}},
	{name: "edit an entry and its copies", kind: EntryAltered, do: func(c *crime) {
		old := bytes.Clone(c.store.files[c.entry(0, 5)])
		changed := bytes.Replace(old, []byte(`"lines":6`), []byte(`"lines":5`), 1)
		for key, data := range c.store.files {
			c.store.files[key] = bytes.ReplaceAll(data, old, changed)
		}
	}},
	{name: "space in an entry", kind: EntryAltered, do: func(c *crime) {
		c.change(c.entry(0, 5), func(b []byte) []byte { return bytes.Replace(b, []byte(`,"time"`), []byte(`, "time"`), 1) })
	}},
	{name: "truncate an entry", kind: EntryAltered, do: func(c *crime) { c.change(c.entry(0, 5), cut(9)) }},
	{name: "swap two entries", kind: EntryAltered, do: func(c *crime) {
		f := c.store.files
		f[c.entry(0, 5)], f[c.entry(0, 6)] = f[c.entry(0, 6)], f[c.entry(0, 5)]
	}},
	{name: "an entry of a megabyte", kind: EntryAltered, do: func(c *crime) { c.store.files[c.entry(0, 5)] = make([]byte, 1<<20) }},
	{name: "edit a tile", kind: TrailFileAltered, do: func(c *crime) { c.change(c.w(1).path("tile/0/000"), flipAt(func(n int) int { return n / 2 })) }},
	{name: "edit a bundle", kind: TrailFileAltered, do: func(c *crime) {
		c.change(c.w(1).path("tile/entries/000"), flipAt(func(n int) int { return n / 2 }))
	}},
	{name: "delete a tile", kind: TrailFileMissing, do: func(c *crime) { c.drop(c.w(1).path("tile/0/000")) }},
	{name: "delete a bundle", kind: TrailFileMissing, do: func(c *crime) { c.drop(c.w(1).path("tile/entries/000")) }},
	{name: "edit a partial tile", kind: TrailFileAltered, do: func(c *crime) { c.change(c.partial("tile/0/000.p/"), flipAt(func(n int) int { return n / 2 })) }},
	{name: "cut a partial bundle", kind: TrailFileAltered, do: func(c *crime) { c.change(c.partial("tile/entries/000.p/"), cut(3)) }},
	{name: "edit a days file", kind: TrailFileAltered, do: func(c *crime) { c.change(c.w(0).path("days/2026-11-20.jsonl"), cut(1)) }},
	{name: "delete a days file", kind: TrailFileMissing, do: func(c *crime) { c.drop(c.w(0).path("days/2026-11-20.jsonl")) }},
	{name: "edit a rollup's index", kind: TrailFileAltered, do: func(c *crime) { c.change(c.w(0).path("rollups/2026-11-20-info.jsonl"), cut(1)) }},
	{name: "delete a rollup's index", kind: TrailFileMissing, do: func(c *crime) { c.drop(c.w(0).path("rollups/2026-11-20-info.jsonl")) }},
	{name: "foreign file in the trail", kind: TrailFileForeign, do: func(c *crime) { c.store.files[c.w(0).path("evil")] = []byte("x") }},
	{name: "re-sign everything with another key", kind: WrongKey, do: func(c *crime) {
		c.store = sceneOf(c.t, 8, layout.Zstd, nil).store
	}},
	{name: "rewrite everything with the true key", kind: HistoryRewritten, do: func(c *crime) {
		c.saved()
		c.store = scene(c.t, layout.Zstd, func(w *writer) { w.config = strings.Repeat("cd", 32) }).store
	}},
	{name: "rewrite one log with the true key", kind: WitnessConflict, do: func(c *crime) {
		other := scene(c.t, layout.Zstd, func(w *writer) { w.config = strings.Repeat("cd", 32) })
		c.dropPrefix(layout.TrailPrefix("w0"))
		for key, data := range other.store.files {
			if strings.HasPrefix(key, layout.TrailPrefix("w0")) {
				c.store.files[key] = data
			}
		}
	}},
}

// lies are what only the key's holder can do: signed, but untrue.
var lies = []mutation{
	{name: "a seal left out", kind: SealGap, lie: func(w *writer) { onSeal(2, func(*entry) { w.seal++ })(w) }},
	{name: "seq with a gap", kind: SeqGap, lie: onSeal(3, func(e *entry) { e.Seal.FirstSeq++ }), also: []Kind{SeqLost, LineSeq, SeqDuplicate}},
	{name: "a wrong line root", kind: LineRoot, lie: onObject(3, func(o *object) { o.Root[0]++ })},
	{name: "a wrong number of bytes", kind: ByteCount, lie: onObject(3, func(o *object) { o.Bytes++ })},
	{name: "a wrong number of lines", kind: LineCount, lie: onObject(3, func(o *object) { o.Lines++ }), also: []Kind{SeqLost}},
	{name: "damage that is none", kind: LineDamaged, lie: onObject(3, func(o *object) { o.Damaged++ }), also: []Kind{SeqLost}},
	{name: "a wrong range", kind: LineSeq, lie: onObject(3, func(o *object) { o.FirstSeq++ })},
	{name: "a lock shorter than the retention", kind: LockTooShort, lie: onObject(3, func(o *object) { o.LockedUntil = stamp{o.LockedUntil.AddDate(0, 0, -20)} })},
	{name: "a wrong daily sum", kind: DailyMismatch, lie: onKind(kindDaily, func(e *entry) { e.Daily.Tiers[0].Lines++ })},
	{name: "a daily entry of other entries", kind: DailyMismatch, lie: onKind(kindDaily, func(e *entry) { e.Daily.From++ })},
	{name: "a day object of fewer segments", kind: RollupMismatch, lie: onKind(kindRollup, func(e *entry) { e.Rollup.Objects[0].Segments-- })},
	{name: "a rotation that nobody signed", kind: BadRotation, lie: onKind(kindRotation, func(e *entry) { e.Rotation.Note = strings.Replace(e.Rotation.Note, "v1", "v2", 1) }),
		also: []Kind{BadSignature, WrongKey}},
	{name: "an entry of another index", kind: EntryInvalid, lie: onSeal(3, func(e *entry) { e.Index++ }), also: []Kind{RollupMismatch}},
	{name: "a configuration change hidden", kind: EntryInvalid, lie: onSeal(3, func(e *entry) { e.ConfigHash = strings.Repeat("ee", 32) })},
	{name: "a silent day", kind: HeartbeatMissing, lie: func(w *writer) {
		w.edit = func(e *entry) {
			if e.Kind == kindStart {
				e.Start.Heartbeat = 60
			}
		}
	}},
	{name: "a log that just ends", kind: LogUnfinished, lie: nil, do: func(c *crime) {
		n := c.size(0)
		c.drop(c.checkpoint(0, n), c.entry(0, n-1), c.w(0).path(pathPointer))
		c.opts = append(c.opts, func(o *Options) { o.Now = o.Now.AddDate(0, 0, 3) })
	}, also: []Kind{LogRolledBack}},
}

func onKind(kind string, edit func(*entry)) func(*writer) {
	return func(w *writer) {
		done := false
		w.edit = func(e *entry) {
			if e.Kind == kind && !done {
				done = true
				edit(e)
			}
		}
	}
}

func onSeal(n int64, edit func(*entry)) func(*writer) {
	return func(w *writer) {
		w.edit = func(e *entry) {
			if e.Seal != nil && e.Seal.Seal == n {
				e.Seal.Objects = slices.Clone(e.Seal.Objects)
				edit(e)
			}
		}
	}
}

func onObject(n int64, edit func(*object)) func(*writer) {
	return onSeal(n, func(e *entry) { edit(&e.Seal.Objects[0]) })
}

func (c *crime) rootAt(n int) string { return rootOf(c.w(0).leaves[:n]).String() }
func (c *crime) thief() note.Signer  { return newSigner(rand.New(rand.NewPCG(9, 9)), "w0") }

// partial is the key of a partial tile or bundle of the first writer.
func (c *crime) partial(prefix string) string {
	for key := range c.store.files {
		if strings.HasPrefix(key, c.w(0).path(prefix)) {
			return key
		}
	}
	c.t.Fatal("no partial tile")
	return ""
}

func TestSceneIsClean(t *testing.T) {
	for _, pack := range compressions {
		c := scene(t, pack, nil)
		assert.Empty(t, look(t, c.store, c.all).Findings)
		assert.Empty(t, violations(look(t, c.old, c.all)))
		c.saved()
		rep := look(t, c.store, c.all, c.opts...)
		assert.Empty(t, rep.Findings)
		assert.Positive(t, rep.Skipped)
	}
}

// dayKey is that of the first day's object of a tier.
func (w *writer) dayKey(tier string) string {
	return layout.Day{Tier: tier, Date: firstDay, Writer: w.name, Compression: w.pack}.Key()
}

// TestHeldSegments: what only a day object holds is read there, line by line: the key's holder's lies are found there, too.
func TestHeldSegments(t *testing.T) {
	expire := func(c *crime) {
		for _, tier := range event.Tiers[:2] {
			c.dropPrefix(layout.SegmentPrefix(tier, firstDay))
		}
	}
	for _, pack := range compressions {
		c := scene(t, pack, nil)
		all := look(t, c.store, c.all)
		expire(c)
		rep := look(t, c.store, c.all)
		assert.Empty(t, rep.Findings)
		assert.Equal(t, all.Lines, rep.Lines)
		assert.Equal(t, all.Objects, rep.Objects)
		c.saved()
		assert.Empty(t, look(t, c.store, c.all, c.opts...).Findings)
	}
	for _, m := range lies {
		if m.lie == nil {
			continue
		}
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			c := scene(t, layout.Zstd, m.lie)
			want := look(t, c.store, c.all).Counts
			expire(c)
			got := look(t, c.store, c.all).Counts
			if m.kind == RollupMismatch || slices.Contains(m.also, RollupMismatch) {
				assert.Positive(t, got[ObjectMissing], "a day object that is untrue excuses nothing")
				return
			}
			assert.Equal(t, want, got)
		})
	}
}

func TestTamperMatrix(t *testing.T) {
	matrix := slices.Concat(objectMutations, logMutations, lies)
	for i := range matrix {
		matrix[i].pack = layout.Zstd
	}
	for _, pack := range compressions {
		for _, m := range lineMutations {
			m.pack = pack
			if pack == layout.None && m.atEnd { // there is no frame to end before it
				m.kind = ObjectAppended
			}
			m.name += " (" + pack.String() + ")"
			matrix = append(matrix, m)
		}
	}
	t.Logf("%d mutations", len(matrix))
	require.GreaterOrEqual(t, len(matrix), 60)
	clean := map[layout.Compression]*crime{}
	for _, pack := range compressions {
		clean[pack] = scene(t, pack, nil)
	}
	for _, m := range matrix {
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			c := &crime{t: t, store: clean[m.pack].store.clone(), all: clean[m.pack].all, old: clean[m.pack].old.clone(), oldAt: clean[m.pack].oldAt}
			if m.lie != nil {
				c = scene(t, m.pack, m.lie)
			}
			if m.do != nil {
				m.do(c)
			}
			rep := look(t, c.store, c.all, c.opts...)
			assert.False(t, rep.OK)
			var named bool
			for _, f := range rep.Findings {
				if f.Kind == m.kind {
					named = true
				} else if !f.Note && !slices.Contains(m.also, f.Kind) {
					t.Errorf("named as something else: %v", f)
				}
			}
			assert.True(t, named, "%s not among %v", m.kind, rep.Findings)
		})
	}
}
