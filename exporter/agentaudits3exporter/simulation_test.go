package agentaudits3exporter

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cespare/xxhash/v2"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/exporter/exportertest"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.uber.org/zap"

	"github.com/agentaudit/agentaudit/exporter/agentaudits3exporter/internal/metadata"
	"github.com/agentaudit/agentaudit/internal/event"
	"github.com/agentaudit/agentaudit/internal/journal"
	"github.com/agentaudit/agentaudit/internal/journal/journaltest"
	"github.com/agentaudit/agentaudit/internal/layout"
	"github.com/agentaudit/agentaudit/internal/seal"
	"github.com/agentaudit/agentaudit/internal/trail"
)

// The simulation lives lives of a collector in memory, each from a seed: this exporter with its two goroutines, the journal, the sealer and
// the trail, all as they are, over a disk that forgets at a power failure what was not synced (journaltest), a bucket that
// fails in every way (simBucket), and a clock that costs no time (synctest) and jumps. In between come batches, batches sent again, orderly ends,
// kills and power failures. After each life the same check looks at the whole bucket: see simulation_check_test.go.
//
// Not in it are the Collector, S3's protocol, compression, and, but for a sample, the signatures' arithmetic.
var (
	simSchedules = flag.Int("simulation.schedules", 100_000, "lives to simulate; -race a twentieth, -short a fiftieth")
	simSeed      = flag.Uint64("simulation.seed", 0, "simulate this one life, and log what happens in it")
)

var simShare = 1

const (
	simBubble = 200 // lives under one fake clock
	simSample = 250 // of so many lives one is signed in earnest and goes through verify
)

func TestSimulation(t *testing.T) {
	if *simSeed != 0 {
		p := newSimParts(t)
		synctest.Test(t, func(t *testing.T) { newSimulation(t, p, *simSeed, true).run() })
		return
	}
	lives := *simSchedules / simShare
	if testing.Short() {
		lives /= 50
	}
	percent := debug.SetGCPercent(800) // lives are short, and leave nothing
	t.Cleanup(func() { debug.SetGCPercent(percent) })
	first := rand.Uint64() | 1
	var next atomic.Int64
	for w := range runtime.GOMAXPROCS(0) {
		t.Run(fmt.Sprint("core ", w), func(t *testing.T) {
			t.Parallel()
			p := newSimParts(t)
			for next.Load() < int64(lives) && !t.Failed() {
				synctest.Test(t, func(t *testing.T) {
					for range simBubble {
						newSimulation(t, p, first+uint64(next.Add(1)), false).run() //nolint:gosec // not negative
					}
				})
			}
		})
	}
}

// simParts is what lives may share.
type simParts struct {
	exporter *auditExporter
	objects  *seal.Sealer
	spool    string
	unsigned []trail.Signer
	signed   []trail.Signer
	lines    []journal.Line
	ids      map[string]int // event ids
}

func newSimParts(t *testing.T) *simParts {
	p := &simParts{spool: t.TempDir(), ids: map[string]int{}}
	if dir, err := os.MkdirTemp("/dev/shm", "agentaudit-"); err == nil { // memory, where there is one
		p.spool = dir
		t.Cleanup(func() { _ = os.RemoveAll(dir) })
	}
	var err error
	cfg := defaultConfig()
	cfg.Journal.Directory, cfg.Writer = "/journal", "w"
	p.exporter, err = newExporter(cfg, exportertest.NewNopSettings(metadata.Type))
	require.NoError(t, err)
	p.objects, err = seal.New(seal.Options{Spool: p.spool, Compression: layout.None})
	require.NoError(t, err)
	text, err := trail.GenerateKey()
	require.NoError(t, err)
	keys, err := trail.ParsePrivateKeys(text)
	require.NoError(t, err)
	signer, err := trail.NewSigner("w", keys[0])
	require.NoError(t, err)
	p.signed, p.unsigned = []trail.Signer{signer}, []trail.Signer{simSigner{signer}}
	for n := range 400 {
		e := newEvent(n)
		e.Retention.Tier = event.Tiers[n/5%len(event.Tiers)]
		e.Timestamp = pcommon.NewTimestampFromTime(noon.Add(time.Duration(n) * 30 * time.Minute))
		id, err := event.ParseID(e.ID)
		require.NoError(t, err)
		body := e.AppendBody(nil)
		p.lines = append(p.lines, journal.Line{ID: id, Sum: xxhash.Sum64(body), Body: body})
		p.ids[e.ID] = n
	}
	return p
}

// simSigner spares the arithmetic.
type simSigner struct{ trail.Signer }

func (simSigner) Sign([]byte) ([]byte, error) { return make([]byte, 64), nil }

