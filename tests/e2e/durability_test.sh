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

# The newest data again.
rm -rf data mark
mv data.newest data
mv mark.newest mark
expect 0 'the store is sound' sealbookd check --config sealbookd.textproto

# A flipped bit in each of the store's files, and in the mark: found by the
# check or refused at the start. (Every bit: server/storage/corruption_test.)
flip() { # FILE OFFSET
  local byte
  byte=$(od -An -tu1 -j "$2" -N 1 "$1" | tr -d ' ')
  # shellcheck disable=SC2059
  printf "\\$(printf '%03o' $((byte ^ 16)))" |
    dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}
rm -rf data.older mark.older
# Killed, so that the logs hold something.
start_server || die "no start: $(tail -1 server.log)"
kill -KILL "$server_pid"
stop_server
cp -r data data.sound
cp -r mark mark.sound
: >flipped
for file in data/FORMAT data/{leveldb,entries}/{CURRENT,MANIFEST-*,*.log,*.ldb} mark/mark; do
  size=$(stat -c %s "$file")
  [ "$size" != 0 ] || continue
  # A table that holds nothing but older heads is not read any more.
  [[ "$file" != data/leveldb/*.ldb ]] || grep -qF example.org "$file" || continue
  # The mark's second slot starts in its middle; either may be the newer one.
  offsets="$((size / 2))"
  # In the records, not in the filter, which nothing that reads all looks at.
  [[ "$file" != *.ldb ]] || offsets="$((size / 4))"
  [ "$file" != mark/mark ] || offsets="20 4116"
  for offset in $offsets; do flip "$file" "$offset"; done
  expect 3 'damage|data|format|mark' sealbookd check --config sealbookd.textproto
  # A table is read where something is asked for, not at the start.
  [[ "$file" == *.ldb ]] ||
    expect_no_start 3 'damage|checksum|corrupt|format|mark'
  rm -rf data mark
  cp -r data.sound data
  cp -r mark.sound mark
  printf '%s\n' "$file" >>flipped
done
for kind in FORMAT mark/ {leveldb,entries}/{CURRENT,MANIFEST,'.*log','.*ldb'}; do
  grep -q "$kind" flipped || die "no $kind was damaged"
done

# A server that was stopped (SIGSTOP) while another process wants its log: there
# is no take-over, and once it goes on, it is still the only one.
start_server
configure_client
kill -STOP "$server_pid"
first_pid=$server_pid
expect_no_start 1 'in use by another sealbookd'
expect 1 'in use by another sealbookd' \
  sealbookd check --config sealbookd.textproto
server_pid=$first_pid
kill -CONT "$server_pid"
issue ca user6 both 365 user6@example.org
expect 0 'user6@example.org' publish ca/user6.pem
stop_server

# A copy of the data that a second server serves beside the first: the mark is
# one server's at a time.
start_server
first_pid=$server_pid
# A second server on the same data leaves the first one's ready file alone.
expect 1 'in use by another sealbookd' \
  sealbookd serve --config sealbookd.textproto --ready-file ready
grep -q "^pid=$first_pid$" ready || die "the ready file is gone: $(cat ready)"
cp -r data data.copy
rm -f data.copy/LOCK
sed 's,^data_dir: .*,data_dir: "data.copy",' sealbookd.textproto >second.textproto
expect 1 'mark.*in use|mark.*open|mark.*held|mark.*lock' \
  sealbookd serve --config second.textproto
server_pid=$first_pid
stop_server
expect 0 'the store is sound' sealbookd check --config sealbookd.textproto
