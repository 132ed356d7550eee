package objstore

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
)

// Remove implements Remover. A directory has no locks.
func (d *Dir) Remove(_ context.Context, key string) error {
	if err := ValidateKey(key); err != nil {
		return err
	}
	name := d.name(key)
	err := d.fs.remove(name)
	if err == nil {
		err = d.fs.sync(filepath.Dir(name))
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("couldn't remove %q: %w", key, err)
	}
	return nil
}