// simulation is one life.
type simulation struct {
	t      *testing.T
	seed   uint64
	parts  *simParts
	random *rand.Rand
	talk   bool
	signed bool

	disk   *journaltest.FS
	bucket *simBucket
	config Config
	jump   atomic.Int64 // of the wall clock against the fake one, in nanoseconds
	e      *auditExporter

	sent   int
	tried  [][]int      // batches without an answer
	acked  map[int]bool // events that were promised
	full   bool         // the disk's room is bounded
	forgot bool         // the journal had no way to remember what it removed

	unfinished bool // the log needn't end with a closing entry
}

func newSimulation(t *testing.T, p *simParts, seed uint64, talk bool) *simulation {
	s := &simulation{
		t: t, seed: seed, parts: p, random: rand.New(rand.NewPCG(seed, 0)), talk: talk, signed: seed%simSample == 0,
		disk: journaltest.New(seed), config: *p.exporter.config, acked: map[int]bool{},
	}
	s.bucket = newSimBucket(seed, s.disk, s.note)
	s.config.Upload = UploadConfig{Timeout: time.Second, RetryInitial: 10 * time.Millisecond, RetryMax: 200 * time.Millisecond}
	s.config.Seal.Age = 2 * time.Second
	s.config.Journal.DuplicateWindow = []int{1000, 1000, 1000, 60}[s.random.IntN(4)]
	if s.random.IntN(5) == 0 {
		s.config.Acknowledge = ackBucket
	}
	if s.random.IntN(4) == 0 {
		s.config.Trail.RollupAfter = 0
	}
	s.jump.Store(int64(time.Until(noon.AddDate(0, 0, 4))))
	return s
}

// wrong ends the test: a promise was broken.
func (s *simulation) wrong(format string, args ...any) {
	s.t.Helper()
	s.note(format, args...)
	s.t.FailNow()
}

// note tells of a broken promise, from any goroutine.
func (s *simulation) note(format string, args ...any) {
	s.t.Helper()
	s.t.Errorf("seed %d: %s\nonce more: go test ./exporter/agentaudits3exporter -run 'TestSimulation$' -simulation.seed=%d -v", s.seed, fmt.Sprintf(format, args...), s.seed)
}

func (s *simulation) say(format string, args ...any) {
	if s.talk {
		s.t.Logf("%4d %s %s", s.disk.Calls(), s.now().Format(time.StampMilli), fmt.Sprintf(format, args...))
	}
}

func (s *simulation) now() time.Time { return time.Now().Add(time.Duration(s.jump.Load())).UTC() }

// run is a life from the first start to the check.
func (s *simulation) run() {
	defer func() {
		if s.e != nil { // the test has failed
			s.disk.Crash()
			s.die()
		}
	}()
	s.weather()
	for range 3 + s.random.IntN(12) {
		for s.e == nil {
			s.boot()
		}
		s.step()
		synctest.Wait()
		if s.disk.Crashed() {
			s.say("crashed")
			s.die()
		}
		if s.t.Failed() {
			return
		}
	}
	s.check()
}

// weather sets how often disk and bucket fail.
func (s *simulation) weather() {
	oneIn := []int{0, 0, 300, 60, 20}[s.random.IntN(5)]
	faults := rand.New(rand.NewPCG(s.seed, s.random.Uint64()))
	s.disk.Pick(nil)
	if oneIn > 0 {
		s.disk.Pick(func(_ int, op string) journaltest.Fault {
			if faults.IntN(oneIn) > 0 {
				return journaltest.None
			}
			// A start goes on without a memory that can't be read.
			s.forgot = s.forgot || s.e == nil && strings.Contains(op, " recent.")
			return journaltest.Faults[faults.IntN(len(journaltest.Faults))]
		})
	}
	rate := []float64{0, 0.02, 0.1, 0.4}[s.random.IntN(4)]
	s.bucket.mu.Lock()
	s.bucket.rate = rate
	s.bucket.mu.Unlock()
	s.say("weather: one disk fault in %d, bucket faults %v", oneIn, rate)
}

