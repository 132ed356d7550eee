package load

import (
	"math/rand/v2"
	"strings"
)

// prose is half a megabyte of sentences about the work of a support desk.
var prose = func() string {
	vocabulary := strings.Fields(`the customer order was delivered late and wants a refund please check status of parcel before
		replying our policy allows thirty days from purchase I have looked up account found two open tickets shipping address
		differs invoice number matches payment went through on Monday carrier reports delay at depot escalate to supervisor when
		amount exceeds limit otherwise approve credit thank you for your patience next step is to confirm item condition photo
		attached shows damage warehouse has replacement in stock send today via express no further action required`)
	random := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // the same words each time
	var b strings.Builder
	for b.Len() < 512<<10 {
		for range 6 + random.IntN(14) {
			b.WriteString(vocabulary[random.IntN(len(vocabulary))])
			b.WriteByte(' ')
		}
		b.WriteString("done. ")
	}
	return b.String()
}()
