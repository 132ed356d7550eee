package main

import (
	"bufio"
	"context"

	"github.com/agentaudit/agentaudit/internal/logread"
	"github.com/agentaudit/agentaudit/internal/objstore"
)

// followSizes are the widths of the columns while following: nobody knows what will come.
var followSizes = []int{len(rowTime), 16, 18, 28, 8, 10}

// runFollow is log --follow.
func runFollow(ctx context.Context, out *output, store objstore.Store, query logread.Query, f logFlags) error {
	stdout := bufio.NewWriterSize(out.stdout, 64<<10)
	emit := jsonLines(out, stdout)
	if !f.json {
		rows := newEventTable(out, stdout)
		rows.sizes = followSizes
		for _, row := range rows.held { // the heading
			if err := rows.write(row); err != nil {
				return err
			}
		}
		emit = rows.line
	}
	if err := stdout.Flush(); err != nil {
		return err
	}
	stats, err := logread.Follow(ctx, store, query, logread.FollowOptions{
		Options: logread.Options{MaxHeld: f.memory << 20, OnFinding: func(finding logread.Finding) { out.note("%v", finding) }},
		Every:   f.every,
		OnState: func(err error) {
			if err != nil {
				out.note("the bucket can't be read, trying on: %v", err)
				return
			}
			out.note("the bucket can be read again")
		},
		OnRound: stdout.Flush,
	}, emit)
	if err != nil {
		return out.logResult(stats, err, store.String())
	}
	if err := stdout.Flush(); err != nil {
		return err
	}
	if stats.Findings > 0 {
		return errFinding
	}
	return nil
}
