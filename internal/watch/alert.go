package watch

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/agentaudit/agentaudit/internal/anomaly"
	"github.com/agentaudit/agentaudit/internal/verify"
)

// Sources of alerts.
const (
	SourceAnomaly = "anomaly"
	SourceVerify  = "verify"
	SourceWatch   = "watch" // the watcher itself couldn't look
)

// Alert is what receivers are told of a finding.
type Alert struct {
	Fingerprint string           `json:"fingerprint"`
	Source      string           `json:"source"`
	Rule        string           `json:"rule"`
	Severity    anomaly.Severity `json:"severity"`
	Bucket      string           `json:"bucket"`
	// Summary says it in a line. It may quote events: text from outside.
	Summary string `json:"summary"`
	// StartsAt is when it happened, or was found when nothing says so.
	StartsAt time.Time `json:"starts_at"`
	// One of the two, by source.
	Anomaly *anomaly.Finding `json:"anomaly,omitempty"`
	Verify  *verify.Finding  `json:"verify,omitempty"`
	// Findings are how many violations of the same kind at the same place this stands for.
	Findings int `json:"findings,omitempty"`
}

// Receiver is told alerts.
type Receiver interface {
	// Name tells receivers apart, in the state file and in logs; it must hold no secret and be the same after a restart.
	Name() string
	// Send returns nil when all alerts were received, an error that wraps ErrRefused when sending them again can't help, and another one
	// when it may.
	Send(ctx context.Context, alerts []Alert) error
	// Batch is how many alerts it takes at a time.
	Batch() int
}

func ofAnomaly(f *anomaly.Finding, bucket string) Alert {
	who := f.Agent
	if who == "" {
		who = "unknown agent"
	}
	return Alert{
		Fingerprint: f.Fingerprint, Source: SourceAnomaly, Rule: f.Rule, Severity: f.Severity, Bucket: bucket,
		Summary: text(fmt.Sprintf("%s: %s: %s (%s)", f.Rule, who, f.Seen, f.Baseline)), StartsAt: f.FirstAt, Anomaly: f,
	}
}

// ofVerify makes one alert of all violations of a kind at one place, in their order.
func ofVerify(findings []verify.Finding, bucket string, now time.Time) (alerts []Alert) {
	place := map[string]int{}
	for _, f := range findings {
		if f.Note {
			continue
		}
		print := fingerprint(SourceVerify, string(f.Kind), f.Writer, f.Key)
		if i, ok := place[print]; ok {
			alerts[i].Findings++
			continue
		}
		place[print] = len(alerts)
		alerts = append(alerts, Alert{
			Fingerprint: print, Source: SourceVerify, Rule: string(f.Kind), Severity: anomaly.Critical, Bucket: bucket,
			Summary: text(f.String()), StartsAt: now, Verify: &f, Findings: 1,
		})
	}
	return alerts
}

func fingerprint(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		_, _ = h.Write([]byte(strconv.Itoa(len(p)) + ":" + p)) // never fails
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// maxText bounds a text of an alert, in characters.
const maxText = 600

// text makes text from outside fit for a line of others' logs and pages.
func text(s string) string {
	s = strings.Map(func(r rune) rune {
		if r == '\n' || r == '\t' {
			return ' '
		}
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == utf8.RuneError {
			return -1
		}
		return r
	}, s)
	if utf8.RuneCountInString(s) > maxText {
		s = string([]rune(s)[:maxText-1]) + "…"
	}
	return s
}
