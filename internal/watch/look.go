package watch

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"github.com/agentaudit/agentaudit/internal/anomaly"
	"github.com/agentaudit/agentaudit/internal/journal"
	"github.com/agentaudit/agentaudit/internal/lake"
	"github.com/agentaudit/agentaudit/internal/objstore"
	"github.com/agentaudit/agentaudit/internal/verify"
)

// Looker looks at one bucket.
type Looker struct {
	Store objstore.Store
	// Lake says where the cache is, with how much memory and which keys; the period is set here.
	Lake lake.Options
	// Anomalies are the rules to run, with their policy; the period is set here. Window is how far back they look; it is lengthened to a
	// whole UTC day. Zero runs none.
	Anomalies anomaly.Options
	Window    time.Duration
	// Verify verifies the bucket, with Lake.Keys. TrustFile is what earlier looks have verified; it is made if it is missing. Without one
	// every look reads the whole bucket.
	Verify    bool
	TrustFile string
	// CheckLocks asks the store for the lock of each object.
	CheckLocks bool
}

// Look returns an alert for each finding there is, told before or not.
func (l *Looker) Look(ctx context.Context, now time.Time) (alerts []Alert, err error) {
	if l.Verify {
		if alerts, err = l.verify(ctx, now); err != nil {
			return nil, err
		}
	}
	if l.Window > 0 {
		found, err := l.anomalies(ctx, now)
		if err != nil {
			return nil, err
		}
		for _, a := range found { // what the lake found to be wrong with the bucket, verify may have told
			if !slices.ContainsFunc(alerts, func(b Alert) bool { return b.Fingerprint == a.Fingerprint }) {
				alerts = append(alerts, a)
			}
		}
	}
	return alerts, nil
}

func (l *Looker) verify(ctx context.Context, now time.Time) ([]Alert, error) {
	opts := verify.Options{Keys: l.Lake.Keys, CheckLocks: l.CheckLocks, Parallel: l.Lake.Parallel, Now: now}
	if l.TrustFile != "" {
		var err error
		if opts.Trust, err = verify.ReadTrust(l.TrustFile); err != nil {
			return nil, fmt.Errorf("trust file: %w", err)
		}
	}
	rep, err := verify.Run(ctx, l.Store, opts)
	if err != nil {
		return nil, fmt.Errorf("couldn't verify the bucket: %w", err)
	}
	if l.TrustFile != "" {
		data, err := rep.Trust.Encode()
		if err == nil {
			err = journal.NewDurable(nil, filepath.Dir(l.TrustFile), filepath.Base(l.TrustFile)).Save(data)
		}
		if err != nil {
			return nil, fmt.Errorf("trust file: %w", err)
		}
	}
	return ofVerify(rep.Findings, l.Store.String(), now), nil
}

func (l *Looker) anomalies(ctx context.Context, now time.Time) (alerts []Alert, err error) {
	opts := l.Lake
	opts.Since = now.Add(-l.Window).UTC().Truncate(24 * time.Hour)
	opts.History, opts.MaxAge, opts.Now = anomaly.History, 0, now
	lk, err := lake.Open(ctx, l.Store, opts)
	if err != nil {
		return nil, fmt.Errorf("couldn't read the bucket: %w", err)
	}
	defer func() { err = errors.Join(err, lk.Close()) }()
	v, err := lk.View(ctx, lake.Filter{})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, v.Close()) }()
	asked := l.Anomalies
	asked.Since = v.Since
	p := lk.Provenance()
	if len(p.Unseen) > 0 || p.Damaged > 0 || len(opts.Tiers) > 0 {
		asked.Partial = "parts of the bucket could not be shown"
	}
	result, err := anomaly.Run(ctx, v, asked)
	if err != nil {
		return nil, err
	}
	alerts = ofVerify(p.Findings, l.Store.String(), now)
	for i := range result.Findings {
		alerts = append(alerts, ofAnomaly(&result.Findings[i], l.Store.String()))
	}
	return alerts, nil
}
