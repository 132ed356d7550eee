package lake

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
)

// startEngine opens an engine that reads the cache and nothing else: an answer must not depend on other files of the machine, a
// query must not reach them, and nothing may be loaded from a network.
func startEngine(ctx context.Context, c *cache, memory int64) (*sql.DB, error) {
	db, err := openEngine()
	if err != nil {
		return nil, err
	}
	for _, setting := range []string{
		fmt.Sprintf("SET memory_limit = '%dB'", memory),
		fmt.Sprintf("SET threads = %d", defaultThreads),
		"SET temp_directory = " + quote(c.tmp),
		"SET TimeZone = 'UTC'",
		"SET preserve_insertion_order = false",
		"SET autoinstall_known_extensions = false",
		"SET autoload_known_extensions = false",
		"SET allowed_directories = [" + quote(c.root) + "]",
		"SET enable_external_access = false",
		"SET lock_configuration = true",
	} {
		if _, err := db.ExecContext(ctx, setting); err != nil {
			return nil, errors.Join(fmt.Errorf("couldn't start the engine: %s: %w", setting, err), db.Close())
		}
	}
	return db, nil
}

// quote returns s as a SQL text.
func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

func quoteAll(list []string) string {
	quoted := make([]string, len(list))
	for i, s := range list {
		quoted[i] = quote(s)
	}
	return strings.Join(quoted, ", ")
}

// quoteName returns s as a SQL name.
func quoteName(s string) string { return `"` + strings.ReplaceAll(s, `"`, `""`) + `"` }
