// Package faultproxy stands between a client and an S3 server and mistreats some requests, as networks and S3 do: it is
// slow, refuses, cuts connections in the middle, loses answers and falls silent.
//
// [Start] listens on a free port of 127.0.0.1. What befalls a request is decided by a [Plan]: by chance, from a seeded
// source, or by a function of the test's own. Requests and answers that nothing befalls pass unchanged, the Host header
// included, so that signatures hold.
//
// The order in which concurrent requests arrive is not the seed's to decide. The same seed gives the same sequence of
// decisions, not the same run.
package faultproxy
