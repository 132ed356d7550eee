#!/usr/bin/env bash
# Fails when generating again changes a file: either a generated file was edited by hand, or its source was changed and
# `make generate` forgotten. It compares before with after, not with the last commit, so it also works on uncommitted work.
set -euo pipefail
cd "$(dirname "$0")/.."

snapshot() { git ls-files -z --cached --others --exclude-standard | sort -z | xargs -0 cksum 2>/dev/null || true; }

before=$(mktemp)
trap 'rm -f "$before"' EXIT
snapshot >"$before"
make generate
if ! changed=$(diff <(snapshot) "$before"); then
	echo "generated files are not up to date; run 'make generate' and commit the result:" >&2
	sed -n 's/^[<>] [0-9]* [0-9]* /  /p' <<<"$changed" | sort -u >&2
	exit 1
fi
