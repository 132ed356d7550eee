package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/agentaudit/agentaudit/internal/lake"
	"github.com/agentaudit/agentaudit/internal/objstore"
	"github.com/agentaudit/agentaudit/internal/watch"
)

const watchHelp = `watch looks at a bucket on a schedule: it runs the rules of anomalies over the last days, and verifies what came since the
last look (--trust), and tells what is new. Each finding is told once: --state remembers, over restarts, what was told and what waits for
a receiver that did not take it.

Receivers are Alertmanagers (--alertmanager URL, which gets POST /api/v2/alerts) and programs (--command FILE, run for each alert with the alert as
JSON on standard input, without a shell and without this process's environment). New findings are printed, too.

With --once it looks one time, for cron: exit code 0 nothing new, 1 something new was found, 2 it could not look, or an alert was not received
within --patience and waits in the state file.

A web address's password and a token are never printed. A token or password is not sent to another machine without TLS.`

const watchExamples = `  agentaudit watch --bucket file:./agentaudit-data/bucket --policy policy.yaml --key trail.pub --trust audit.trust --state watch.state \
      --every 5m --alertmanager http://127.0.0.1:9093
  agentaudit watch --bucket file:./agentaudit-data/bucket --state watch.state --once --command /usr/local/bin/page`

// watchFlags are the flags of watch as they were given.
type watchFlags struct {
	anomaliesFlags

	trust, state  string
	every, window time.Duration
	noVerify      bool
	once          bool
	patience      time.Duration

	alertmanagers    []string
	alerts           watch.AlertmanagerOptions
	command          string
	commandArguments []string
	commandTimeout   time.Duration
}

func watchCommand(out *output) *cobra.Command {
	var f watchFlags
	cmd := &cobra.Command{
		Use:     "watch --bucket URL",
		Short:   "Look at a bucket on a schedule and raise alerts",
		Long:    watchHelp,
		Example: watchExamples,
		Args:    noArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return runWatch(cmd.Context(), out, &f) },
	}
	f.addTo(cmd)
	return cmd
}

func (f *watchFlags) addTo(cmd *cobra.Command) {
	flags := cmd.Flags()
	bucketFlag(flags, &f.bucket)
	flags.StringVar(&f.key, "key", "", "file with public keys that logs must lead to")
	flags.StringVar(&f.trust, "trust", "", "file with what was verified before; made and kept up to date")
	flags.StringVar(&f.policy, "policy", "", "policy with the rules' thresholds and the tools that need an approval")
	flags.StringSliceVar(&f.rules, "rule", nil, "only these rules")
	flags.StringVar(&f.minSeverity, "min-severity", "", "only rules of this severity or a graver one")
	flags.StringVar(&f.state, "state", "", "file that remembers what was told and what waits")
	flags.DurationVar(&f.every, "every", 5*time.Minute, "from the end of a look to the next one")
	flags.DurationVar(&f.window, "window", 24*time.Hour, "how far back the rules look, lengthened to the beginning of the day (UTC); 0 runs none")
	flags.BoolVar(&f.noVerify, "no-verify", false, "don't verify the bucket")
	flags.BoolVar(&f.once, "once", false, "look one time and end")
	flags.DurationVar(&f.patience, "patience", time.Minute, "with --once: for how long to try to be rid of an alert")
	flags.StringVar(&f.cache, "cache", "", "folder for what was fetched (default: in your cache folder)")
	flags.Int64Var(&f.cacheLimit, "cache-limit", 20, "how large the cache may get, in GiB")
	flags.Int64Var(&f.memory, "memory", 1024, "how much the engine may hold before it spills to the cache's disk, in MiB")
	flags.IntVar(&f.parallel, "parallel", 0, "requests at a time (default 16 for a directory, 64 for S3)")

	flags.StringArrayVar(&f.alertmanagers, "alertmanager", nil, "address of an Alertmanager; may be given more than once")
	flags.StringVar(&f.alerts.TokenFile, "token-file", "", "file with a bearer token for the Alertmanagers")
	flags.StringVar(&f.alerts.CAFile, "ca-file", "", "certificates to trust for the Alertmanagers, in place of the system's")
	flags.StringVar(&f.alerts.CertFile, "cert-file", "", "client certificate for the Alertmanagers")
	flags.StringVar(&f.alerts.KeyFile, "cert-key-file", "", "key of the client certificate")
	flags.DurationVar(&f.alerts.Timeout, "timeout", 10*time.Second, "for one request")
	flags.DurationVar(&f.alerts.Hold, "hold", 24*time.Hour, "how long an alert stays active at an Alertmanager, which gets it once")
	flags.StringVar(&f.command, "command", "", "program to run for each alert")
	flags.StringArrayVar(&f.commandArguments, "command-arg", nil, "argument of the program; may be given more than once")
	flags.DurationVar(&f.commandTimeout, "command-timeout", 30*time.Second, "for one run of the program")
}

