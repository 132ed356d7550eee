package objstore

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
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
	if err := d.makeRoot(); err != nil {
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

// makeRoot makes the root directory and its missing parents, and each name on the way to it durable. It syncs what
// was there, too: an earlier start may have made it and got no further.
func (d *Dir) makeRoot() error {
	if err := d.mkdirAll(d.root); err != nil {
		return err
	}
	for dir := d.root; dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		switch err := d.fs.sync(filepath.Dir(dir)); {
		case err == nil:
		case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS), errors.Is(err, syscall.EINVAL):
			return nil // not ours to read or sync, so not of our making either
		default:
			return err
		}
	}
	return nil
}

func (d *Dir) mkdirAll(dir string) error {
	err := d.fs.mkdir(dir)
	if parent := filepath.Dir(dir); errors.Is(err, fs.ErrNotExist) && parent != dir {
		if err := d.mkdirAll(parent); err != nil {
			return err
		}
		err = d.fs.mkdir(dir)
	}
	if fi, serr := os.Stat(dir); err != nil && serr == nil && fi.IsDir() {
		return nil // it exists, whatever kept mkdir from saying so (on a read-only disk that isn't EEXIST)
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
