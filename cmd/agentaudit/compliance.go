package main

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/agentaudit/agentaudit/internal/compliance"
	"github.com/agentaudit/agentaudit/internal/lake"
	"github.com/agentaudit/agentaudit/internal/policy"
	"github.com/agentaudit/agentaudit/internal/report"
	"github.com/agentaudit/agentaudit/internal/trail"
)

const complianceHelp = `compliance measures the trail against a policy: checks that passed, failed or can't be decided, each with its numbers, event ids, and what the
data can't show; then what evidence the trail gives for controls of laws and standards, and where it ends. It helps meet them.

The same data and policy give the same bytes. With --sign the report goes to the file of --output, and a signature over it and the checkpoints that
it was computed from to FILE.sig: a signed note, by the first key of a file that keygen made. agentaudit report check verifies it.

Exit code 1 when a check failed.`

const complianceExamples = `  agentaudit report compliance --example-policy > policy.yaml
  agentaudit report compliance --bucket file:./agentaudit-data/bucket --key trail.pub --policy policy.yaml --since 2026-11-01 --until 2026-11-30
  agentaudit report compliance … --format html --output november.html --sign auditor.key
  agentaudit report check november.html --key auditor.pub`

// complianceFlags are the flags of report compliance.
type complianceFlags struct {
	askFlags

	policy, sign, file string
	example            bool
}

func complianceReport(out *output) *cobra.Command {
	var f complianceFlags
	cmd := &cobra.Command{
		Use:     "compliance --bucket URL --policy FILE",
		Short:   "Checks against a policy, and evidence for controls of laws and standards",
		Long:    complianceHelp,
		Example: complianceExamples,
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if f.example {
				_, err := out.stdout.Write(policy.Example)
				return err
			}
			return runCompliance(cmd.Context(), out, &f)
		},
	}
	f.add(cmd)
	cmd.Flags().StringVar(&f.policy, "policy", "", "policy to check")
	cmd.Flags().BoolVar(&f.example, "example-policy", false, "print a policy with comments, to start from")
	cmd.Flags().StringVar(&f.sign, "sign", "", "sign the report with the first key of this file; needs --output")
	cmd.Flags().StringVarP(&f.file, "output", "o", "", "file to write; standard output if not given")
	return cmd
}

func runCompliance(ctx context.Context, out *output, f *complianceFlags) (err error) {
	rules, key, err := f.read()
	if err != nil {
		return err
	}
	a, err := f.ask(ctx, out)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	p := a.lake.Provenance()
	d, failed, err := compliance.Run(ctx, compliance.Input{Asker: a, Policy: rules, Provenance: &p})
	if err != nil {
		return err
	}
	if err := f.write(out, a, d, &p, key); err != nil {
		return err
	}
	if failed {
		return errFinding
	}
	return a.result()
}

// read reads the policy and the key that signs.
func (f *complianceFlags) read() (*policy.File, ed25519.PrivateKey, error) {
	if f.policy == "" {
		return nil, nil, withHint(errors.New("--policy is missing"), "agentaudit report compliance --example-policy prints one to start from")
	}
	rules, err := readPolicy(f.policy)
	if err != nil || f.sign == "" {
		return rules, nil, err
	}
	if f.file == "" {
		return nil, nil, errors.New("--sign needs --output: the signature stands beside the file")
	}
	text, err := os.ReadFile(f.sign)
	if err != nil {
		return nil, nil, fmt.Errorf("--sign: %w", err)
	}
	keys, err := trail.ParsePrivateKeys(text)
	if err != nil {
		return nil, nil, withHint(fmt.Errorf("--sign: %s: %w", f.sign, err), "agentaudit keygen makes one")
	}
	return rules, keys[0], nil
}

// write prints the report, or writes it to a file, signed if a key is given.
func (f *complianceFlags) write(out *output, a *asking, d *report.Document, p *lake.Provenance, key ed25519.PrivateKey) error {
	d.Limits = append(d.Limits, report.LimitsOf(p)...)
	if f.file == "" {
		return a.print(out, &f.askFlags, d)
	}
	var text bytes.Buffer
	if err := a.print(&output{stdout: &text, stderr: out.stderr}, &f.askFlags, d); err != nil {
		return err
	}
	if err := os.WriteFile(f.file, text.Bytes(), 0o644); err != nil { //nolint:gosec // a report is made to be handed on
		return fmt.Errorf("--output: %w", err)
	}
	if key == nil {
		return nil
	}
	signed, err := compliance.Sign(text.Bytes(), compliance.Checkpoints(p.Writers), key)
	if err != nil {
		return err
	}
	if err := os.WriteFile(f.file+".sig", signed, 0o644); err != nil { //nolint:gosec // as above
		return fmt.Errorf("--sign: %w", err)
	}
	return nil
}

func reportCheck(out *output) *cobra.Command {
	var key, sig string
	cmd := &cobra.Command{
		Use:   "check FILE --key PUBLIC",
		Short: "Check the signature of a report",
		Long: `check compares a report with the signature beside it (FILE.sig), offline, and prints the checkpoints that it was computed from. They can be
compared with those of agentaudit verify --json: a log that has grown since still has the same root at that size.`,
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error { return checkReport(out, args[0], sig, key) },
	}
	cmd.Flags().StringVar(&key, "key", "", "file with the public keys that may have signed")
	cmd.Flags().StringVar(&sig, "signature", "", "file with the signature (default FILE.sig)")
	return cmd
}

func checkReport(out *output, file, sig, key string) error {
	if key == "" {
		return withHint(errors.New("--key is missing"), "agentaudit keygen --public FILE prints the public key")
	}
	if sig == "" {
		sig = file + ".sig"
	}
	keys, err := readKeys(key)
	if err != nil {
		return err
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	signature, err := os.ReadFile(sig)
	if err != nil {
		return err
	}
	s, err := compliance.Check(text, signature, keys)
	if errors.Is(err, compliance.ErrSignature) || errors.Is(err, compliance.ErrReport) {
		out.note("%s: %v", file, err)
		return errFinding
	}
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintf(out.stdout, "OK     %s is as it was signed: SHA-256 %x\n", sanitize(file), s.SHA256); err != nil {
		return err
	}
	for _, c := range s.Checkpoints {
		if _, err := fmt.Fprintf(out.stdout, "log    %s: size %d, root %s\n", sanitize(c.Writer), c.Size, sanitize(c.Root)); err != nil {
			return err
		}
	}
	return nil
}
