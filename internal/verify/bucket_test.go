package verify

import (
	"bytes"
	"cmp"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash"
	"io"
	"iter"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/agentaudit/agentaudit/internal/event"
	"github.com/agentaudit/agentaudit/internal/layout"
	"github.com/agentaudit/agentaudit/internal/objstore"
)

// memory is a store in memory, which a test may tamper with.
type memory struct {
	mu    sync.Mutex
	files map[string][]byte
	info  map[string]objstore.Info
	older map[string][]objstore.Version // behind the newest, newest first
	keys  []string                      // of files, sorted; nil once a test has changed them behind its back
	gets  int
}

func newMemory() *memory {
	return &memory{files: map[string][]byte{}, info: map[string]objstore.Info{}, older: map[string][]objstore.Version{}}
}

func (m *memory) clone() *memory {
	return &memory{files: maps.Clone(m.files), info: maps.Clone(m.info), older: maps.Clone(m.older)}
}

func (m *memory) put(key string, data []byte, info objstore.Info) {
	if _, there := m.files[key]; there && !strings.HasSuffix(key, "/"+pathPointer) {
		panic("written twice: " + key)
	}
	info.Key, info.Size = key, int64(len(data))
	m.files[key], m.info[key] = data, info
	if i, there := slices.BinarySearch(m.keys, key); m.keys != nil && !there {
		m.keys = slices.Insert(slices.Clone(m.keys), i, key) // a copy: somebody may be listing the old one
	}
}

// forget has the next listing look again at what there is.
func (m *memory) forget() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.keys = nil
}

func (m *memory) Get(_ context.Context, key string) (io.ReadCloser, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.gets++
	data, ok := m.files[key]
	if !ok {
		return nil, fmt.Errorf("%s: %w", key, objstore.ErrNotFound)
	}
	return io.NopCloser(bytes.NewReader(data)), nil
}

func (m *memory) Stat(_ context.Context, key string) (objstore.Info, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, ok := m.files[key]; !ok {
		return objstore.Info{}, fmt.Errorf("%s: %w", key, objstore.ErrNotFound)
	}
	return m.info[key], nil
}

func (m *memory) List(_ context.Context, prefix, after string) iter.Seq2[objstore.Info, error] {
	return func(yield func(objstore.Info, error) bool) {
		m.mu.Lock()
		if m.keys == nil {
			m.keys = slices.Sorted(maps.Keys(m.files))
		}
		keys := m.keys
		m.mu.Unlock()
		first, _ := slices.BinarySearch(keys, max(prefix, after))
		for _, key := range keys[first:] {
			if !strings.HasPrefix(key, prefix) {
				return
			}
			if key > after && !yield(m.infoOf(key), nil) {
				return
			}
		}
	}
}

// Versions implements objstore.Versioner. A key that is not among the files, and has older versions, is hidden.
func (m *memory) Versions(_ context.Context, prefix string) iter.Seq2[objstore.Version, error] {
	return func(yield func(objstore.Version, error) bool) {
		keys := map[string]bool{}
		for key := range m.files {
			keys[key] = true
		}
		for key := range m.older {
			keys[key] = true
		}
		for _, key := range slices.Sorted(maps.Keys(keys)) {
			if !strings.HasPrefix(key, prefix) {
				continue
			}
			_, there := m.files[key]
			all := append([]objstore.Version{{Key: key, ID: "newest", Newest: true, Marker: !there, Size: int64(len(m.files[key]))}}, m.older[key]...)
			for _, v := range all {
				if !yield(v, nil) {
					return
				}
			}
		}
	}
}

func (m *memory) infoOf(key string) objstore.Info {
	m.mu.Lock()
	defer m.mu.Unlock()
	return objstore.Info{Key: key, Size: int64(len(m.files[key])), Modified: m.info[key].Modified}
}

// signer is an Ed25519 key of the test.
type signer struct {
	note.Signer

	vkey string
	pub  ed25519.PublicKey
}

func newSigner(rng *rand.Rand, writer string) signer {
	var seed [32]byte
	binary.LittleEndian.PutUint64(seed[:], rng.Uint64())
	skey, vkey, err := note.GenerateKey(bytes.NewReader(seed[:]), origin(writer))
	if err != nil {
		panic(err)
	}
	s, err := note.NewSigner(skey)
	if err != nil {
		panic(err)
	}
	_, pub, err := parseVerifierKey(vkey)
	if err != nil {
		panic(err)
	}
	return signer{s, vkey, pub}
}

