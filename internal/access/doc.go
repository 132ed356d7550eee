// Package access decides who may look at the trail through a server of ours: the web page and the MCP server share it.
//
// Beyond loopback a server needs TLS and a file of tokens ([Listen] refuses else). The file has one user a line: role, name, and the SHA-256 of
// the token in hexadecimal, or the token itself; only its owner may read the file. A request shows its token as a bearer header or, for browsers, in
// a session cookie that [Guard] hands out at /login. Without a file everybody on loopback is an auditor.
//
// Roles differ in the tiers that they see: an auditor sees all, a developer debug and info. Whoever asks the lake must narrow the
// question by [User.Tiers]; nothing here reads events.
package access
