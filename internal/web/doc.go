// Package web shows the trail in a browser: pages over internal/lake, and what arrives now over internal/live. It only reads.
//
// A page is a row of the table in pages.go: a path, a title, and what builds its report.Document. One template prints every document; a cell
// whose column names a session, trace, agent, tool or event is a link to its page (links.go). So each page is also a download: the same
// address with ?format=json, csv or md.
//
// Everything works without scripts; they only add what must move: the live feed, filtering as one types, long timelines.
//
// Event text is hostile. It reaches the browser through html/template alone, as text; the Content-Security-Policy allows no inline script or
// style and no other host. Who asks may see (internal/access) is part of every question's filter.
package web
