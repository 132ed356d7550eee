package objstore

import (
	"context"
	"fmt"
	"os"
	"path"
)

// Replace implements Replacer.
func (d *Dir) Replace(ctx context.Context, key string, body Body, _ string) error {
	if err := validatePut(key, body, PutOptions{}); err != nil {
		return err
	}
	if err := d.replace(ctx, key, body); err != nil {
		return fmt.Errorf("couldn't replace %q: %w", key, err)
	}
	return nil
}

func (d *Dir) replace(ctx context.Context, key string, body Body) error {
	if err := d.makeDirs(path.Dir(key)); err != nil {
		return err
	}
	tmp, err := d.writeTemp(ctx, body)
	if err != nil {
		return err
	}
	if err := os.Rename(tmp, d.name(key)); err != nil {
		_ = d.fs.remove(tmp) // Check removes it otherwise
		return err
	}
	return d.fs.sync(d.name(path.Dir(key)))
}