// writer writes a log and its objects as docs/format.md says. It is a third implementation, for tests only: small, in memory,
// and in one go.
type writer struct {
	store  *memory
	rng    *rand.Rand
	name   string
	key    signer
	old    *signer
	now    time.Time
	pack   layout.Compression
	lock   objstore.LockMode
	others []*writer
	// edit changes an entry before it is written: a test's way to be a liar who has the key.
	edit func(*entry)

	leaves  []tlog.Hash
	tree    tree
	entries [][]byte
	seal    int64
	seq     int64
	beat    time.Duration
	config  string
	daily   int64
	dailyOn layout.Date
	dayHash hash.Hash
	sums    map[partition]*testGroup
	seen    map[string]int64
	counts  map[string]int64
	last    time.Time
	locked  time.Time
}

type testGroup struct {
	tierPart
	index    bytes.Buffer
	body     bytes.Buffer
	segments int64
	rolled   bool
	keys     []string
}

var testStart = time.Date(2026, 11, 20, 21, 0, 0, 0, time.UTC)

func newWriter(store *memory, rng *rand.Rand, name string) *writer {
	return &writer{
		store: store, rng: rng, name: name, key: newSigner(rng, name), now: testStart, pack: layout.Zstd, beat: time.Hour,
		dayHash: sha256.New(), sums: map[partition]*testGroup{}, seen: map[string]int64{}, config: strings.Repeat("ab", 32),
	}
}

func (w *writer) path(p string) string { return layout.TrailPrefix(w.name) + p }

// append adds an entry, without a checkpoint.
func (w *writer) append(e entry) {
	e.Schema, e.Writer, e.Index, e.Time = entrySchema, w.name, int64(len(w.entries)), stamp{w.now}
	e.Collector, e.Redaction = "v0.1.0", "7"
	e.ConfigChanged = e.Index > 0 && e.ConfigHash != "" && e.ConfigHash != w.config
	w.config = cmp.Or(e.ConfigHash, w.config)
	e.ConfigHash = w.config
	e.Counts, w.counts = w.counts, nil
	for _, o := range w.others {
		if n := int64(len(o.leaves)); n > w.seen[o.name] && o.name != w.name {
			e.Seen = append(e.Seen, seen{o.name, n, digest(o.root())})
			w.seen[o.name] = n
		}
	}
	slices.SortFunc(e.Seen, func(a, b seen) int { return cmp.Compare(a.Writer, b.Writer) })
	index := e.Index
	if w.edit != nil {
		w.edit(&e)
	}
	data, err := encode(e)
	if err != nil {
		panic(err)
	}
	if len(data) > maxEntry {
		panic("entry too long")
	}
	w.store.put(w.path(numbered(dirEntries, index)), data, w.trailInfo())
	w.entries, w.last = append(w.entries, data), w.now
	w.leaves = append(w.leaves, tlog.RecordHash(data))
	_, _ = w.dayHash.Write(append(slices.Clone(data), '\n'))
	w.fullTiles()
}

func (w *writer) trailInfo() objstore.Info {
	return objstore.Info{Modified: w.now, LockMode: w.lock, RetainUntil: w.locked}
}

// root follows the leaves with the tree of the package: rootOf, which shares nothing with it, would take minutes for long logs.
func (w *writer) root() tlog.Hash {
	for int(w.tree.size) < len(w.leaves) {
		w.tree.add(w.leaves[w.tree.size])
	}
	if len(w.leaves) < 64 && w.tree.root() != rootOf(w.leaves) {
		panic("two trees differ")
	}
	return w.tree.root()
}

func rootOf(leaves []tlog.Hash) tlog.Hash {
	if len(leaves) == 0 {
		return sha256.Sum256(nil)
	}
	if len(leaves) == 1 {
		return leaves[0]
	}
	k := 1
	for k*2 < len(leaves) {
		k *= 2
	}
	return tlog.NodeHash(rootOf(leaves[:k]), rootOf(leaves[k:]))
}

func signedCheckpoint(name string, size int, root tlog.Hash, keys ...note.Signer) []byte {
	data, err := note.Sign(&note.Note{Text: fmt.Sprintf("%s\n%d\n%s\n", origin(name), size, root)}, keys...)
	if err != nil {
		panic(err)
	}
	return data
}

