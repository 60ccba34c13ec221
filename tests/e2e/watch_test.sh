#!/usr/bin/env bash
# An address watched by its owner: what is new, who is told, and what happens
# when something is in the way.
. tests/e2e/e2e.sh

make_log
start_server
configure_client
publish_for() { # NAME DAYS ADDRESS
  issue ca "$1" both "$2" "$3"
  publish "ca/$1.pem" >/dev/null
}
publish_for alice 365 alice@example.org
publish_for bob 365 bob@example.org

# Wrong usage.
expect 1 'no address is watched yet' sealbook watch --once
expect 2 'address' sealbook watch --once nobody
expect 2 'different' sealbook watch --once --list
expect 2 '--accept needs' sealbook watch --accept
expect 1 'is not watched' sealbook watch --accept carol@example.org
expect 1 'no alarm 7' sealbook watch --dismiss 7
expect 2 'no server address' sealbook watch --once alice@example.org --via nonsense

# It begins with what is there, and says that nobody compares.
expect 0 'watching begins' sealbook watch --once Alice@example.org
expect 0 'no second channel' sealbook watch --once
expect 0 'has no certificate for it' sealbook watch --once carol@example.org
sealbook watch --once --quiet >quiet.txt 2>&1
[ ! -s quiet.txt ] || die "--quiet says: $(cat quiet.txt)"

