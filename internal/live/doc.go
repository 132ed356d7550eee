// Package live holds the newest audit events as they arrive over OTLP, for feeds that show them at once. It is a window, not the trail: what it
// shows is not yet sealed, so not proven, and it forgets.
//
// A [Hub] keeps the last [Window] events in a ring. A reader asks for what came after a number and gets all of it, in order; a reader that
// falls behind the ring is told how many it missed. So a slow browser holds up nobody, and memory is bounded by the ring.
//
// A [Receiver] is an OTLP server over gRPC; the collector's `otlp` exporter sends to it beside the audit exporter.
package live
