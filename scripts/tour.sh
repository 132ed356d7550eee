#!/usr/bin/env bash
# Writes docs/tour.md: what each command of an auditor prints about a recorded multi-agent run. `make docs` builds the binaries first. It starts
# the collector with a fresh bucket, replays the recording, stops the collector, and asks. What differs from one run to the next (roots of logs, the
# times at which things were stored) is printed as …, so that the page changes only when what is printed does. An argument names
# another file to write.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
page=$(realpath -m "${1:-docs/tour.md}")
run=testdata/recorded/mastra.traces.jsonl
work=$(mktemp -d)
collector=

stop() {
	[[ -n $collector ]] || return 0
	local pid=$collector
	collector=
	kill -TERM "$pid" 2>/dev/null || true
	wait "$pid"
}
finish() {
	stop || true
	chmod -R u+rwx "$work"
	rm -rf "$work"
}
trap finish EXIT

fail() {
	echo "tour: $*; the collector's log ends with:" >&2
	tail -n 20 "$work/collector.log" >&2 || true
	exit 1
}

record() {
	# The key of hashes is of this tour alone: another one would change every hash on the page.
	head -c 32 /dev/zero | base32 | tr -d '=\n' >"$work/redaction.key"
	chmod 600 "$work/redaction.key"
	: >"$work/collector.log"
	AGENTAUDIT_BUCKET=file:$work/bucket AGENTAUDIT_JOURNAL=$work/journal AGENTAUDIT_KEY_FILE=$work/redaction.key AGENTAUDIT_WRITER=tour \
		AGENTAUDIT_OTLP_GRPC=127.0.0.1:0 AGENTAUDIT_OTLP_HTTP=127.0.0.1:0 AGENTAUDIT_HEALTH=127.0.0.1:0 AGENTAUDIT_METRICS_PORT=0 \
		bin/otelcol-agentaudit --config config.yaml >"$work/collector.log" 2>&1 &
	collector=$!
	for ((tries = 0; ; tries++)); do
		grep -q 'Everything is ready' "$work/collector.log" && break
		kill -0 "$collector" 2>/dev/null || fail "the collector did not start"
		((tries < 600)) || fail "the collector was not ready within a minute"
		sleep 0.1
	done
	local http
	http=$(sed -n 's/.*Starting HTTP server.*"endpoint": "\([^"]*\)".*/\1/p' "$work/collector.log" | grep -m1 .) || fail "the collector has no OTLP/HTTP endpoint"
	bin/agentaudit replay --endpoint "http://$http" "$run" >/dev/null || fail "the replay failed"
	stop || fail "the collector did not stop cleanly"
	bin/agentaudit keygen --public "$work/journal/trail.key" >"$work/trail.pub"
}

# same takes out what differs from one run to the next.
same() {
	sed -E -e "s#$work#.#g" -e 's#file:///\.#file:.#g; s#file://\./#file:./#g' \
		-e 's/(tour [0-9]+) [0-9a-f]{12,64}/\1 …/g; s/(root[": ]+)[0-9a-f]{64}/\1…/g; s/(SHA-256 |sha256[": ]+)[0-9a-f]{64}/\1…/g' \
		-e 's/(pack )[0-9a-f]{64}/\1…/g; s/(last entry )[0-9T:.Z-]+/\1…/g; s/("ingested_at":")[^"]*/\1…/g; s/("(generated|made|exported|verified)_at": *")[^"]*/\1…/g' \
		-e 's/[0-9.]+ ?(ms|µs|s) elapsed/… elapsed/g; s/[[:space:]]+$//'
}

# has says whether there is a command of that name.
has() { [[ $commands =~ (^|[[:space:]])"$1"([[:space:]]|$) ]]; }

# show LINES COMMAND…: the command as one would type it, and at most so many lines of what it prints.
show() {
	local lines=$1 code=0 text
	shift
	has "$1" || return 0
	text=$(cd "$work" && "$root/bin/agentaudit" "$@" 2>&1) || code=$?
	((code < 2)) || { echo "tour: agentaudit $*: exit code $code: $text" >&2 && exit 1; } # a page that shows a failure is none
	printf '\n```\n$ agentaudit'
	printf ' %s' "${@@Q}" | sed -E "s/'([A-Za-z0-9_.:/,=-]+)'/\1/g"
	printf '\n'
	[[ -z $text ]] || same <<<"$text" | sed -n "1,${lines}p"
	(($(wc -l <<<"$text") <= lines)) || printf '… %d more lines\n' $(($(wc -l <<<"$text") - lines))
	((code == 0)) || printf '(exit code %d)\n' "$code"
	printf '```\n'
}

