// Package web looks at the page of `agentaudit serve` as people do: in a real browser (Chromium, headless), over a running collector, under load.
// `make test-web` runs its tests; its program docs-screens takes the pictures in docs/screens, its program load measures the live feed.
package web