// sign makes the checkpoint of the log as it is.
func (w *writer) sign() {
	keys := []note.Signer{w.key}
	if w.old != nil {
		keys = append(keys, w.old)
		w.old = nil
	}
	w.store.put(w.path(numbered(dirCheckpoints, int64(len(w.leaves)))), signedCheckpoint(w.name, len(w.leaves), w.root(), keys...), w.trailInfo())
}

// commit adds one entry with its checkpoint, after the daily entry that is due.
func (w *writer) commit(e entry) {
	w.closeDay()
	w.append(e)
	w.sign()
}

func (w *writer) fullTiles() {
	n := len(w.leaves)
	if n%tileWidth != 0 {
		return
	}
	w.store.put(w.path(tilePath("entries", int64(n/tileWidth-1))), bundleOf(w.entries[n-tileWidth:]), w.trailInfo())
	for level, span := 0, 1; n%(span*tileWidth) == 0; level, span = level+1, span*tileWidth {
		i := n/(span*tileWidth) - 1
		w.store.put(w.path(tilePath(strconv.Itoa(level), int64(i))), w.tile(level, i, tileWidth), w.trailInfo())
	}
}

func (w *writer) tile(level, n, width int) (data []byte) {
	span := 1
	for range level {
		span *= tileWidth
	}
	for i := range width {
		h := rootOf(w.leaves[(n*tileWidth+i)*span : (n*tileWidth+i+1)*span])
		data = append(data, h[:]...)
	}
	return data
}

func bundleOf(entries [][]byte) (data []byte) {
	for _, e := range entries {
		data = binary.BigEndian.AppendUint16(data, uint16(len(e)))
		data = append(data, e...)
	}
	return data
}

// publish makes the partial tiles and moves the pointer.
func (w *writer) publish() {
	n := len(w.leaves)
	for level, count := 0, n; count > 0; level, count = level+1, count/tileWidth {
		if width := count % tileWidth; width > 0 {
			name := tileName{strconv.Itoa(level), int64(count / tileWidth), int64(width)}
			w.put(w.path(name.path()), w.tile(level, count/tileWidth, width))
			if level == 0 {
				name.level = "entries"
				w.put(w.path(name.path()), bundleOf(w.entries[n-width:]))
			}
		}
	}
	w.store.put(w.path(pathPointer), w.store.files[w.path(numbered(dirCheckpoints, int64(n)))], w.trailInfo())
}

// put is for files that may be there already, the same.
func (w *writer) put(key string, data []byte) {
	if _, there := w.store.files[key]; !there {
		w.store.put(key, data, w.trailInfo())
	}
}

func (w *writer) start() {
	e := entry{Kind: kindStart, Start: &startPart{After: "nothing", Key: w.key.vkey, Heartbeat: int64(w.beat / time.Second)}}
	if len(w.entries) > 0 {
		e.Start.After = "crash"
		if last, _ := parseEntry(w.entries[len(w.entries)-1]); last != nil && last.Kind == kindClosing {
			e.Start.After = "closing"
		}
		e.Start.Recovered.Segments = 1
		w.closeDayAs(e.Start.After)
		if e.Start.After == "crash" {
			if last, _ := parseEntry(w.entries[len(w.entries)-1]); last != nil && last.Kind == kindClosing {
				e.Start.After = "closing"
			}
		}
	}
	w.append(e)
	w.sign()
	w.publish()
}

// closeDayAs does nothing: what comes before a start is the last process's. The daily entry follows the start.
func (w *writer) closeDayAs(string) {}

func (w *writer) closing() {
	w.commit(entry{Kind: kindClosing})
	w.publish()
}

func (w *writer) heartbeat() { w.commit(entry{Kind: kindHeartbeat}) }

// pass lets time go by, with the heartbeats that belong there.
func (w *writer) pass(d time.Duration) {
	for end := w.now.Add(d); w.now.Before(end); {
		if due := w.last.Add(w.beat); due.Before(end) {
			w.now = due
			w.heartbeat()
		} else {
			w.now = end
		}
	}
}

