// Package archtest holds the tests that keep the tree in shape. It exports nothing.
//
// The arrows point one way: commands and components import internal packages, never the reverse, and components don't
// import each other. Some abilities belong to one place, so that a reader who audits them has one place to read:
//
//   - talking to S3: internal/objstore/s3*.go
//   - syncing a file to stable storage: internal/journal and internal/objstore/dir*.go
//   - building and parsing object keys: internal/layout
//   - talking to the SQL engine, which needs cgo: internal/lake
//
// What stores bytes knows nothing of telemetry. Tests may reach further, and so may packages of test helpers: those whose
// name ends in "test" and which only tests import. Files have at most 300 lines and functions at most 60, _test.go files
// and generated code aside.
package archtest
