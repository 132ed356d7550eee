package main

import (
	"bytes"
	"cmp"
	"context"
	"crypto/ed25519"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/agentaudit/agentaudit/internal/event"
	"github.com/agentaudit/agentaudit/internal/layout"
	"github.com/agentaudit/agentaudit/internal/objstore"
	"github.com/agentaudit/agentaudit/internal/seal"
	"github.com/agentaudit/agentaudit/internal/trail"
)

func TestVerifyScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir:  filepath.Join("testdata", "verify"),
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"collector": collector, "exit": exit, "flip": flip},
	})
}

// memo is the collector's state between two calls within a script.
type memo struct{ file string }

func (m memo) Load() ([]byte, error) {
	data, err := os.ReadFile(m.file)
	if os.IsNotExist(err) {
		return nil, nil
	}
	return data, err
}
func (m memo) Save(data []byte) error { return os.WriteFile(m.file, data, 0o600) }

// collector BUCKET KEY SEALS runs a collector for so many seals of events of $DAY, from its start to its end. KEY.pem is its key, made if it is missing,
// and KEY.pub the public one.
func collector(ts *testscript.TestScript, _ bool, args []string) {
	var seals int
	_, err := fmt.Sscan(args[2], &seals)
	ts.Check(err)
	ctx := context.Background()
	dir, private := ts.MkAbs(args[0]), ts.MkAbs(args[1])+".pem"
	text, err := os.ReadFile(private)
	if os.IsNotExist(err) {
		text, err = trail.GenerateKey()
		ts.Check(err)
		ts.Check(os.WriteFile(private, text, 0o600))
	}
	ts.Check(err)
	keys, err := trail.ParsePrivateKeys(text)
	ts.Check(err)
	public, err := x509.MarshalPKIXPublicKey(keys[0].Public().(ed25519.PublicKey))
	ts.Check(err)
	ts.Check(os.WriteFile(strings.TrimSuffix(private, ".pem")+".pub", pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: public}), 0o600))
	signer, err := trail.NewSigner("w", keys[0])
	ts.Check(err)
	store, err := objstore.NewDir(dir)
	ts.Check(err)
	_, err = store.Check(ctx, objstore.Requirements{Write: true})
	ts.Check(err)
	l, err := trail.Open(trail.Options{
		Writer: "w", Bucket: store, Pointer: store, State: memo{dir + ".state"}, Signers: []trail.Signer{signer}, Spool: ts.Getenv("WORK"), Collector: "test",
	})
	ts.Check(err)
	ts.Check(l.Start(ctx))
	sealer, err := seal.New(seal.Options{Spool: ts.Getenv("WORK"), Compression: layout.Zstd})
	ts.Check(err)
	done, _ := filepath.Glob(filepath.Join(dir, "events", "*", "*", "*"))
	for i := range seals {
		ts.Check(oneSeal(ctx, store, sealer, l, uint64(len(done)+i+1), cmp.Or(ts.Getenv("DAY"), "2026-11-21")))
	}
	ts.Check(l.Close(ctx))
}

// oneSeal puts three events of one tier.
func oneSeal(ctx context.Context, store objstore.Store, sealer *seal.Sealer, l *trail.Log, n uint64, day string) error {
	var text bytes.Buffer
	for i := range uint64(3) {
		seq := (n-1)*3 + i + 1
		s := spec{Time: day + "T10:00:00Z", Type: "tool_call", Agent: "a", ID: fmt.Sprintf("00000000-0000-8000-8000-%012d", seq)}
		text.Write(event.AppendStamp(s.event("info").AppendBody(nil), "w", seq, time.Date(2026, 11, 21, 10, 0, 1, 0, time.UTC), false))
		text.WriteByte('\n')
	}
	objects, err := sealer.Seal(ctx, seal.Segment{Writer: "w", Seal: n, Lines: bytes.NewReader(text.Bytes()), Size: int64(text.Len())}, store)
	if err != nil {
		return err
	}
	o := objects[0]
	return l.Seal(ctx, trail.Seal{Seal: n, FirstSeq: o.FirstSeq, LastSeq: o.LastSeq, Lines: o.Lines, Objects: []trail.Object{{
		Key: o.Key, Tier: o.Tier, Day: trail.Day{Date: o.Day}, Lines: o.Lines, Bytes: o.Raw, Stored: o.Stored, SHA256: o.SHA256,
		Root: trail.Hash(o.Root), FirstSeq: o.FirstSeq, LastSeq: o.LastSeq,
	}}})
}

// flip FILE changes its last byte but one.
func flip(ts *testscript.TestScript, _ bool, args []string) {
	name := ts.MkAbs(args[0])
	data, err := os.ReadFile(name)
	ts.Check(err)
	data[len(data)-2] ^= 1
	ts.Check(os.Remove(name))
	ts.Check(os.WriteFile(name, data, 0o600))
}