// closeDay makes the daily entry when a day is over.
func (w *writer) closeDay() {
	if len(w.entries) == 0 {
		return
	}
	first, err := parseEntry(w.entries[max(w.daily, int64(len(w.entries))-1)])
	if err != nil {
		return
	}
	day := layout.DateOf(first.Time.Time)
	if layout.DateOf(w.now) == day || w.dailyOn == day {
		return
	}
	from, to := w.daily, int64(len(w.entries))
	data := append(bytes.Join(w.entries[from:to], []byte("\n")), '\n')
	key := w.path(dirDays + day.String() + ".jsonl")
	w.store.put(key, data, w.trailInfo())
	part := &dailyPart{Day: date{day}, From: from, To: to, Key: key, Bytes: int64(len(data)), SHA256: sha256.Sum256(data), Tiers: []tierPart{}}
	for p, g := range w.sums {
		if p.day == day {
			part.Tiers = append(part.Tiers, g.tierPart)
		}
	}
	slices.SortFunc(part.Tiers, func(a, b tierPart) int { return cmp.Compare(a.Tier, b.Tier) })
	w.daily, w.dailyOn = to, day
	w.append(entry{Kind: kindDaily, Daily: part})
	w.sign()
	w.publish()
}

// line is one event of a seal.
type line struct {
	tier    string
	at      time.Time
	text    string
	damaged bool
}

func (w *writer) eventLine(l line, seq int64) []byte {
	if l.damaged {
		return []byte(`{"schema":"agentaudit/v1","ev` + l.text)
	}
	e := &event.Event{
		ID: uuid.NewSHA1(uuid.Nil, fmt.Appendf(nil, "%s-%d", w.name, seq)).String(), Type: "agent.tool_call", AgentName: "a",
		Timestamp: pcommon.NewTimestampFromTime(l.at), Params: event.AnyJSON(l.text), Retention: event.Retention{Tier: l.tier, Days: event.IntOf(30)},
	}
	return event.AppendStamp(e.AppendBody(nil), w.name, uint64(seq), w.now, false)
}

// put seals lines; parts is in how many entries it is told.
func (w *writer) sealLines(lines []line, parts int) {
	w.closeDay()
	w.seal++
	bodies := map[partition]*object{}
	texts := map[partition][][]byte{}
	s := sealPart{Seal: w.seal, Objects: []object{}}
	for _, l := range lines {
		w.seq++
		p := partition{l.tier, layout.DateOf(l.at)}
		if l.damaged {
			p = partition{event.TierCritical, layout.DateOf(w.now)}
		}
		o := bodies[p]
		if o == nil {
			o = &object{Tier: p.tier, Day: date{p.day}}
			bodies[p] = o
		}
		text := w.eventLine(l, w.seq)
		texts[p] = append(texts[p], text)
		o.Lines++
		o.Bytes += int64(len(text)) + 1
		s.Lines++
		if l.damaged {
			o.Damaged++
			continue
		}
		if o.FirstSeq == 0 {
			o.FirstSeq = w.seq
		}
		o.LastSeq = w.seq
		if s.FirstSeq == 0 {
			s.FirstSeq = w.seq
		}
		s.LastSeq = w.seq
	}
	for p, o := range bodies {
		w.finish(p, o, texts[p])
		s.Objects = append(s.Objects, *o)
	}
	slices.SortFunc(s.Objects, func(a, b object) int {
		return cmp.Or(cmp.Compare(a.Tier, b.Tier), a.Day.Compare(b.Day.Date))
	})
	w.tell(s, parts)
}

// finish puts an object.
func (w *writer) finish(p partition, o *object, texts [][]byte) {
	name := layout.Segment{Tier: p.tier, Date: p.day, Writer: w.name, Seal: uint64(w.seal), Compression: w.pack}
	body := packed(w.pack, append(bytes.Join(texts, []byte("\n")), '\n'))
	hashes := make([]tlog.Hash, len(texts))
	for i, t := range texts {
		hashes[i] = tlog.RecordHash(t)
	}
	o.Key, o.Stored, o.SHA256, o.Root = name.Key(), int64(len(body)), sha256.Sum256(body), digest(rootOf(hashes))
	o.Late = w.dailyOn.Valid() && p.day.Compare(w.dailyOn) <= 0
	info := objstore.Info{Modified: w.now}
	if w.lock.On() {
		from := layout.DateOf(w.now)
		if p.day == from.AddDays(1) {
			from = p.day
		}
		o.LockMode, o.LockedUntil = string(w.lock), stamp{from.AddDays(31).Start()}
		info.LockMode, info.RetainUntil = w.lock, o.LockedUntil.Time
		if o.LockedUntil.After(w.locked) {
			w.locked = o.LockedUntil.Time
		}
	}
	w.store.put(o.Key, body, info)
}

