package deploy

import (
	"bufio"
	"encoding/json"
	"io"
	"maps"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

// exposition is what a collector shows on /metrics: the names of the series, each with the names of its labels.
type exposition map[string]map[string]bool

func parseExposition(t *testing.T, r io.Reader) exposition {
	t.Helper()
	found := exposition{}
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		line := lines.Text()
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		name := line[:strings.IndexAny(line, "{ ")]
		if found[name] == nil {
			found[name] = map[string]bool{}
		}
		for _, label := range labelName.FindAllStringSubmatch(line[len(name):], -1) {
			found[name][label[1]] = true
		}
	}
	require.NoError(t, lines.Err())
	return found
}

var labelName = regexp.MustCompile(`([a-zA-Z_]\w*)="`)

// scrape starts the built collector with config.yaml, has it take spans until it has made events and sealed them, and returns its metrics.
func scrape(t *testing.T) exposition {
	t.Helper()
	root, err := filepath.Abs(filepath.Join("..", ".."))
	require.NoError(t, err)
	binary := filepath.Join(root, "bin", "otelcol-agentaudit")
	if _, err := os.Stat(binary); err != nil {
		t.Skip("no collector: run `make build`")
	}
	dir, otlp, metrics := t.TempDir(), freeAddr(t), freeAddr(t)
	_, port, err := net.SplitHostPort(metrics)
	require.NoError(t, err)
	cmd := exec.Command(binary, "--config", filepath.Join(root, "config.yaml"))
	cmd.Env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "AGENTAUDIT_BUCKET=file:" + filepath.Join(dir, "bucket"), "AGENTAUDIT_JOURNAL=" + filepath.Join(dir, "journal"),
		"AGENTAUDIT_KEY_FILE=" + filepath.Join(dir, "redaction.key"), "AGENTAUDIT_OTLP_HTTP=" + otlp, "AGENTAUDIT_OTLP_GRPC=127.0.0.1:0",
		"AGENTAUDIT_HEALTH=127.0.0.1:0", "AGENTAUDIT_METRICS_PORT=" + port, "AGENTAUDIT_SEAL_AGE=1s",
	}
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		assert.NoError(t, cmd.Process.Signal(syscall.SIGTERM))
		assert.NoError(t, cmd.Wait())
		_ = filepath.WalkDir(dir, func(p string, _ os.DirEntry, _ error) error { return os.Chmod(p, 0o700) }) //nolint:gosec // to be removed
	})
	// A call whose arguments hold a secret, twice in one request; the second time it is a duplicate.
	span := `{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"48048dc37c399307474b7ae675965e9d","spanId":"36731bde8b730cff","name":"execute_tool f",` +
		`"startTimeUnixNano":"1790000000000000000","endTimeUnixNano":"1790000001000000000","attributes":[` +
		`{"key":"gen_ai.operation.name","value":{"stringValue":"execute_tool"}},{"key":"gen_ai.tool.name","value":{"stringValue":"f"}},` +
		`{"key":"gen_ai.tool.call.arguments","value":{"stringValue":"{\"password\":\"hunter2\"}"}}]}]}]}]}`
	for range 2 {
		require.Eventually(t, func() bool { return post(t, "http://"+otlp+"/v1/traces", span) }, patience, 50*time.Millisecond)
	}
	var found exposition
	require.Eventually(t, func() bool {
		found = metricsOf(t, "http://"+metrics+"/metrics")
		return found["otelcol_agent_audit_s3_seals"] != nil && found["otelcol_agent_audit_s3_upload_lag_count"] != nil
	}, patience, 100*time.Millisecond)
	return found
}

func post(t *testing.T, url, body string) bool {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(body))
	require.NoError(t, err)
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	return err == nil && resp.Body.Close() == nil && resp.StatusCode == http.StatusOK
}

func metricsOf(t *testing.T, url string) exposition {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	require.NoError(t, err)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil
	}
	defer resp.Body.Close()
	return parseExposition(t, resp.Body)
}

// documented are the metrics of our components by name, with their labels: a counter that has counted nothing is not shown, so the collector alone
// doesn't tell of all.
func documented(t *testing.T) exposition {
	t.Helper()
	names := exposition{}
	for _, file := range []string{"../../processor/agentauditprocessor/documentation.md", "../../exporter/agentaudits3exporter/documentation.md"} {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		for _, section := range strings.Split(string(text), "\n### ")[1:] {
			name, rest, _ := strings.Cut(section, "\n")
			labels := map[string]bool{}
			for _, row := range regexp.MustCompile(`(?m)^\| (\w+) \| [^|]* \| (?:Any Str|Str: )`).FindAllStringSubmatch(rest, -1) {
				labels[row[1]] = true
			}
			if strings.Contains(rest, "| Histogram |") {
				for _, suffix := range []string{"_bucket", "_sum", "_count"} {
					names[name+suffix] = maps.Clone(labels)
				}
				names[name+"_bucket"]["le"] = true
			} else {
				names[name] = labels
			}
		}
	}
	return names
}

