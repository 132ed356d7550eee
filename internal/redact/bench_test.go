package redact

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/agentaudit/agentaudit/internal/jsontext"
	"github.com/agentaudit/agentaudit/internal/redact/detect"
)

const prose = `Sure, I looked at the order and it has shipped. Here is what I found:\n\n1. The parcel left the \"Hamburg\" hub on Tuesday.\n2. It is due within two days.\n\nThe key idea is to wait; shall I open a ticket? `

// messages is a chat of about size bytes with n secrets in it.
func messages(size, n int) string {
	rng := rand.New(rand.NewPCG(1, 2))
	formats := detect.Formats()
	var b strings.Builder
	b.WriteString("[")
	for i := 0; b.Len() < size; i++ {
		if i > 0 {
			b.WriteString(",")
		}
		text := strings.Repeat(prose, 4)
		if i < n {
			text += jsontext.Quote(formats[rng.IntN(len(formats))].Example(rng))[1:]
			text = text[:len(text)-1]
		}
		fmt.Fprintf(&b, `{"role":"assistant","parts":[{"type":"text","content":"%s"},{"type":"tool_call","id":"call_%d","name":"get_order","arguments":{"order_id":"A-4711","verbose":true,"limit":10}}]}`, text, i)
	}
	b.WriteString("]")
	return b.String()
}

func BenchmarkMessages(b *testing.B) {
	r := newRedactor(b, Config{})
	for _, size := range []int{3 << 10, 8 << 10} {
		for n := range 4 {
			b.Run(fmt.Sprintf("%dK/%d secrets", size>>10, n), func(b *testing.B) {
				text := messages(size, n)
				var l Log
				b.SetBytes(int64(len(text)))
				b.ReportAllocs()
				for b.Loop() {
					l.Reset()
					r.JSON(&l, "/input", "", text)
				}
			})
		}
	}
}

func BenchmarkText(b *testing.B) {
	r := newRedactor(b, Config{})
	text, _ := jsontext.Unquote(`"` + strings.Repeat(prose, 15) + `"`)
	var l Log
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		r.Text(&l, "/result", "", text)
	}
}
