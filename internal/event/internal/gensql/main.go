// Command gensql writes docs/athena.sql, docs/clickhouse.sql and docs/trino.sql: the view events of package lake for those whose
// events outgrow one machine. The lists of columns and of aliases come from the event table; the rest of each file is its template.
//
// All three read a line as text and parse it once, into a structure of the table's members. Tables of JSON documents, which these
// engines have too, guess at what a line holds, or lose the difference between a JSON string and what it spells.
package main

//go:generate go run . ../../../../docs

import (
	"bytes"
	"embed"
	"fmt"
	"os"
	"path/filepath"
	"text/template"
)

//go:embed templates/*.sql
var templates embed.FS

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: gensql DIRECTORY")
		os.Exit(2)
	}
	for _, d := range dialects {
		text, err := d.generate()
		if err == nil {
			err = os.WriteFile(filepath.Join(os.Args[1], d.file), text, 0o644) //nolint:gosec // a public document
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, "gensql:", err)
			os.Exit(1)
		}
	}
}

// generate returns the content of a dialect's file.
func (d *dialect) generate() ([]byte, error) {
	t, err := template.New(d.file).Funcs(template.FuncMap{
		"structure": d.structure, "columns": d.columns, "names": d.names, "hidden": func() string { return d.quote("body_hash") },
	}).ParseFS(templates, "templates/"+d.file)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	err = t.Execute(&b, nil)
	return b.Bytes(), err
}