// step lets one thing happen.
func (s *simulation) step() {
	switch n := s.random.IntN(100); {
	case n < 36:
		s.send(s.fresh())
	case n < 44 && len(s.tried) > 0:
		i := s.random.IntN(len(s.tried))
		batch := s.tried[i]
		s.tried = slices.Delete(s.tried, i, i+1)
		s.send(batch)
	case n < 50 && s.sent > 0: // the answer was lost on its way
		s.send([]int{s.random.IntN(s.sent)})
	case n < 72:
		s.pass(time.Duration(s.random.Int64N(int64(800 * time.Millisecond))))
	case n < 74:
		s.pass(trailTick + time.Second)
	case n < 78:
		s.say("rotate")
		s.e.sealer.rotate()
	case n < 86:
		s.say("kill")
		s.disk.Crash()
	case n < 90:
		s.end(time.Duration(s.random.Int64N(int64(3 * time.Second))))
	case n < 94:
		jumps := []time.Duration{-24 * time.Hour, 24 * time.Hour, 365 * 24 * time.Hour, -time.Minute, 3 * time.Hour, -400 * 24 * time.Hour}
		s.jump.Add(int64(jumps[s.random.IntN(len(jumps))]))
		s.say("the clock jumps")
	case n < 96:
		s.room(int64(s.random.IntN(3000)))
	case n < 97:
		s.room(-1)
	case n < 98:
		s.say("requests of the dead arrive")
		s.bucket.arrive()
	default:
		s.weather()
	}
}

func (s *simulation) pass(d time.Duration) {
	s.say("%v pass", d)
	time.Sleep(d)
}

func (s *simulation) room(bytes int64) {
	s.say("room for %d bytes", bytes)
	s.full = bytes >= 0
	s.disk.Room(bytes)
}

// fresh is a batch of new events.
func (s *simulation) fresh() (batch []int) {
	for range 1 + s.random.IntN(4) {
		batch = append(batch, s.sent)
		s.sent++
	}
	return batch
}

// send delivers a batch as a request does, once its events are encoded.
func (s *simulation) send(events []int) {
	b := newBatch()
	defer b.release()
	for _, n := range events {
		b.lines = append(b.lines, s.parts.lines[n%len(s.parts.lines)])
	}
	ctx, cancel := context.WithTimeout(s.t.Context(), 5*time.Second)
	defer cancel()
	err := s.e.consume(ctx, b)
	s.say("send %v: %v", events, err)
	if err != nil {
		s.tried = append(s.tried, events)
		return
	}
	for _, n := range events {
		s.acked[n] = true
	}
}

// boot starts a process, as auditExporter.start does.
func (s *simulation) boot() {
	shared := s.parts.exporter
	e := &auditExporter{config: &s.config, version: "simulated", log: zap.NewNop(), metrics: shared.metrics, status: &status{}, fs: s.disk, now: s.now, store: s.bucket}
	writer, err := e.openJournal()
	if err == nil {
		sl := newSealer(e, writer, s.parts.objects, s.random.IntN(2) == 0)
		sl.jitter = 0
		opts := e.trailOptions(writer, patient{e.store, sl})
		opts.Spool, opts.Signers = s.parts.spool, s.parts.unsigned
		if s.signed {
			opts.Signers = s.parts.signed
		}
		if sl.trail, err = trail.Open(opts); err == nil {
			sl.hook = trailHook{sl.trail, s.config.requirements().LockMode}
			e.sealer = sl
		}
	}
	s.say("boot: %v", err)
	if err != nil {
		if e.journal != nil {
			_ = e.journal.Close()
		}
		if s.disk.Crashed() {
			s.restart()
		}
		return
	}
	s.e = e
	e.sealer.start()
	e.running.Store(true)
	synctest.Wait()
}

// die is what becomes of a process whose disk has crashed: its goroutines end, whatever they were about to do.
func (s *simulation) die() {
	s.bereave()
	sl := s.e.sealer
	close(sl.closing)
	sl.cancel()
	sl.rotating.Wait()
	sl.uploading.Wait()
	s.e.beside.Wait()
	_ = s.e.journal.Close()
	s.e = nil
	s.restart()
}

func (s *simulation) restart() {
	if s.random.IntN(2) == 0 {
		s.disk.Kill()
		return
	}
	s.disk.PowerLoss()
}

// end is an orderly shutdown with a deadline.
func (s *simulation) end(within time.Duration) {
	ctx, cancel := context.WithTimeout(s.t.Context(), within)
	defer cancel()
	err := s.e.shutdown(ctx)
	s.say("shutdown within %v: %v", within, err)
	if err != nil && !errors.Is(err, journaltest.ErrCrashed) && !errors.Is(err, journaltest.ErrInjected) {
		s.wrong("shutdown: %v", err)
	}
	s.bereave()
	s.e = nil
	if s.disk.Crashed() {
		s.restart()
		return
	}
	if s.random.IntN(3) == 0 {
		s.disk.PowerLoss()
	} else {
		s.disk.Kill()
	}
}

// bereave takes note of what a process couldn't remember of what it removed: on a full disk, where it must not wait for room.
func (s *simulation) bereave() {
	s.forgot = s.forgot || s.full || s.e.journal.Stats().Forgotten > 0
}