// inPromQL finds the metrics that an expression names, with the labels that it matches.
func inPromQL(t *testing.T, expr string) exposition {
	t.Helper()
	text := regexp.MustCompile(`"(?:[^"\\]|\\.)*"`).ReplaceAllString(expr, `""`)
	for _, pair := range []string{"()", "{}", "[]"} {
		assert.Equal(t, strings.Count(text, pair[:1]), strings.Count(text, pair[1:]), "%s in %s", pair, expr)
	}
	text = regexp.MustCompile(`\b(by|without|on|ignoring|group_left|group_right) *\([^)]*\)`).ReplaceAllString(text, " ")
	text = regexp.MustCompile(`\[[0-9]+[smhdw]\]|\boffset +[0-9]+[smhdw]`).ReplaceAllString(text, " ")
	found := exposition{}
	for _, m := range regexp.MustCompile(`([a-zA-Z_:][\w:]*)\s*(\{[^}]*\}|\()?`).FindAllStringSubmatch(text, -1) {
		name, after := m[1], m[2]
		switch {
		case slices.Contains([]string{"or", "and", "unless"}, name):
			continue
		case after == "(":
			assert.Contains(t, functions, name, expr)
			continue
		}
		if found[name] == nil {
			found[name] = map[string]bool{}
		}
		for _, label := range regexp.MustCompile(`(\w+) *(?:=~|!~|!=|=)`).FindAllStringSubmatch(after, -1) {
			found[name][label[1]] = true
		}
	}
	return found
}

// functions are those of PromQL that the files here use.
var functions = []string{"absent", "count", "histogram_quantile", "increase", "max", "rate", "scalar", "sum", "topk", "vector"}

// ours are the label names that Prometheus itself adds.
var ours = []string{"instance", "job"}

func TestInPromQL(t *testing.T) {
	got := inPromQL(t, `sum by (job, le) (rate(a_bucket{x="or b",y!~"}("}[5m])) > 0.5 or (b:c unless b:c offset 15m)`)
	assert.Equal(t, exposition{"a_bucket": {"x": true, "y": true}, "b:c": {}}, got)
}

// TestMetricNames wants every metric and label that the rules and the dashboard name to be one that the collector shows, or that our components' documentation
// lists; and the documentation to spell them as the collector does.
func TestMetricNames(t *testing.T) {
	shown, listed := scrape(t), documented(t)
	for name := range shown {
		if strings.Contains(name, "agent_audit") {
			assert.Contains(t, listed, name, "the collector shows a metric that the documentation lacks")
		}
	}
	used := exposition{}
	for where, expr := range expressions(t) {
		for name, labels := range inPromQL(t, expr) {
			known := listed[name]
			if known == nil {
				known = shown[name]
			}
			if !assert.NotNil(t, known, "%s names %s, which no collector shows", where, name) {
				continue
			}
			used[name] = labels
			for label := range labels {
				assert.True(t, known[label] || shown[name][label] || slices.Contains(ours, label), "%s: %s has no label %s", where, name, label)
			}
		}
	}
	for name := range listed {
		base := strings.TrimSuffix(strings.TrimSuffix(strings.TrimSuffix(name, "_bucket"), "_sum"), "_count")
		assert.True(t, used[name] != nil || used[base+"_bucket"] != nil, "neither a rule nor the dashboard shows %s", name)
	}
}

// expressions returns all PromQL of the two files by where it stands.
func expressions(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, g := range readRules(t) {
		for _, r := range g.Rules {
			all["alert "+r.Alert] = r.Expr
		}
	}
	for _, p := range readDashboard(t) {
		for _, target := range p.Targets {
			all["panel "+p.Title+" "+target.RefID] = target.Expr
		}
	}
	return all
}

type ruleGroup struct {
	Name  string
	Rules []struct {
		Alert, Expr, For    string
		Labels, Annotations map[string]string
	}
}

func readRules(t *testing.T) []ruleGroup {
	t.Helper()
	text, err := os.ReadFile("prometheus-rules.yaml")
	require.NoError(t, err)
	var file struct{ Groups []ruleGroup }
	d := yaml.NewDecoder(strings.NewReader(string(text)))
	d.KnownFields(true)
	require.NoError(t, d.Decode(&file))
	return file.Groups
}

type panel struct {
	ID      int
	Title   string
	Type    string
	GridPos struct{ H, W, X, Y int }
	Targets []struct{ RefID, Expr string }
}

func readDashboard(t *testing.T) []panel {
	t.Helper()
	text, err := os.ReadFile("grafana-dashboard.json")
	require.NoError(t, err)
	var file struct {
		Title, UID    string
		SchemaVersion int
		Panels        []panel
	}
	require.NoError(t, json.Unmarshal(text, &file))
	assert.NotEmpty(t, file.UID)
	assert.Positive(t, file.SchemaVersion)
	return file.Panels
}

func TestRules(t *testing.T) {
	seen := map[string]bool{}
	for _, g := range readRules(t) {
		assert.NotEmpty(t, g.Name)
		for _, r := range g.Rules {
			assert.Regexp(t, `^AgentAudit[A-Z]\w+$`, r.Alert)
			assert.False(t, seen[r.Alert], "%s is there twice", r.Alert)
			seen[r.Alert] = true
			assert.Contains(t, []string{"critical", "warning", "info"}, r.Labels["severity"], r.Alert)
			assert.NotEmpty(t, r.Annotations["summary"], r.Alert)
			assert.NotEmpty(t, r.Expr, r.Alert)
			if r.For != "" {
				_, err := time.ParseDuration(r.For)
				assert.NoError(t, err, r.Alert)
			}
		}
	}
	assert.GreaterOrEqual(t, len(seen), 15)
}

func TestDashboard(t *testing.T) {
	taken := map[[2]int]string{}
	ids := map[int]bool{}
	for _, p := range readDashboard(t) {
		assert.NotEmpty(t, p.Title)
		assert.False(t, ids[p.ID], p.Title)
		ids[p.ID] = true
		assert.LessOrEqual(t, p.GridPos.X+p.GridPos.W, 24, p.Title)
		for x := range p.GridPos.W {
			for y := range p.GridPos.H {
				at := [2]int{p.GridPos.X + x, p.GridPos.Y + y}
				assert.Empty(t, taken[at], "%s lies on another panel", p.Title)
				taken[at] = p.Title
			}
		}
		if p.Type != "row" {
			assert.NotEmpty(t, p.Targets, p.Title)
		}
	}
}