func runWatch(ctx context.Context, out *output, f *watchFlags) (err error) {
	if err := f.check(); err != nil {
		return err
	}
	receivers, err := f.receivers()
	if err != nil {
		return err
	}
	store, err := openBucket(ctx, f.bucket)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	looker, err := f.looker(store)
	if err != nil {
		return err
	}
	w, err := watch.New(watch.Options{
		Look: looker.Look, Bucket: store.String(), Receivers: receivers, StateFile: f.state, Every: f.every,
		OnNew: func(a watch.Alert) { out.printAlert(&a) }, OnError: func(err error) { out.note("%v", err) },
	})
	if err != nil {
		return fmt.Errorf("--state: %w", err)
	}
	if f.once {
		return watchOnce(ctx, w, f.patience)
	}
	return w.Run(ctx)
}

func watchOnce(ctx context.Context, w *watch.Watcher, patience time.Duration) error {
	fresh, waiting, err := w.Once(ctx, patience)
	switch {
	case err != nil:
		return err
	case waiting > 0:
		return withHint(fmt.Errorf("%s wait for a receiver", plural(waiting, "alert")), "they are in the state file, and the next run tries again")
	case len(fresh) > 0:
		return errFinding
	}
	return nil
}

// printAlert prints an alert in a line.
func (o *output) printAlert(a *watch.Alert) {
	_, _ = fmt.Fprintf(o.stdout, "%s  %s  %s  %s\n", o.colors.bad.Sprintf("%-8s", a.Severity), a.StartsAt.UTC().Format(time.RFC3339), a.Source, sanitize(a.Summary))
}

func (f *watchFlags) check() error {
	switch {
	case !lake.HasEngine && f.window > 0:
		return withHint(lake.ErrNoEngine, "--window 0 verifies alone, which needs no engine")
	case f.noVerify && f.window <= 0:
		return withHint(errors.New("there is nothing to look for"), "leave out --no-verify, or give --window")
	case f.every < time.Second:
		return fmt.Errorf("--every: %v is less than a second", f.every)
	case f.memory < 128 || f.memory > 1<<20:
		return fmt.Errorf("--memory: %d is not between 128 and %d MiB", f.memory, 1<<20)
	case f.parallel < 0 || f.parallel > 1024:
		return fmt.Errorf("--parallel: %d is not between 0 and 1024", f.parallel)
	case f.state == "" && len(f.alertmanagers)+len(f.command) > 0:
		return withHint(errors.New("--state is missing"), "without it, each restart would tell everything again")
	}
	return nil
}

func (f *watchFlags) receivers() (list []watch.Receiver, err error) {
	for _, url := range f.alertmanagers {
		opts := f.alerts
		opts.URL = url
		a, err := watch.NewAlertmanager(opts)
		if err != nil {
			return nil, err
		}
		list = append(list, a)
	}
	if f.command != "" {
		c, err := watch.NewCommand(f.command, f.commandArguments, f.commandTimeout)
		if err != nil {
			return nil, fmt.Errorf("--command: %w", err)
		}
		list = append(list, c)
	}
	return list, nil
}

func (f *watchFlags) looker(store objstore.Store) (*watch.Looker, error) {
	opts, err := f.anomalies()
	if err != nil {
		return nil, err
	}
	keys, err := readKeys(f.key)
	if err != nil {
		return nil, err
	}
	_, isDir := store.(*objstore.Dir)
	if !isDir && f.parallel == 0 {
		f.parallel = 64
	}
	return &watch.Looker{
		Store:     store,
		Lake:      lake.Options{Dir: f.cache, Limit: f.cacheLimit << 30, Memory: f.memory << 20, Parallel: f.parallel, Keys: keys},
		Anomalies: opts, Window: f.window, Verify: !f.noVerify, TrustFile: f.trust, CheckLocks: !isDir,
	}, nil
}