# section COMMAND TITLE TEXT: nothing for a command that is not there.
section() {
	has "$1" || return 0
	printf '\n## %s\n\n%s\n' "$2" "$3"
}

write() {
	cat <<-'END'
		# A tour

		What an auditor types, and what comes back. The run was recorded from real agents (Mastra): a supervisor hands over to a weather agent, tools fail, an
		operations agent asks for permission, once it is given and once it is refused. It went over OTLP into a collector, as yours would.

		This page is made by `make docs` (scripts/tour.sh) and not by hand. … stands for what differs each time: roots of logs, and when things were stored.
		`AGENTAUDIT_BUCKET=file:./bucket` is set, so that no command needs `--bucket`. Every command takes `--format md|html|json|csv`
		where it prints a document, and `--since`, `--until`, `--agent`, `--user`, `--session`, `--tool`, `--tier` to narrow it.
	END
	section verify "Is the trail what was signed?" "The first question. With \`--key\` nobody but the key's holder can have made this bucket; the line \`locks\` says what a local directory can't have."
	show 30 verify --bucket file:./bucket --key trail.pub
	section log "What happened?" "Every event in time order."
	show 25 log --bucket file:./bucket --until 2026-11-21T00:51:53.8Z
	section report "In short" "What every report says first: which bucket, which period, and what of it is proven."
	show 200 report summary --key trail.pub
	show 60 report tools --key trail.pub
	show 60 report errors --key trail.pub
	show 60 report access --key trail.pub
	show 60 report tokens --key trail.pub --policy policy.yaml
	section report "A day on a page" "\`report daily\` is for every morning; without \`--date\` it is yesterday's."
	show 100 report daily --date 2026-11-21 --key trail.pub
	section agent "One agent" "By name or id."
	show 90 agent Supervisor --key trail.pub
	section trace "One task" "A trace as a timeline, and as a graph."
	show 60 trace b8ce60e98427c4a41ff27fa50c5bba9a --key trail.pub
	show 60 trace b8ce60e98427c4a41ff27fa50c5bba9a --graph --key trail.pub
	section session "One session" "Here a person approved, and then refused."
	show 60 session thread-2 --key trail.pub
	section forensics "What went wrong?" "First cause, failing branch, who approved, what to do."
	show 90 forensics b8ce60e98427c4a41ff27fa50c5bba9a --key trail.pub
	printf '\nThe evidence itself, which the public key proves without the bucket:\n'
	show 4 forensics b8ce60e98427c4a41ff27fa50c5bba9a --key trail.pub --pack incident.zip
	show 10 verify --pack incident.zip --key trail.pub
	section anomalies "What is unusual?" "Exit code 1 when there are findings."
	show 60 anomalies --key trail.pub --policy policy.yaml --since 2026-11-21
	section report "Against a policy" "The policy is that of \`report compliance --example-policy\`. Exit code 1 when a check failed. A report helps meet a control; whether it is met is not for a program to say."
	show 220 report compliance --policy policy.yaml --key trail.pub
	printf '\nSigned, for the files of an audit:\n'
	show 10 report compliance --policy policy.yaml --key trail.pub --format html --output report.html --sign auditor.key
	show 10 report check report.html --key auditor.pub
	section sql "Anything else" "The questions behind the reports are SQL, and so may be yours."
	show 12 sql --list
	show 40 sql --show denials
	show 20 sql --key trail.pub 'SELECT agent_name, tool.name AS tool, outcome, count(*) AS n FROM events WHERE tool.name IS NOT NULL GROUP BY ALL ORDER BY ALL'
	section ask "In plain words" "Known phrases run the right command."
	show 30 ask 'show error summary' --key trail.pub
	section export "Take it elsewhere" "With a manifest of counts and hashes beside it."
	show 20 export --key trail.pub --format csv --output events.csv --type permission_denied
}

commands=$(bin/agentaudit --help | awk '/^  [a-z]+ / { print $1 }')
export AGENTAUDIT_BUCKET=file:./bucket XDG_CACHE_HOME=$work/cache NO_COLOR=1
AGENTAUDIT_BUCKET= record
(
	cd "$work"
	"$root/bin/agentaudit" report compliance --example-policy >policy.yaml
	"$root/bin/agentaudit" keygen auditor.key >auditor.pub
)
write >"$work/tour.md"
mkdir -p "$(dirname "$page")"
cp "$work/tour.md" "$page"
