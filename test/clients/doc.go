// Package clients runs real agent frameworks, those in testdata/clients, against the built collector, and checks
// that their run is in the bucket as audit events. It needs Node and a registry, so it is not part of
// `make test`: the tests have the build tag "clients", and `make test-clients` runs them.
package clients
