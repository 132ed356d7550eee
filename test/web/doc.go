// Package web looks at the page of `agentaudit serve` as people do: in a real browser (Chromium, headless), and over a running collector.
// `make test-web` runs its tests, which need the tag browser; `make docs-screens` has them take the pictures in docs/screens. The program
// below, load, measures the live feed.
package web