# A version that the owner does not know: told once, to everybody who is to be
# told, until somebody confirms it.
publish_for alice2 365 alice@example.org
publish_for carol 10 carol@example.org
cat >alarm.sh <<'SCRIPT'
#!/bin/sh
[ -e refuse ] && { echo "not now" >&2; exit 1; }
cat >>alarms.json
echo "$SEALBOOK_ALARM_KIND $SEALBOOK_ALARM_ADDRESS" >>alarms.txt
SCRIPT
chmod +x alarm.sh
touch refuse
expect 6 'not now' sealbook watch --once --exec ./alarm.sh
[ ! -e alarms.txt ] || die "an alarm was taken that was not"
rm refuse
# The command is tried again when it is due, also by another process.
sqlite3_edit() { python3 -c 'import sqlite3, sys
database = sqlite3.connect(sys.argv[1]); database.execute(sys.argv[2]); database.commit()' \
  "$XDG_STATE_HOME/sealbook/state.db" "$1"; }
expect 6 'nothing new' sealbook watch --once --exec ./alarm.sh
[ ! -e alarms.txt ] || die "it was tried again at once"
sqlite3_edit 'UPDATE delivery SET next_ms = 1'
expect 6 'nothing new' sealbook watch --once --exec ./alarm.sh
sort alarms.txt >sorted.txt
printf '%s\n' 'expiring carol@example.org' 'unknown-version alice@example.org' \
  'unknown-version carol@example.org' | diff - sorted.txt || die "other alarms"
python3 -c '
import json
alarms = [json.loads(line) for line in open("alarms.json").read().replace("}{", "}\n{").splitlines()]
new = next(a for a in alarms if a["address"] == "alice@example.org")
assert new["details"]["publisher"] == "demo-ca", new
assert len(new["details"]["added"]) == 1 and not new["details"]["removed"], new
assert new["details"]["version"] == 1, new'
expect 6 'nothing new' sealbook watch --once --exec ./alarm.sh
[ "$(wc -l <alarms.txt)" = 3 ] || die "an alarm was repeated"
expect 6 'version 1 is new and not confirmed' sealbook watch --list
sealbook watch --list --json >list.json || [ $? = 6 ]
python3 -m json.tool list.json >/dev/null || die "--json is no JSON"
expect 0 'up to version 1 is confirmed' sealbook watch --accept alice@example.org
expect 0 'up to version 0' sealbook watch --accept carol@example.org
expect 0 'a certificate ends in 9 days' sealbook watch --list
expect 0 'is closed' sealbook watch --dismiss \
  "$(sealbook watch --list --json | python3 -c 'import json, sys; print(json.load(sys.stdin)["alarms"][0]["id"])')"
expect 0 'no alarm is open' sealbook watch --list

# Who was looked up is followed, too.
sealbook lookup bob@example.org >/dev/null
expect 0 'to monitor +1 look-ups' sealbook status --offline
expect 0 'unchanged' sealbook watch --once --json
expect 0 'not watched any more' sealbook watch --forget carol@example.org
expect 0 'alice' sealbook watch --list

# Several versions at once, and while it runs; it ends when it is told to.
sealbook watch --every 10 --exec ./alarm.sh >long.txt 2>&1 &
watch_pid=$!
for i in 3 4; do publish_for "alice$i" 365 alice@example.org; done
waited=0
until grep -q 'version 3 is new' long.txt; do
  waited=$((waited + 1))
  [ "$waited" -le 300 ] || die "the new versions were not noticed: $(cat long.txt)"
  sleep 0.1
done
kill -TERM "$watch_pid"
wait "$watch_pid" || die "it did not end well"
grep -q 'version 2 is new' long.txt || die "a version was left out"
expect 6 'version 3 is new' sealbook watch --list
sealbook watch --accept alice@example.org >/dev/null

# Nor does a check that is under way hold it up.
for signal in TERM INT; do
  kill -STOP "$server_pid"
  sealbook watch --every 10 >stopped.txt 2>&1 &
  watch_pid=$!
  waited=0
  until grep -q 'no second channel' stopped.txt; do
    waited=$((waited + 1))
    [ "$waited" -le 300 ] || die "it does not begin: $(cat stopped.txt)"
    sleep 0.1
  done
  sleep 0.5
  before=$(date +%s)
  kill "-$signal" "$watch_pid"
  wait "$watch_pid" || die "it did not end well: $(cat stopped.txt)"
  [ $(($(date +%s) - before)) -le 10 ] || die "it ended late"
  kill -CONT "$server_pid"
  [ "$(wc -l <stopped.txt)" = 1 ] || die "it says: $(cat stopped.txt)"
done
expect 0 'nothing new' sealbook watch --once

# The server is away: no alarm yet, but after a day.
stop_server
expect 1 'is the server running' sealbook watch --once
expect 0 'no alarm is open' sealbook watch --list
sqlite3_edit 'UPDATE done SET time_ms = time_ms - 90000000 WHERE what = "watch"'
expect 1 'the log was not checked for' sealbook watch --once --quiet
expect 6 'the log was not checked for' sealbook watch --list
start_server
sealbook configure --server "$public" --ca ca/tls.pem \
  --configuration configuration.tls >/dev/null
expect 0 'nothing new' sealbook watch --once
expect 0 'no alarm is open' sealbook watch --list

# An owner who publishes: the log proves what was created, and nobody is told.
issue ca erin both 365 erin@example.org
issue ca erin2 both 365 erin@example.org
expect 2 'goes with neither' publish --as-owner --dry-run ca/erin.pem
expect 2 'goes with --as-owner' publish --state . ca/erin.pem
expect 0 'erin@example.org  version 0  created in log entry' publish --as-owner ca/erin.pem ca/erin2.pem
expect 0 'published before' publish --as-owner ca/erin.pem
expect 0 'version 1, nothing new' sealbook watch --once erin@example.org
# What somebody else has published is to be looked at first.
publish_for erin3 365 erin@example.org
issue ca erin4 both 365 erin@example.org
expect 5 'not confirmed' publish --as-owner ca/erin4.pem
expect 0 '' sealbook watch --accept erin@example.org
expect 0 '"position"' publish --json --as-owner ca/erin4.pem
expect 0 'nothing new' sealbook watch --once erin@example.org
expect 0 '' sealbook watch --forget erin@example.org

# A log that is rolled back to an old copy of itself.
stop_server
cp -r data old-data
cp -r mark old-mark
start_server
sealbook configure --server "$public" --ca ca/tls.pem \
  --configuration configuration.tls >/dev/null
publish_for alice5 365 alice@example.org
expect 6 'version 4 is new' sealbook watch --once
sealbook watch --accept alice@example.org >/dev/null
stop_server
rm -rf data mark
mv old-data data
mv old-mark mark
start_server
sealbook configure --server "$public" --ca ca/tls.pem \
  --configuration configuration.tls >/dev/null
expect 3 'contradicts what it signed before' sealbook watch --once
evidence=$(sealbook watch --list --json | python3 -c '
import json, sys
print(json.load(sys.stdin)["alarms"][0]["evidence"])' || true)
[ -d "$evidence" ] || die "no evidence in: $evidence"
expect 3 'REFUSED' sealbook verify --from "$evidence"
stop_server

# A state that is damaged is said to be.
head -c 4096 "$XDG_STATE_HOME/sealbook/state.db" >cut.db
cp cut.db "$XDG_STATE_HOME/sealbook/state.db"
expect 1 'damaged|malformed' sealbook watch --list
echo "the watch test passed"
