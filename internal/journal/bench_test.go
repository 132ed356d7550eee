package journal_test

import (
	"encoding/binary"
	"fmt"
	"sync"
	"testing"

	"github.com/agentaudit/agentaudit/internal/journal"
)

// BenchmarkAppend measures batches of 100 lines of 1 KB, while nothing is sent:
// what is full is sealed and removed.
func BenchmarkAppend(b *testing.B) {
	for _, noSync := range []bool{false, true} {
		for _, callers := range []int{1, 16} {
			b.Run(fmt.Sprintf("nosync=%t/callers=%d", noSync, callers), func(b *testing.B) {
				opts := options(b.TempDir())
				opts.NoSync = noSync
				opts.Window = 100_000
				j, _, err := journal.Open(opts)
				if err != nil {
					b.Fatal(err)
				}
				defer func() { _ = j.Close() }()
				const batch, size = 100, 1000
				var batches [16][]journal.Line
				for c := range callers {
					for range batch {
						batches[c] = append(batches[c], line(0, 1, size-60))
					}
				}
				b.SetBytes(batch * size)
				b.ReportAllocs()
				b.ResetTimer()
				var wg sync.WaitGroup
				for c := range callers {
					wg.Go(func() {
						for i := c; i < b.N; i += callers {
							for n := range batches[c] {
								binary.BigEndian.PutUint64(batches[c][n].ID[:], uint64(i*batch+n)+1)
							}
							if _, err := j.Append(b.Context(), batches[c]); err != nil {
								b.Error(err)
							}
							if c == 0 && j.Stats().Active.Size > 64<<20 {
								if s, ok, err := j.Rotate(); err != nil || ok && j.Remove(s.Seal) != nil {
									b.Error(err)
								}
							}
						}
					})
				}
				wg.Wait()
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*batch), "ns/event")
			})
		}
	}
}
