package main

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// read reads a feed until ctx ends, and counts what came and what did not.
func (f *feed) read(ctx context.Context, page string, opened chan<- struct{}) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, page+"/feed/events?after=1", nil)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	opened <- struct{}{}
	lines := bufio.NewScanner(response.Body)
	lines.Buffer(nil, 16<<20)
	missed, next := false, uint64(1)
	for lines.Scan() {
		line := lines.Text()
		if line == "event: missed" {
			missed = true
			continue
		}
		data, ok := strings.CutPrefix(line, "data: ")
		if !ok {
			continue
		}
		if missed {
			n, err := strconv.Atoi(data)
			if err != nil {
				return err
			}
			f.missed, missed = f.missed+n, false
			next += uint64(n) //nolint:gosec // a count
			continue
		}
		var items []struct {
			N    uint64
			Time time.Time
		}
		if err := json.Unmarshal([]byte(data), &items); err != nil {
			return err
		}
		for _, item := range items {
			if item.N != next {
				f.gaps++
			}
			next = item.N + 1
		}
		f.events += len(items)
		if len(items) > 0 {
			f.late = append(f.late, time.Since(items[0].Time))
		}
	}
	return nil // ctx ended it
}
