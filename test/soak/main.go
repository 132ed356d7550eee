// Command soak torments the built collector for as long as it is told to, and then looks whether anything was lost.
//
// Senders work through numbered batches of telemetry (package load) and send again what was not acknowledged. The
// collector is killed with SIGKILL at random moments, also while it starts. Between it and a real S3 server stands
// package faultproxy, which refuses, cuts, swallows and delays. With -bucket dir there is a directory in the server's place, and
// kills are all that happens.
//
// At the end the faults cease, the journal drains, the collector stops in good order, and then:
//
//   - each event of each acknowledged batch must be in the bucket, once. A copy that is marked as conflict is counted apart;
//   - there must be no other event;
//   - the trail must verify, with the writer's public key, without a violation;
//   - no object may have been written twice, or deleted.
//
// It prints figures, exits with 1 when one of these fails, with 2 when it could not be tried. The seed decides
// the kills and the faults, not the scheduler: a failure needn't come again with the same seed. Of a failed run the journal, the
// collector's log and a directory's objects are kept; the S3 server's are not.
package main

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"

	"github.com/agentaudit/agentaudit/test/faultproxy"
	"github.com/agentaudit/agentaudit/test/load"
)

type options struct {
	collector string
	config    string
	bucket    string
	duration  time.Duration
	seed      uint64
	faults    float64
	latency   time.Duration
	senders   int
	spans     int
	pace      time.Duration
	sealAge   time.Duration
	life      time.Duration
}

func main() {
	var o options
	flag.StringVar(&o.collector, "collector", "bin/otelcol-agentaudit", "the built collector")
	flag.StringVar(&o.config, "config", "config.yaml", "its configuration")
	flag.StringVar(&o.bucket, "bucket", "s3", "where objects go: s3 (versitygw behind the fault proxy, with Object Lock) or dir")
	flag.DurationVar(&o.duration, "duration", 2*time.Minute, "how long to torment it")
	flag.Uint64Var(&o.seed, "seed", 0, "of kills and faults; 0 is a random one, which is printed")
	flag.Float64Var(&o.faults, "faults", 0.1, "share of S3 requests that a fault befalls")
	flag.DurationVar(&o.latency, "latency", time.Millisecond, "added to each S3 request, and up to four times as much more")
	flag.IntVar(&o.senders, "senders", 4, "concurrent senders, half of them over gRPC")
	flag.IntVar(&o.spans, "spans", 20, "spans in a request")
	flag.DurationVar(&o.pace, "pace", 150*time.Millisecond, "pause of a sender after each acknowledged request")
	flag.DurationVar(&o.sealAge, "seal-age", 200*time.Millisecond, "age at which a segment becomes objects")
	flag.DurationVar(&o.life, "life", time.Second, "a collector lives up to that long, from its start or from when it takes requests")
	flag.Parse()
	if o.seed == 0 {
		o.seed = uint64(time.Now().UnixNano()) //nolint:gosec // any will do
	}
	os.Exit(soak(context.Background(), o))
}

// soak returns the exit code.
func soak(ctx context.Context, o options) (code int) {
	dir, err := os.MkdirTemp("", "agentaudit-soak-")
	if err != nil {
		fmt.Fprintln(os.Stderr, "soak:", err)
		return 2
	}
	fmt.Printf("soak: seed %d, %s, bucket %s, in %s\n", o.seed, o.duration, o.bucket, dir)
	began := time.Now()
	r, err := try(ctx, o, dir)
	if err != nil {
		fmt.Fprintf(os.Stderr, "soak: %v (what there is stays in %s)\n", err, dir)
		return 2
	}
	r.seconds = time.Since(began).Seconds()
	r.print(os.Stdout)
	if !r.good() {
		fmt.Fprintf(os.Stderr, "soak: FAILED with seed %d; what there is stays in %s\n", o.seed, dir)
		return 1
	}
	if err := os.RemoveAll(dir); err != nil {
		fmt.Fprintln(os.Stderr, "soak:", err)
	}
	return 0
}

// try sets the scene, has the time pass, and looks at what is left.
func try(ctx context.Context, o options, dir string) (r result, err error) {
	var b bucket
	defer func() {
		if b != nil {
			b.close()
		}
	}()
	switch o.bucket {
	case "dir":
		b = newDirBucket(filepath.Join(dir, "bucket"))
	case "s3":
		if b, err = newS3Bucket(o); err != nil {
			return r, err
		}
	default:
		return r, fmt.Errorf("-bucket %q: use s3 or dir", o.bucket)
	}
	c, err := newCollector(o, dir, b)
	if err != nil {
		return r, err
	}
	defer c.kill()
	// Two UTC days, so that a seal makes several objects.
	g := load.New(load.Options{Seed: o.seed & 0xffff, SpanBytes: 800, Start: time.Date(2026, 3, 1, 23, 58, 0, 0, time.UTC)})
	f := newFleet(g, o, c)
	f.start(ctx)
	r.kills, err = torment(o, c, f)
	b.relent()
	if err != nil {
		f.abandon(err)
		return r, err
	}
	f.stop()
	if err := drain(c); err != nil {
		return r, err
	}
	r.faults, r.requests = b.faults()
	r.batches, r.again, r.refused = f.acknowledged()
	return r, check(ctx, c, b, f, &r)
}

// torment kills the collector again and again. It returns while one is running.
func torment(o options, c *collector, f *fleet) (kills int, err error) {
	random := rand.New(rand.NewPCG(o.seed, 0xdead)) //nolint:gosec // not for secrets
	end, report := time.Now().Add(o.duration), time.Now()
	for time.Now().Before(end) && f.failure() == nil {
		inStart, life := random.IntN(3) == 0, time.Duration(random.Int64N(int64(o.life)))
		if err := c.launch(); err != nil {
			return kills, err
		}
		if !inStart {
			if err := c.ready(); err != nil {
				return kills, err
			}
		}
		if kills%25 == 24 {
			life += 4 * o.life // so that the journal gets shorter again
		}
		time.Sleep(life)
		if err := c.alive(); err != nil {
			return kills, err
		}
		c.kill()
		kills++
		if time.Since(report) > 30*time.Second {
			report = time.Now()
			batches, again, _ := f.acknowledged()
			fmt.Fprintf(os.Stderr, "soak: %d kills, %d batches acknowledged, %d sent again, %s left\n",
				kills, len(batches), again, time.Until(end).Round(time.Second))
		}
	}
	if err := c.launch(); err != nil {
		return kills, err
	}
	return kills, c.ready()
}

// plan has faults befall that share of the requests. Silence costs the uploader a timeout, so it is rarer.
func plan(share float64) faultproxy.Plan {
	rates := faultproxy.Evenly(share)
	rates[faultproxy.Hang] /= 5
	rates[faultproxy.HangAnswer] /= 5
	return faultproxy.Plan{Rates: rates}
}
