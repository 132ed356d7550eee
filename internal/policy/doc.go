// Package policy reads the file in which an organisation says what its agents may do: a YAML file with a section for each subject,
// of which example.yaml is the commented whole. Reports measure against it; nothing is enforced by it.
//
// A section that is absent asks for nothing. A key that nobody knows, or a value that makes no sense, is an error that names the key
// as it stands in the file (budgets[1].per): a policy that is half understood is none.
//
// The section anomalies belongs to internal/anomaly, which reads the node that is kept of it.
package policy
