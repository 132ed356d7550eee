package redact

import (
	"errors"
	"fmt"
	"strings"

	"go.opentelemetry.io/collector/config/configopaque"
)

// Action says what happens to what a rule found.
type Action string

// The actions.
const (
	// Mask puts [REDACTED:rule] in its place.
	Mask Action = "mask"
	// Hash puts a token in its place: the same value gives the same token under the
	// same key, and without the key the value cannot be guessed back.
	Hash Action = "hash"
	// Drop removes the whole leaf that it stands in: the text becomes empty, a member
	// of JSON null, an attribute absent.
	Drop Action = "drop"
	// Keep leaves it as it is.
	Keep Action = "keep"
)

func (a Action) valid() bool { return a == Mask || a == Hash || a == Drop || a == Keep }

// Config says what is redacted and how. The zero value is the safe default: all
// secrets and all kinds of personal data, masked.
type Config struct {
	// Key keys the hashes. Collectors that share it give the same hash for the same
	// value. Without Key and KeyFile each process makes up its own: what is sent again after a restart then has other
	// hashes, and is not recognised as the same.
	Key configopaque.String `mapstructure:"key"`
	// KeyFile names a file that holds the key. White space around it is no part of it.
	KeyFile string `mapstructure:"key_file"`
	// CreateKey puts a random key into KeyFile if it doesn't exist: for one collector alone. Several must be given the
	// same key; with CreateKey each would quietly make one of its own.
	CreateKey bool `mapstructure:"create_key"`
	// KeyID, if set, is written into hash tokens, so that one can tell which key made them.
	KeyID string `mapstructure:"key_id"`
	// Action is what happens where no other setting says so. Default: mask.
	Action Action `mapstructure:"action"`
	// AllSpans has the processor redact the spans and log records that are no agent's too.
	AllSpans bool `mapstructure:"all_spans"`
	// Profile is the set to start from: standard (default, everything), operations (without
	// addresses of machines), secrets (no personal data).
	Profile string `mapstructure:"profile"`
	// Personal turns kinds of personal data on or off, over the profile's choice: email,
	// phone, card, iban, national_id, ip, mac, birth_date, document.
	Personal map[string]bool `mapstructure:"personal"`
	// Disable turns off rules by id, or groups of rules.
	Disable []string `mapstructure:"disable"`
	// Actions say what happens to what a rule finds; the first that fits counts.
	Actions []ActionRule `mapstructure:"actions"`
	// Rules are the deployment's own.
	Rules []UserRule `mapstructure:"rules"`
	// Allow keeps exact values that a rule would find.
	Allow []Allowed `mapstructure:"allow"`
	// SecretKeys are further names whose values are secrets; SafeKeys are names whose values
	// are not, whatever the key rule says of them. Compared as a whole, in either case.
	SecretKeys []string `mapstructure:"secret_keys"`
	SafeKeys   []string `mapstructure:"safe_keys"`
	// MaxLeafBytes bounds one text; a longer one becomes [REDACTION FAILED: size]. Default: 16 MiB.
	MaxLeafBytes int `mapstructure:"max_leaf_bytes"`
}

const (
	defaultMaxLeaf = 16 << 20
	minKey         = 16
)

// Validate names what is wrong by its key in the configuration.
func (c *Config) Validate() error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	c.validateRules(bad)
	if c.Key != "" && c.KeyFile != "" {
		bad("key and key_file: set one of them")
	}
	if c.Key != "" && len(c.Key) < minKey {
		bad("key: shorter than %d bytes", minKey)
	}
	if c.CreateKey && c.KeyFile == "" {
		bad("create_key: needs key_file")
	}
	if len(c.KeyID) > 16 || strings.Trim(c.KeyID, "abcdefghijklmnopqrstuvwxyz0123456789") != "" {
		bad("key_id: %q is not 1 to 16 lower-case letters and digits", c.KeyID)
	}
	if c.Action != "" && !c.Action.valid() {
		bad("action: %q is none of mask, hash, drop, keep", c.Action)
	}
	if c.MaxLeafBytes < 0 {
		bad("max_leaf_bytes: negative")
	}
	return errors.Join(errs...)
}
