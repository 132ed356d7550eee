//go:build !cgo

package lake

import "database/sql"

// HasEngine says whether this binary was built with the SQL engine.
const HasEngine = false

func openEngine() (*sql.DB, error) { return nil, ErrNoEngine }
