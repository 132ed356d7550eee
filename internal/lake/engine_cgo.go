//go:build cgo

package lake

import (
	"database/sql"

	_ "github.com/duckdb/duckdb-go/v2" // registers the driver
)

// HasEngine says whether this binary was built with the SQL engine.
const HasEngine = true

// openEngine starts an engine in memory; all its connections see one database.
func openEngine() (*sql.DB, error) { return sql.Open("duckdb", "") }
