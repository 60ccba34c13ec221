#!/usr/bin/env bash
# Nothing acknowledged is lost when the server is killed, and an older copy of
# the data is neither served nor believed.
. tests/e2e/e2e.sh

make_log
start_server
configure_client
for round in 1 2 3 4 5; do
  issue ca "user$round" both 365 "user$round@example.org"
done
for round in 1 2 3; do
  publish "ca/user$round.pem" >/dev/null
  kill -KILL "$server_pid"
  wait "$server_pid" 2>/dev/null || true
  start_server || die "no start after SIGKILL: $(tail -1 server.log)"
  configure_client
  for published in $(seq 1 "$round"); do
    sealbook lookup "user$published@example.org" >lookup.txt ||
      die "user$published is lost: $(cat lookup.txt)"
  done
done
echo 'ok: three SIGKILLs lost nothing'

# SIGTERM while publications are on their way: what was answered is there
# afterwards, and what was not answered was not said to be published.
publish --json ca/user4.pem >publish.json &
publisher=$!
sleep 0.3
stop_server
answered=0
wait "$publisher" || answered=$?
start_server
configure_client
if [ "$answered" = 0 ]; then
  expect 0 'user4@example.org' sealbook lookup user4@example.org
else
  expect 0 'user4@example.org' publish ca/user4.pem
fi
stop_server

# An older copy of the data, the mark being the newest.
cp -r data data.older
cp -r mark mark.older
start_server
configure_client
publish ca/user5.pem >/dev/null
sealbook lookup user5@example.org >/dev/null
stop_server
mv data data.newest
mv mark mark.newest
cp -r data.older data
cp -r mark.newest mark
expect_no_start 3 'older copy'

# A machine snapshot put back: data and mark. The server cannot know, but the
# client does, and keeps evidence.
rm -rf mark
cp -r mark.older mark
start_server || die "no start on data and mark of one age"
configure_client
expect 3 'older|roll|smaller|larger than the tree' sealbook lookup user5@example.org
ls "$XDG_STATE_HOME"/sealbook/evidence/* >/dev/null || die "no evidence was kept"
stop_server

# `check` finds nothing wrong with the newest data, and a flipped byte in it.
rm -rf data mark
mv data.newest data
mv mark.newest mark
expect 0 '' sealbookd check --config sealbookd.textproto
