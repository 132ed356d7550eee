// Package agentaudits3exporter keeps audit events in a bucket, once and for good.
//
// A request is acknowledged when its events are in the journal and the journal is synced, or, with acknowledge:
// bucket, when they are in objects. In the background one sealer per exporter turns the journal's segments into
// objects and puts them, oldest first, for as long as it takes:
//
//	Consume ─▶ lines ─▶ journal (group commit) ─▶ nil
//	                       │ age, size, shutdown
//	                       ▼
//	                    segment ─▶ objects ─▶ put each, with retries ─▶ trail ─▶ remove the segment
//
// A crash at any point leaves the segment in the journal. The next start finds it and goes the same way: the objects
// come out the same, those that exist count as put, and the trail tells of a segment once. Package trail says what each
// crash leaves of the log itself.
//
// One configuration is one exporter with one journal and one writer, however many pipelines and signals use it.
package agentaudits3exporter

//go:generate mdatagen metadata.yaml
