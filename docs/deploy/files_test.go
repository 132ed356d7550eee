package deploy

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/agentaudit/agentaudit/internal/event"
	"github.com/agentaudit/agentaudit/internal/layout"
	"github.com/agentaudit/agentaudit/internal/retention"
)

// TestLifecycleOutlastsLocks: an object is locked from the end of the day that it came on; a rule counts from when it was made.
func TestLifecycleOutlastsLocks(t *testing.T) {
	text, err := os.ReadFile("lifecycle.json")
	require.NoError(t, err)
	var l struct {
		Rules []struct {
			Filter     struct{ Prefix string }
			Expiration struct{ Days int64 }
		}
	}
	require.NoError(t, json.Unmarshal(text, &l))
	days := map[string]int64{}
	for _, r := range l.Rules {
		assert.NotContains(t, r.Filter.Prefix, layout.TrailRoot)
		if r.Expiration.Days > 0 {
			days[r.Filter.Prefix] = r.Expiration.Days
		}
	}
	policy := retention.New(retention.Config{})
	for _, tier := range event.Tiers {
		var e event.Event
		policy.Tag(&e, tier)
		for _, root := range []string{layout.EventsRoot, layout.DaysRoot} {
			assert.Equal(t, e.Retention.Days.Value+2, days["PREFIX/"+root+"tier="+tier+"/"], "%s%s", root, tier)
		}
	}
	assert.Len(t, days, 2*len(event.Tiers))
}

// TestKubernetes has the collector read the configuration in the example, with the variables that it sets.
func TestKubernetes(t *testing.T) {
	text, err := os.ReadFile("kubernetes.yaml")
	require.NoError(t, err)
	var overlay string
	env := []string{"HOME=" + t.TempDir()}
	for docs := yaml.NewDecoder(bytes.NewReader(text)); ; {
		var doc struct {
			Kind string
			Data map[string]string
			Spec struct {
				Template struct {
					Spec struct {
						Containers []struct {
							Env []struct{ Name, Value string }
						}
					}
				}
			}
		}
		err := docs.Decode(&doc)
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		if doc.Kind == "ConfigMap" {
			overlay = doc.Data["overlay.yaml"]
		}
		for _, c := range doc.Spec.Template.Spec.Containers {
			for _, v := range c.Env {
				env = append(env, v.Name+"="+strings.NewReplacer("$(POD)", "agentaudit-0", "BUCKET", "bucket", "REGION", "eu-central-1").Replace(v.Value))
			}
		}
	}
	require.NotEmpty(t, overlay)
	require.Greater(t, len(env), 8)
	binary := filepath.Join("..", "..", "bin", "otelcol-agentaudit")
	if _, err := os.Stat(binary); err != nil {
		t.Skip("no collector: run `make build`")
	}
	cmd := exec.Command(binary, "validate", "--config", filepath.Join("..", "..", "config.yaml"), "--config", "yaml:"+overlay)
	key := filepath.Join(t.TempDir(), "redaction.key")
	require.NoError(t, os.WriteFile(key, []byte("bm90IGEgc2VjcmV0LCBvbmx5IGZvciB0aGlzIHRlc3Q="), 0o600))
	cmd.Env = append(env, "AGENTAUDIT_KEY_FILE="+key) // the last one counts
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
}
