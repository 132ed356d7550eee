package agentaudits3exporter

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"go.uber.org/zap"

	"github.com/agentaudit/agentaudit/internal/journal"
	"github.com/agentaudit/agentaudit/internal/objstore"
	"github.com/agentaudit/agentaudit/internal/redact"
	"github.com/agentaudit/agentaudit/internal/seal"
	"github.com/agentaudit/agentaudit/internal/sealed"
	"github.com/agentaudit/agentaudit/internal/trail"
)

// Files beside the journal, which live and die with it.
const (
	trailState = "trail.state"
	trailKey   = "trail.key"
)

// openTrail opens the writer's log. It doesn't touch the bucket.
func (e *auditExporter) openTrail(writer string, bucket trail.Bucket) (*trail.Log, error) {
	signers, err := e.signers(writer)
	if err != nil {
		return nil, err
	}
	hash, err := e.configHash()
	if err != nil {
		return nil, err
	}
	rules, err := redact.New(redact.Config{})
	if err != nil {
		return nil, fmt.Errorf("couldn't name the redaction rules: %w", err)
	}
	opts := e.trailOptions(writer, bucket)
	opts.Signers, opts.ConfigHash, opts.Redaction = signers, hash, rules.Version()
	log, err := trail.Open(opts)
	if err != nil {
		return nil, fmt.Errorf("couldn't open the trail: %w", err)
	}
	e.log.Info("Audit trail is signed; keep this public key outside of the bucket, for agentaudit verify", zap.String("key", signers[0].VerifierKey()))
	return log, nil
}

// trailOptions are those that cost nothing to know.
func (e *auditExporter) trailOptions(writer string, bucket trail.Bucket) trail.Options {
	pointer, _ := e.store.(objstore.Replacer)
	var remover objstore.Remover
	if e.config.Segments.Expire {
		remover, _ = e.store.(objstore.Remover)
	}
	return trail.Options{
		Writer: writer, Bucket: bucket, Pointer: pointer, LockMode: e.config.requirements().LockMode,
		State:     journal.NewRecord(e.fs, e.config.Journal.Directory, trailState),
		Spool:     filepath.Join(e.config.Journal.Directory, spoolDir),
		Collector: e.version, Recovered: e.recovered,
		Heartbeat: e.config.Trail.Heartbeat, Grace: e.config.Trail.RollupAfter, Now: e.now,
		Remover: remover, Go: e.beside.Go,
		Warn: func(what string, err error) { e.log.Warn("Audit trail: "+what, zap.Error(err)) },
	}
}

// signers returns the keys of the trail: configured ones, or one that is made at the first start.
func (e *auditExporter) signers(writer string) ([]trail.Signer, error) {
	text, err := e.keyFile()
	if err != nil {
		return nil, err
	}
	keys, err := trail.ParsePrivateKeys(text)
	if err != nil {
		return nil, fmt.Errorf(`couldn't read the trail's key ("trail.key_file"): %w`, err)
	}
	signers := make([]trail.Signer, len(keys))
	for i, key := range keys {
		if signers[i], err = trail.NewSigner(writer, key); err != nil {
			return nil, err
		}
	}
	return signers, nil
}

func (e *auditExporter) keyFile() ([]byte, error) {
	if name := e.config.Trail.KeyFile; name != "" {
		text, err := os.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf(`couldn't read "trail.key_file": %w`, err)
		}
		return text, nil
	}
	file := journal.NewDurable(e.fs, e.config.Journal.Directory, trailKey)
	text, err := file.Load()
	if err != nil {
		return nil, fmt.Errorf("couldn't read the trail's key: %w", err)
	}
	if text != nil {
		return text, nil
	}
	if text, err = trail.GenerateKey(); err != nil {
		return nil, err
	}
	// Before anything is signed: a signature whose key is lost could never be followed by another.
	if err := file.Save(text); err != nil {
		return nil, fmt.Errorf("couldn't keep the trail's key: %w", err)
	}
	return text, nil
}

// configHash names the configuration in force, without what could be secret in it.
func (e *auditExporter) configHash() (string, error) {
	effective := *e.config
	effective.Bucket = e.store.String()
	text, err := json.Marshal(effective)
	if err != nil {
		return "", fmt.Errorf("couldn't hash the configuration: %w", err)
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:]), nil
}

// recoveredFrom is what the trail tells of the journal's recovery.
func recoveredFrom(r journal.Recovery) trail.Recovered {
	return trail.Recovered{
		Segments: r.Segments, Lines: r.Lines, TornBytes: r.TornBytes,
		DamagedLines: r.DamagedLines, MissingLines: r.MissingLines, MissingSegments: r.MissingSeals,
	}
}

// trailHook tells the trail of segments.
type trailHook struct {
	log  *trail.Log
	mode objstore.LockMode
}

// Committed implements seal.Hook.
func (h trailHook) Committed(ctx context.Context, segment seal.Segment, objects []seal.Object) error {
	return h.log.Seal(ctx, sealed.Told(segment, objects, h.mode))
}

const (
	// trailTick is how often it is asked what time demands.
	trailTick = time.Minute
	// closingTimeout bounds how long a shutdown waits for the closing entry alone. Without it the log is unfinished, which
	// the next start mends.
	closingTimeout = 5 * time.Second
)

// tickTrail does what time asks of the log. What fails is tried again at the next tick: uploads don't wait for a day's objects
// to be joined. It fails when ctx ends and when the log is not as we left it.
func (s *sealer) tickTrail(ctx context.Context) error {
	err := s.trail.Tick(ctx)
	switch {
	case errors.Is(err, objstore.ErrConflict):
		s.alarm(err)
		return err
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		s.complain(err, trailTick)
	default: // on its way a put may have failed, and nothing else may follow for long
		s.recovered()
	}
	return nil
}

// outage takes note of how long the bucket can't be written to: the trail has to explain its silence.
func (s *sealer) outage(err error) {
	now := time.Now().UnixNano()
	if err != nil {
		s.downSince.CompareAndSwap(0, now)
		return
	}
	if since := s.downSince.Swap(0); since > 0 {
		s.trail.Count("unreachable_seconds", uint64(max(now-since, 0)/int64(time.Second))) //nolint:gosec // not negative
	}
}

// beginTrail makes the start entry. It fails when ctx ends and when the log is not ours.
func (s *sealer) beginTrail(ctx context.Context) error {
	return s.keepTrail(ctx, s.trail.Start)
}

// keepTrail does something with the log until it succeeds.
func (s *sealer) keepTrail(ctx context.Context, do func(context.Context) error) error {
	err := s.retry(ctx, func() error { return do(ctx) })
	if errors.Is(err, objstore.ErrConflict) {
		s.alarm(err)
	}
	if err == nil {
		s.recovered()
	}
	return err
}
