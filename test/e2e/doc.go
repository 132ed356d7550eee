// Package e2e tests the built binaries as their users run them: bin/otelcol-agentaudit with the shipped config.yaml,
// bin/agentaudit, and a real S3 server. It holds nothing but tests; `make test` builds what they need first.
//
// A test starts its own collector on free loopback ports with its own journal and bucket, sends it OTLP over
// the network, and at the end reads the whole bucket: each object must be in its place and each line a valid event,
// whatever happened to the collector in between. See world_test.go for what is checked.
package e2e
