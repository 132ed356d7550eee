package main

import (
	"crypto/ed25519"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/agentaudit/agentaudit/internal/journal"
	"github.com/agentaudit/agentaudit/internal/layout"
	"github.com/agentaudit/agentaudit/internal/trail"
)

// keygenFlags are the flags of keygen.
type keygenFlags struct {
	rotate, public bool
	writer         string
}

func keygenCommand(out *output) *cobra.Command {
	var f keygenFlags
	cmd := &cobra.Command{
		Use:   "keygen FILE",
		Short: "Make the key that signs the trail",
		Long: `keygen makes an Ed25519 key for the exporter's trail.key_file, readable by its owner only, and prints the public key.
Keep that outside of the bucket: agentaudit verify asks for it.

With --rotate it puts a new key before the ones in FILE. At its next start the exporter has the old key sign the new one; after
that the old one may be cut off.`,
		Args: cobra.MatchAll(func(cmd *cobra.Command, args []string) error {
			if err := cobra.ExactArgs(1)(cmd, args); err != nil {
				return usageError(cmd, err)
			}
			return nil
		}),
		RunE: func(_ *cobra.Command, args []string) error { return f.run(out, args[0]) },
	}
	cmd.Flags().BoolVar(&f.rotate, "rotate", false, "put a new key before the ones in FILE")
	cmd.Flags().BoolVar(&f.public, "public", false, "only print the public keys of FILE, the one that signs first")
	cmd.Flags().StringVar(&f.writer, "writer", "", "print note verifier keys of this writer's trail, not PEM")
	cmd.MarkFlagsMutuallyExclusive("rotate", "public")
	return cmd
}

func (f *keygenFlags) run(out *output, name string) error {
	if f.writer != "" && !layout.ValidWriter(f.writer) {
		return fmt.Errorf("--writer: %q is no writer", f.writer)
	}
	text, err := f.change(name)
	if err != nil {
		return err
	}
	keys, err := trail.ParsePrivateKeys(text)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if !f.public {
		keys = keys[:1]
	}
	for _, key := range keys {
		if err := f.print(out, key); err != nil {
			return err
		}
	}
	return nil
}

// change makes or extends the file, unless it is only to be read, and returns its content.
func (f *keygenFlags) change(name string) ([]byte, error) {
	file := journal.NewDurable(nil, filepath.Dir(name), filepath.Base(name))
	old, err := file.Load()
	if err != nil {
		return nil, fmt.Errorf("couldn't read the key file: %w", err)
	}
	switch {
	case old == nil && (f.rotate || f.public):
		return nil, withHint(fmt.Errorf("couldn't read the key file: %w", &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}), "leave the flag out to make a new one")
	case old != nil && !f.rotate && !f.public:
		return nil, withHint(fmt.Errorf("%s exists", name), "--rotate adds a key, --public prints what is there")
	case f.public:
		return old, nil
	}
	if old != nil { // before a new key goes in front of something else
		if _, err := trail.ParsePrivateKeys(old); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	text, err := trail.GenerateKey()
	if err != nil {
		return nil, err
	}
	text = append(text, old...)
	if err := file.Save(text); err != nil {
		return nil, fmt.Errorf("couldn't write the key file: %w", err)
	}
	return text, nil
}

func (f *keygenFlags) print(out *output, key ed25519.PrivateKey) error {
	public, ok := key.Public().(ed25519.PublicKey)
	if !ok {
		return errors.New("not an Ed25519 key")
	}
	text, err := trail.MarshalPublicKey(public)
	if f.writer != "" {
		var vkey string
		_, vkey, err = trail.NewVerifier(f.writer, public)
		text = []byte(vkey + "\n")
	}
	if err != nil {
		return err
	}
	_, err = out.stdout.Write(text)
	return err
}
