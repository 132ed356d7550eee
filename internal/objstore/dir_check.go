package objstore

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// Check implements Store. When it may write it makes the root directory, and removes temporary files that a crash
// left behind an hour ago or longer; a younger one may belong to another process.
func (d *Dir) Check(ctx context.Context, want Requirements) (string, error) {
	if want.LockMode.On() {
		return "", fmt.Errorf("%s: %w: a directory can't lock objects; use s3:// or lock mode off", d, ErrUnsupported)
	}
	if want.Write {
		if err := d.prepare(ctx); err != nil {
			return "", fmt.Errorf("%s: %w", d, err)
		}
	}
	fi, err := os.Stat(d.root)
	if err == nil && !fi.IsDir() {
		err = errors.New("not a directory")
	}
	if err != nil {
		return "", fmt.Errorf("%s: %w: %w", d, ErrNoBucket, err)
	}
	return fmt.Sprintf("directory %s: create-only, fsynced, no object lock", d.root), nil
}

// prepare makes root and temporary directory, proves by a file that it can be written to, and cleans up.
func (d *Dir) prepare(ctx context.Context) error {
	if err := d.makeRoot(d.root); err != nil {
		return fmt.Errorf("couldn't make the directory: %w", err)
	}
	probe, err := d.writeTemp(ctx, BytesBody(nil))
	if err != nil {
		return fmt.Errorf("couldn't write: %w", err)
	}
	if err := d.fs.remove(probe); err != nil {
		return fmt.Errorf("couldn't remove a temporary file: %w", err)
	}
	return d.removeStale()
}

// makeRoot makes dir and its missing parents, each durable in its parent.
func (d *Dir) makeRoot(dir string) error {
	parent := filepath.Dir(dir)
	err := d.fs.mkdir(dir)
	if errors.Is(err, fs.ErrNotExist) && parent != dir {
		if err := d.makeRoot(parent); err != nil {
			return err
		}
		err = d.fs.mkdir(dir)
	}
	if err == nil {
		return d.fs.sync(parent)
	}
	if fi, serr := os.Stat(dir); serr == nil && fi.IsDir() {
		return nil
	}
	return err
}

func (d *Dir) removeStale() error {
	tmp := filepath.Join(d.root, tmpDir)
	entries, err := os.ReadDir(tmp)
	if err != nil {
		return fmt.Errorf("couldn't look for temporary files: %w", err)
	}
	for _, e := range entries {
		fi, err := e.Info()
		if err != nil || !fi.Mode().IsRegular() || time.Since(fi.ModTime()) < staleAfter {
			continue
		}
		if err := d.fs.remove(filepath.Join(tmp, e.Name())); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("couldn't remove a stale temporary file: %w", err)
		}
	}
	return nil
}
