package journal_test

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/agentaudit/agentaudit/internal/journal"
)

// childDir names the journal of a child process: this test binary, run again.
const childDir = "JOURNAL_TEST_DIR"

// child appends, rotates and removes until it is killed, and prints what it
// was told to be durable ("a ID") and what it took away ("r FIRSTSEQ LINES").
func child() {
	j, recovery, err := journal.Open(options(os.Getenv(childDir)))
	if err != nil {
		fmt.Println("e", err)
		return
	}
	if recovery.DamagedLines > 0 || recovery.MissingLines > 0 || recovery.MissingSeals > 0 {
		fmt.Printf("e %+v\n", recovery)
		return
	}
	first, _ := strconv.ParseUint(os.Getenv("JOURNAL_TEST_ID"), 10, 64)
	if err := again(j); err != nil {
		fmt.Println("e", err)
		return
	}
	for id := first; ; id++ {
		if _, err := j.Append(context.Background(), []journal.Line{line(id, 1, rand.IntN(9000))}); err != nil {
			fmt.Println("e", err)
			return
		}
		fmt.Println("a", id)
		if id%7 == 0 {
			_, _, err = j.Rotate()
		}
		if sealed := j.Sealed(); err == nil && len(sealed) > 3 {
			fmt.Println("r", sealed[0].Seal, sealed[0].FirstSeq, sealed[0].Lines)
			err = j.Remove(sealed[0].Seal)
		}
		if err != nil {
			fmt.Println("e", err)
			return
		}
	}
}

// again delivers lines that earlier processes have acknowledged, and mostly removed.
func again(j *journal.Journal) error {
	for text := range strings.FieldsSeq(os.Getenv("JOURNAL_TEST_AGAIN")) {
		id, _ := strconv.ParseUint(text, 10, 64)
		receipt, err := j.Append(context.Background(), []journal.Line{line(id, 1, 0)})
		if err != nil || receipt.Duplicates != 1 {
			return fmt.Errorf("id %d is not recognised: %+v, %w", id, receipt, err)
		}
	}
	return nil
}

func TestKill(t *testing.T) {
	dir := t.TempDir()
	acked := map[uint64]bool{}
	var order []uint64   // of acked
	removed := uint64(1) // lines below were taken away
	id := uint64(1)
	for round := range 12 {
		cmd := exec.CommandContext(t.Context(), os.Args[0])
		cmd.Env = append(os.Environ(), childDir+"="+dir, fmt.Sprintf("JOURNAL_TEST_ID=%d", id),
			"JOURNAL_TEST_AGAIN="+strings.Trim(fmt.Sprint(order[max(0, len(order)-300):]), "[]"))
		out, err := cmd.StdoutPipe()
		require.NoError(t, err)
		require.NoError(t, cmd.Start())
		timer := time.AfterFunc(time.Duration(20+rand.IntN(60))*time.Millisecond, func() { _ = cmd.Process.Kill() })
		for lines := bufio.NewScanner(out); lines.Scan(); {
			var seal, first, n uint64
			switch text := lines.Text(); text[0] {
			case 'a':
				_, err = fmt.Sscanf(text, "a %d", &id)
				acked[id] = true
				order = append(order, id)
				id++
			case 'r':
				_, err = fmt.Sscanf(text, "r %d %d %d", &seal, &first, &n)
				removed = first + n
			default:
				t.Fatalf("round %d: %s", round, text)
			}
			require.NoError(t, err)
		}
		_ = cmd.Wait() // killed
		timer.Stop()
		id += 10 // an unacknowledged line may have landed
	}
	require.NotEmpty(t, acked)

	j, recovery := open(t, options(dir))
	require.Zero(t, recovery.DamagedLines+int(recovery.MissingLines)+int(recovery.MissingSeals))
	var next, oldest uint64
	for _, s := range j.Sealed() {
		for _, l := range read(t, s) {
			if next == 0 {
				next, oldest = l.Seq, l.ID
			}
			require.Equal(t, next, l.Seq)
			next++
			delete(acked, l.ID)
		}
	}
	t.Logf("%d lines, oldest kept is id %d", next-1, oldest)
	require.LessOrEqual(t, j.Sealed()[0].FirstSeq, removed)
	for id := range acked {
		require.Less(t, id, oldest, "acknowledged and lost")
	}
}