// tell writes the entries of a seal.
func (w *writer) tell(s sealPart, parts int) {
	parts = max(1, min(parts, len(s.Objects)))
	for i := range parts {
		part := s
		part.Objects = s.Objects[len(s.Objects)*i/parts : len(s.Objects)*(i+1)/parts]
		if parts > 1 {
			part.Part, part.Parts = int64(i+1), int64(parts)
		}
		index := int64(len(w.entries))
		w.append(entry{Kind: kindSeal, Seal: &part})
		for _, o := range part.Objects {
			w.account(index, o)
		}
	}
	w.sign()
}

func (w *writer) account(index int64, o object) {
	p := partition{o.Tier, o.Day.Date}
	g := w.sums[p]
	if g == nil {
		g = &testGroup{tierPart: tierPart{Tier: o.Tier}}
		w.sums[p] = g
	}
	if !g.rolled {
		text, _ := encode(indexLine{o.Key, index, int64(g.body.Len()), o.Stored, o.SHA256})
		g.index.Write(append(text, '\n'))
		g.body.Write(w.store.files[o.Key])
		g.segments++
		g.keys = append(g.keys, o.Key)
	}
	g.Objects++
	g.Lines += o.Lines
	g.Bytes += o.Bytes
	g.Stored += o.Stored
}

// rollup makes the day objects of a day.
func (w *writer) rollup(day layout.Date, expire bool) {
	part := rollupPart{Day: date{day}, Objects: []dayObject{}}
	for p, g := range w.sums {
		if p.day != day || g.rolled {
			continue
		}
		g.rolled = true
		o := dayObject{
			Key: layout.Day{Tier: p.tier, Date: day, Writer: w.name, Compression: w.pack}.Key(), Tier: p.tier, Day: date{day},
			Segments: g.segments, Lines: g.Lines, Bytes: g.Bytes, Stored: int64(g.body.Len()), SHA256: sha256.Sum256(g.body.Bytes()),
			IndexKey: w.path(dirRollups + day.String() + "-" + p.tier + ".jsonl"), IndexSHA256: sha256.Sum256(g.index.Bytes()),
		}
		w.store.put(o.Key, bytes.Clone(g.body.Bytes()), w.trailInfo())
		w.store.put(o.IndexKey, bytes.Clone(g.index.Bytes()), w.trailInfo())
		part.Objects = append(part.Objects, o)
	}
	if len(part.Objects) == 0 {
		return
	}
	slices.SortFunc(part.Objects, func(a, b dayObject) int { return cmp.Compare(a.Tier, b.Tier) })
	w.commit(entry{Kind: kindRollup, Rollup: &part})
	if expire {
		for p, g := range w.sums {
			if p.day == day {
				for _, key := range g.keys {
					delete(w.store.files, key)
				}
			}
		}
	}
}

// rotate changes the key.
func (w *writer) rotate() {
	w.closeDay()
	next := newSigner(w.rng, w.name)
	text := fmt.Sprintf("agentaudit key rotation v1\n%s\n%d\n%s\n", origin(w.name), len(w.entries), next.vkey)
	signed, err := note.Sign(&note.Note{Text: text}, w.key, next)
	if err != nil {
		panic(err)
	}
	old := w.key
	w.append(entry{Kind: kindRotation, Rotation: &rotationPart{w.key.vkey, next.vkey, string(signed)}})
	w.key, w.old = next, &old
	w.sign()
}

// Encoders are kept: to make one takes longer than to pack a test's object.
var (
	zstds = sync.Pool{New: func() any {
		z, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(64<<10), zstd.WithEncoderLevel(zstd.SpeedFastest))
		if err != nil {
			panic(err)
		}
		return z
	}}
	gzips = sync.Pool{New: func() any { return gzip.NewWriter(nil) }}
)

func packed(c layout.Compression, text []byte) []byte {
	var b bytes.Buffer
	switch c {
	case layout.Zstd:
		z := zstds.Get().(*zstd.Encoder)
		defer zstds.Put(z)
		return z.EncodeAll(text, nil)
	case layout.Gzip:
		z := gzips.Get().(*gzip.Writer)
		defer gzips.Put(z)
		z.Reset(&b)
		_, _ = z.Write(text)
		_ = z.Close()
	default:
		return text
	}
	return b.Bytes()
}

func unpacked(c layout.Compression, data []byte) []byte {
	var r io.Reader = bytes.NewReader(data)
	switch c {
	case layout.Zstd:
		z, _ := zstd.NewReader(r)
		defer z.Close()
		r = z
	case layout.Gzip:
		r, _ = gzip.NewReader(r)
	}
	text, err := io.ReadAll(r)
	if err != nil {
		panic(err)
	}
	return text
}
