package event

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestEveryTypeHasItsRank(t *testing.T) {
	t.Parallel()
	assert.ElementsMatch(t, Types, causal)
	assert.Less(t, ToolCall.Rank(), ToolResult.Rank())
	assert.Less(t, PermissionCheck.Rank(), PermissionDenied.Rank())
}
