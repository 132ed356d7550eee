package live

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/agentaudit/agentaudit/internal/access"
)

const (
	// pace is how long a feed gathers before it sends: ten messages a second are enough for an eye.
	pace = 100 * time.Millisecond
	// most is how many events go in one message.
	most = 2000
	// patience is how long a feed is silent before it says that it is alive.
	patience = 15 * time.Second
	// slowest is how long a browser may take for one message.
	slowest = 30 * time.Second
)

// Feed sends what arrives as server-sent events: each message an array of [Item]s, its id the number to go on from. A reader that asks with
// Last-Event-ID or ?after= gets everything since, or a message "missed" with how many are forgotten. Tiers that the user may not see are left out.
func (h *Hub) Feed(w http.ResponseWriter, r *http.Request) {
	user := access.From(r.Context())
	number, err := h.from(r)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	control := http.NewResponseController(w)
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("X-Accel-Buffering", "no")
	_, _ = io.WriteString(w, ": open\n\n") // so that the browser knows at once; what fails here fails below
	if control.Flush() != nil {
		return
	}
	ticker := time.NewTicker(pace)
	defer ticker.Stop()
	silent := time.Now()
	for {
		items, missed := h.gather(r, number)
		if r.Context().Err() != nil {
			return
		}
		var message []byte
		if missed > 0 {
			message = fmt.Appendf(message, "event: missed\ndata: %d\n\n", missed)
			number = max(number, 1) + missed
		}
		if len(items) > 0 {
			number = items[len(items)-1].Number + 1
			message = appendItems(message, items, user, number)
		}
		if len(message) == 0 && time.Since(silent) > patience {
			message = []byte(": alive\n\n")
		}
		if len(message) > 0 {
			silent = time.Now()
			_ = control.SetWriteDeadline(time.Now().Add(slowest)) // not every writer has one
			if _, err := w.Write(message); err != nil {
				return
			}
		}
		if control.Flush() != nil {
			return
		}
		select {
		case <-r.Context().Done():
			return
		case <-ticker.C:
		}
	}
}

// gather returns what there is, and waits no longer than a sign of life is due.
func (h *Hub) gather(r *http.Request, number uint64) ([]Item, uint64) {
	ctx, cancel := context.WithTimeout(r.Context(), patience)
	defer cancel()
	return h.After(ctx, number, most)
}

func appendItems(message []byte, items []Item, user access.User, next uint64) []byte {
	seen := slices.DeleteFunc(slices.Clone(items), func(i Item) bool { return !user.MaySee(i.Tier) })
	if len(seen) == 0 {
		return message
	}
	data, err := json.Marshal(seen) // escapes <, > and &, and holds no newline
	if err != nil {
		return message
	}
	message = fmt.Appendf(message, "id: %d\ndata: ", next)
	return append(append(message, data...), "\n\n"...)
}

// from is the number that the reader wants to begin with: by default a screenful before now.
func (h *Hub) from(r *http.Request) (uint64, error) {
	text := r.Header.Get("Last-Event-ID")
	if text == "" {
		text = r.URL.Query().Get("after")
	}
	if text == "" {
		next := h.Next()
		return next - min(next-1, 200), nil
	}
	number, err := strconv.ParseUint(text, 10, 63)
	if err != nil {
		return 0, fmt.Errorf("after: %q is no number", text)
	}
	return min(number, h.Next()), nil
}
