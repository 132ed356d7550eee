// Package export writes events for other programs: the stored lines themselves (jsonl), a flat table (csv, parquet), or OCSF 1.9 API Activity (ocsf;
// docs/ocsf.md has the mapping, ocsf.sql is it). Beside the data stands a manifest: what was asked, how many rows, the
// SHA-256, and which part of which log proves it.
//
// The same bucket and question give the same bytes, the manifest's included.
package export
