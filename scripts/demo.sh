#!/usr/bin/env bash
# Records an agent run: starts the collector on free loopback ports with a fresh local bucket, replays testdata/demo over
# OTLP, stops the collector and shows what an auditor has in hand. `make demo` builds the binaries first. An argument
# names another directory than ./agentaudit-data to keep its data in, under demo/.
set -euo pipefail
cd "$(dirname "$0")/.."

data=${1:-./agentaudit-data}/demo
log=$data/collector.log
collector=

say() {
	if [[ -t 1 ]]; then printf '\n\033[1m%s\033[0m\n' "$*"; else printf '\n%s\n' "$*"; fi
}

fail() {
	echo "demo: $*; the collector's log ends with:" >&2
	tail -n 20 "$log" >&2 || true
	exit 1
}

# Stops the collector and waits for it: SIGTERM makes it seal its journal and upload what is left.
stop() {
	[[ -n $collector ]] || return 0
	local pid=$collector
	collector=
	kill -TERM "$pid" 2>/dev/null || true
	wait "$pid"
}
trap 'stop || true' EXIT

# address NAME: prints where the NAME server listens, as the collector logged it; fails while it doesn't yet.
address() { sed -n "s/.*Starting $1 server.*\"endpoint\": \"\([^\"]*\)\".*/\1/p" "$log" | grep -m1 .; }

ready() { grep -q 'Everything is ready' "$log"; }

# The page of an earlier demo would show a bucket that is gone.
if old=$(cat "$data/page.pid" 2>/dev/null) && [[ $(ps -p "$old" -o args= 2>/dev/null) == *"agentaudit serve"* ]]; then
	kill "$old" 2>/dev/null || true
fi
rm -rf "$data"
mkdir -p "$data"
export AGENTAUDIT_BUCKET=file:$data/bucket
export AGENTAUDIT_JOURNAL=$data/journal
export AGENTAUDIT_KEY_FILE=$data/redaction.key
export AGENTAUDIT_SEAL_AGE=1s
# Port 0: the kernel picks a free one, so the demo runs beside anything else.
export AGENTAUDIT_OTLP_GRPC=127.0.0.1:0 AGENTAUDIT_OTLP_HTTP=127.0.0.1:0
export AGENTAUDIT_HEALTH=127.0.0.1:0 AGENTAUDIT_METRICS_PORT=0

say "1. Start the collector (bucket: $data/bucket)"
: >"$log" # so that it is there when the first look at it comes sooner than the collector
bin/otelcol-agentaudit --config config.yaml >"$log" 2>&1 &
collector=$!
for ((tries = 0; ; tries++)); do
	ready && break
	kill -0 "$collector" 2>/dev/null || fail "the collector did not start"
	((tries < 300)) || fail "the collector was not ready within 30 s"
	sleep 0.1
done
http=$(address HTTP) || fail "the collector has no OTLP/HTTP endpoint"
echo "OTLP/HTTP at http://$http"

say "2. Replay a recorded multi-agent run"
bin/agentaudit replay --endpoint "http://$http" testdata/demo/*.jsonl || fail "the replay failed"

say "3. Stop the collector"
stop || fail "the collector did not stop cleanly"
echo "sealed, uploaded and stopped"

say "4. What an auditor reads"
bin/agentaudit log --bucket "$AGENTAUDIT_BUCKET"

say "5. Where it lies"
find "$data/bucket/events" -type f | sort
echo "$data/bucket/trail: the signed log over all of it, $(find "$data/bucket/trail" -type f | wc -l) small files"
cat <<END

Each object is JSON Lines, one event a line, of one retention tier and one UTC day:

    zstd -dc $data/bucket/events/tier=info/*/*.jsonl.zst | head -n 1
    bin/agentaudit log --bucket $AGENTAUDIT_BUCKET --json
    bin/agentaudit schema                              the JSON Schema of an event

END

say "6. Look at it"
# The port may be taken: then the kernel picks one. The page ends by itself, so that a demo leaves nothing behind.
page() {
	: >"$data/page.log"
	bin/agentaudit serve --bucket "$AGENTAUDIT_BUCKET" --cache "$data/cache" --record-dir "$data/recorder" --listen "$1" --idle 15m \
		</dev/null >"$data/page.log" 2>&1 &
	server=$!
	for ((tries = 0; tries < 300; tries++)); do
		grep -q '^agentaudit is at ' "$data/page.log" && return 0
		kill -0 "$server" 2>/dev/null || return 1
		sleep 0.1
	done
	return 1
}
page 127.0.0.1:8700 || page 127.0.0.1:0 || fail "the page did not start; see $data/page.log"
echo "$server" >"$data/page.pid"
disown "$server"
cat <<END
'make run' starts the same collector on 127.0.0.1:4317 and :4318 for agents of your own.
The page of this run (it ends when nobody has asked for 15 minutes, or with: kill $server):

    $(sed -n 's/^agentaudit is at //p' "$data/page.log")
END
