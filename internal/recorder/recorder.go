package recorder

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/cespare/xxhash/v2"

	"github.com/agentaudit/agentaudit/internal/event"
	"github.com/agentaudit/agentaudit/internal/journal"
	"github.com/agentaudit/agentaudit/internal/layout"
	"github.com/agentaudit/agentaudit/internal/objstore"
	"github.com/agentaudit/agentaudit/internal/redact"
	"github.com/agentaudit/agentaudit/internal/retention"
	"github.com/agentaudit/agentaudit/internal/seal"
	"github.com/agentaudit/agentaudit/internal/trail"
)

// Options say where records go.
type Options struct {
	Store objstore.Store
	// Dir holds the journal, the key and the log's state; they live and die together.
	Dir string
	// Version is of the program, for the log.
	Version string
	// Seal is how long records wait before they go to the bucket; a minute if zero.
	Seal time.Duration
	Log  *slog.Logger
}

// maxJournal bounds the journal, in bytes: a bucket that is away for good ends the looking.
const maxJournal = 1 << 30

// window is how many records are remembered to tell one that is written twice; ids are random, so none is.
const window = 1024

// Recorder keeps records. It is safe for concurrent use.
type Recorder struct {
	opts     Options
	writer   string
	journal  *journal.Journal
	sealer   *seal.Sealer
	log      *trail.Log
	redactor *redact.Redactor
	tiers    *retention.Policy
	started  bool // the log; used by the loop alone

	cancel context.CancelFunc
	done   sync.WaitGroup

	mu      sync.Mutex // guards what follows
	stopped error
}

// Open opens the journal in the folder and begins to bring records to the bucket.
func Open(opts Options) (_ *Recorder, err error) {
	if opts.Seal <= 0 {
		opts.Seal = time.Minute
	}
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	spool := filepath.Join(opts.Dir, "spool")
	if err := os.MkdirAll(spool, 0o700); err != nil {
		return nil, fmt.Errorf("couldn't make the recorder's folder: %w", err)
	}
	r := &Recorder{opts: opts, tiers: retention.New(retention.Config{})}
	if r.writer, err = journal.WriterID(journal.OS(), opts.Dir, ""); err != nil {
		return nil, fmt.Errorf("couldn't name the recorder: %w", err)
	}
	if r.redactor, err = redact.New(redact.Config{}); err != nil {
		return nil, fmt.Errorf("couldn't make the recorder's redactor: %w", err)
	}
	if r.sealer, err = seal.New(seal.Options{Spool: spool, Compression: layout.Zstd}); err != nil {
		return nil, err
	}
	var recovery journal.Recovery
	r.journal, recovery, err = journal.Open(journal.Options{Dir: opts.Dir, MaxBytes: maxJournal, Stamp: r.stamp, Identify: identify, Window: window})
	if err != nil {
		return nil, fmt.Errorf("couldn't open the recorder's journal: %w", err)
	}
	if r.log, err = r.openLog(spool, recovery); err != nil {
		return nil, errors.Join(err, r.journal.Close())
	}
	ctx, cancel := context.WithCancel(context.Background())
	r.cancel = cancel
	r.done.Go(func() { r.loop(ctx) })
	return r, nil
}

func (r *Recorder) openLog(spool string, recovery journal.Recovery) (*trail.Log, error) {
	key := journal.NewDurable(journal.OS(), r.opts.Dir, "trail.key")
	text, err := key.Load()
	if err == nil && text == nil {
		if text, err = trail.GenerateKey(); err == nil {
			err = key.Save(text) // before anything is signed
		}
	}
	if err != nil {
		return nil, fmt.Errorf("couldn't keep the recorder's key: %w", err)
	}
	keys, err := trail.ParsePrivateKeys(text)
	if err != nil {
		return nil, fmt.Errorf("couldn't read the recorder's key: %w", err)
	}
	signer, err := trail.NewSigner(r.writer, keys[0])
	if err != nil {
		return nil, err
	}
	pointer, _ := r.opts.Store.(objstore.Replacer)
	return trail.Open(trail.Options{
		Writer: r.writer, Bucket: r.opts.Store, Pointer: pointer, State: journal.NewRecord(journal.OS(), r.opts.Dir, "trail.state"),
		Signers: []trail.Signer{signer}, Spool: spool, Collector: "agentaudit " + r.opts.Version, Redaction: r.redactor.Version(),
		Recovered: trail.Recovered{
			Segments: recovery.Segments, Lines: recovery.Lines, TornBytes: recovery.TornBytes, DamagedLines: recovery.DamagedLines,
			MissingLines: recovery.MissingLines, MissingSegments: recovery.MissingSeals,
		},
		Grace: 2 * time.Hour,
		Warn:  func(what string, err error) { r.opts.Log.Warn("trail of the recorder: "+what, "error", err) },
	})
}

// Writer is the recorder's name in the trail.
func (r *Recorder) Writer() string { return r.writer }

func (r *Recorder) stamp(dst []byte, seq uint64, conflict bool) []byte {
	return event.AppendStamp(dst, r.writer, seq, time.Now(), conflict)
}

// identify reads back a line of the journal. The sum is of the body, as Append was given it.
func identify(line []byte) (id [16]byte, sum, seq uint64, err error) {
	h, err := event.ReadHeader(line)
	if err != nil {
		return id, 0, 0, err
	}
	id, err = event.ParseID(h.ID)
	return id, xxhash.Sum64(h.Body), h.Seq, err
}

// Record keeps one look. When it returns nil, the record is on stable storage.
func (r *Recorder) Record(ctx context.Context, look Look) error {
	if err := r.stop(nil); err != nil {
		return fmt.Errorf("the recorder has stopped: %w", err)
	}
	var id [16]byte
	_, _ = rand.Read(id[:]) // never fails
	id[6], id[8] = id[6]&0x0f|0x80, id[8]&0x3f|0x80
	e := r.event(look, id)
	body := e.AppendBody(nil)
	_, err := r.journal.Append(ctx, []journal.Line{{ID: id, Sum: xxhash.Sum64(body), Body: body}})
	if err != nil {
		return fmt.Errorf("couldn't keep who looks: %w", err)
	}
	return nil
}

// Close brings what there is to the bucket, for as long as ctx lasts. What doesn't arrive stays in the journal.
func (r *Recorder) Close(ctx context.Context) error {
	r.cancel()
	r.done.Wait()
	err := r.upload(ctx, true)
	if err == nil && r.started {
		err = r.log.Close(ctx)
	}
	if err != nil {
		r.opts.Log.Warn("records wait in the journal for the next start", "dir", r.opts.Dir, "error", err)
	}
	return r.journal.Close()
}
