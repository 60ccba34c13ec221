#!/usr/bin/env bash
# A wall clock that is set while the server runs, and one that is wrong when it
# starts: nothing is written with its time, and the message says what to do.
# Certificates are to be valid by a clock that is behind, too.
mkdir -p "$TEST_TMPDIR/bin"
cat >"$TEST_TMPDIR/bin/openssl" <<WRAPPER
#!/bin/sh
exec faketime -f -1d "$(command -v openssl)" "\$@"
WRAPPER
chmod +x "$TEST_TMPDIR/bin/openssl"
. tests/e2e/e2e.sh

faketime=$(echo /usr/lib/*/faketime/libfaketimeMT.so.1)
[ -f "$faketime" ] || die "Debian's package faketime is missing: $faketime"
# The server sees the wall clock off by what the file `clock` says, and the
# monotonic one as it is.
real=$(readlink -f bin/sealbookd)
rm bin/sealbookd
cat >bin/sealbookd <<WRAPPER
#!/bin/sh
[ "\$1" = serve ] || exec "$real" "\$@"
export FAKETIME_TIMESTAMP_FILE="$PWD/clock" FAKETIME_NO_CACHE=1
export FAKETIME_DONT_FAKE_MONOTONIC=1 FAKETIME_DONT_RESET=1
LD_PRELOAD="$faketime" exec "$real" "\$@" \$SERVE_MORE
WRAPPER
chmod +x bin/sealbookd
export SERVE_MORE=''

set_clock() { # OFFSET
  echo "$1" >clock.new
  mv clock.new clock
}
tree_size() {
  sealbookd check --config sealbookd.textproto --json |
    sed -nE 's/.*"tree_size":([0-9]+).*/\1/p'
}
# The publisher waits and tries again, as it is told to; not so long here.
publish_in_vain() { # WORDS FILE
  local status=0
  timeout 20 sealbook publish --server "$publishers" --ca ca/tls.pem \
    --cert ca/publisher.pem --key ca/publisher.key "$2" \
    >publish.txt 2>&1 || status=$?
  [ "$status" != 0 ] || die "written with a wrong clock: $(cat publish.txt)"
  grep -q "$1" server.log || die "no \"$1\" from the server"
  echo "ok: $1"
}

for user in 1 2 3; do issue ca "user$user" sign 365 "user$user@example.org"; done
echo 'admin { address: "127.0.0.1:0" }' >>sealbookd.textproto
make_log
set_clock +0
start_server || die "no start under faketime"
admin=127.0.0.1:$(sed -n 's/^admin_port=//p' ready)
expect 0 '^ready' sealbookd status --address "$admin"
configure_client
expect 0 'user1@example.org' publish ca/user1.pem

set_clock +2h
publish_in_vain 'wall clock has jumped forward' ca/user2.pem
expect 6 'not ready' sealbookd status --address "$admin"
expect 0 'user1@example.org' sealbook lookup user1@example.org
set_clock -2h
publish_in_vain 'ahead of the wall clock' ca/user2.pem
# The newest head looks two hours younger than it is.
expect 6 'no entry is written.*ahead of the wall clock' \
  sealbookd status --address "$admin"
expect 0 'user1@example.org' sealbook lookup user1@example.org
set_clock +0
expect 0 'user2@example.org' publish ca/user2.pem
stop_server

# Started with a clock that is wrong already.
size=$(tree_size)
set_clock +2h
expect_no_start 1 'nothing vouches for this clock.*--clock-is-right'
set_clock -2h
expect_no_start 1 'ahead of the wall clock'
[ "$(tree_size)" = "$size" ] || die "the tree grew with a wrong clock"

# What the refusal is good for: once an entry has a time that is far ahead, the
# log cannot go on when the clock is right again.
cp -r data data.kept
cp -r mark mark.kept
set_clock +2h
SERVE_MORE=--clock-is-right
start_server || die "no start with --clock-is-right: $(tail -1 server.log)"
stop_server
SERVE_MORE=''
set_clock +0
expect_no_start 1 'ahead of the wall clock'
rm -rf data mark
mv data.kept data
mv mark.kept mark

start_server || die "no start with the right clock: $(tail -1 server.log)"
configure_client
expect 0 'user3@example.org' publish ca/user3.pem
expect 0 'user1@example.org' sealbook lookup user1@example.org
stop_server
expect 0 'the store is sound' sealbookd check --config sealbookd.textproto
