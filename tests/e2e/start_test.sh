#!/usr/bin/env bash
# What the server refuses to start with, and what it says.
. tests/e2e/e2e.sh

expect_no_start 1 'init'
expect 2 'data_dir: is missing' sealbookd init --config /dev/null --yes

make_log
expect 1 'already' sealbookd init --config sealbookd.textproto --yes --keys-backed-up

cp sealbookd.textproto good.textproto
echo 'colour: "blue"' >>sealbookd.textproto
line=$(wc -l <sealbookd.textproto)
expect_no_start 2 "colour"
grep -q "$line" server.log || die "the line of the unknown field is not named"
cp good.textproto sealbookd.textproto

# A port that is taken.
start_server
taken=${public##*:}
mkdir -p second/mark
cp -r ca sealbookd.textproto second/
(
  cd second
  sed -i "0,/127.0.0.1:0/s//127.0.0.1:$taken/" sealbookd.textproto
  sealbookd init --config sealbookd.textproto --yes --keys-backed-up >/dev/null
  expect_no_start 1 "$taken"
)
# Data that another process holds.
first_pid=$server_pid
expect_no_start 1 'another process|in use|held'
server_pid=$first_pid
stop_server

# A foreign folder.
mv data data.kept
mkdir data
echo hello >data/file
expect_no_start 3 'not|foreign'
rm -rf data
mv data.kept data

# Data that cannot be written.
if [ "$(id -u)" = 0 ]; then
  read_only=$(mktemp -d)
  cp -r . "$read_only"
  (
    cd "$read_only"
    chown -R 65534 .
    chown -R 0 data
    chmod -R a+rX,go-w data
    status=0
    # Another user cannot reach the build's folders.
    cp -L bin/sealbookd ./sealbookd
    chmod a+rx sealbookd
    setpriv --reuid=65534 --clear-groups ./sealbookd serve \
      --config sealbookd.textproto >server.log 2>&1 || status=$?
    [ "$status" = 1 ] || die "read-only data: exit code $status"
    grep -qiE 'permission|read-only' server.log || die "read-only data: words"
  )
  rm -rf "$read_only"
fi

# Another log's key.
cp signing.pem signing.kept
rm signing.pem vrf.pem
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out signing.pem 2>/dev/null
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out vrf.pem 2>/dev/null
chmod 600 signing.pem vrf.pem
expect_no_start 3 'key'
