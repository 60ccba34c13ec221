#!/usr/bin/env bash
# A disk that fills: new publications are refused before it is full, a full one
# loses nothing, and once there is room the server goes on. The disk is a small
# tmpfs, mounted where this test alone sees it.
if [ -z "${DISK_TEST_INSIDE:-}" ]; then
  # Root of a user namespace may mount as well, where there are such.
  as_root=(--map-root-user)
  [ "$(id -u)" != 0 ] || as_root=()
  DISK_TEST_INSIDE=yes exec unshare "${as_root[@]}" --mount -- bash "$0" "$@"
fi
. tests/e2e/e2e.sh

mkdir disk
mount -t tmpfs -o size=24m,mode=0700 tmpfs disk ||
  die "a small file system cannot be mounted; this test needs root, or user namespaces"
sed -i 's,^data_dir: .*,data_dir: "disk/data",' sealbookd.textproto
echo 'min_free_disk_mib: 8' >>sealbookd.textproto
for user in 1 2 3; do issue ca "user$user" sign 365 "user$user@example.org"; done

free_kib() { df --output=avail -k disk | tail -1 | tr -d ' '; }
# Leaves this much room.
fill_but() { # KIB
  rm -f disk/ballast
  fallocate -l "$(($(free_kib) - $1))K" disk/ballast
}

# The publisher waits and tries again, as it is told to; not so long here.
publish_in_vain() { # FILE...
  local status=0
  timeout 10 sealbook publish --server "$publishers" --ca ca/tls.pem \
    --cert ca/publisher.pem --key ca/publisher.key "$@" \
    >publish.txt 2>&1 || status=$?
  [ "$status" != 0 ] || die "there was room: $(cat publish.txt)"
}

make_log
# Readable by clients from beside the data: configure_client reads the copy here.
cp disk/configuration.tls .
start_server
configure_client
expect 0 'user1@example.org' publish ca/user1.pem

fill_but 7000
publish_in_vain ca/user2.pem
kill -0 "$server_pid" || die "the server ended on a nearly full disk"
grep -q 'the disk is nearly full' server.log publish.txt ||
  die "nothing says that the disk is nearly full"
sealbook lookup --json user2@example.org >lookup.json || true
grep -q '"result": *"absent"' lookup.json || die "written on a nearly full disk"
expect 0 'user1@example.org' sealbook lookup user1@example.org
rm disk/ballast
expect 0 'user2@example.org' publish ca/user2.pem

# Full to the last byte: a start cannot write its first entry, says why, and
# what is there stays as it is.
stop_server
fill_but 0
for _ in 1 2; do expect_no_start 1 'no space left|disk is full'; done
[ "$(free_kib)" = 0 ] || die "there is room again: $(free_kib) KiB"
rm disk/ballast
expect 0 'the store is sound' sealbookd check --config sealbookd.textproto
start_server || die "no start after room was made: $(tail -1 server.log)"
configure_client
for user in 1 2; do
  expect 0 "user$user@example.org" sealbook lookup "user$user@example.org"
done
expect 0 'user3@example.org' publish ca/user3.pem

# A disk that fills between the look at it and the commit: the writer signs
# nothing, ends, and the next start finds what was answered and no half batch.
# Six certificates for a hundred addresses each need more than the 1 MiB that
# the server is content with.
stop_server
sed -i 's/^min_free_disk_mib: .*/min_free_disk_mib: 1/' sealbookd.textproto
for name in a b c d e f; do
  mapfile -t addresses < <(printf "$name%d@example.org\n" $(seq 100))
  issue ca "many-$name" sign 365 "${addresses[@]}"
done
start_server
configure_client
fill_but 1100
publish_in_vain ca/many-{a,b,c,d,e,f}.pem
status=0
wait "$server_pid" || status=$?
server_pid=''
[ "$status" = 5 ] || die "the server ended with $status, expected 5"
grep -q 'the writer has stopped' server.log || die "no reason from the server"
rm disk/ballast
expect 0 'the store is sound' sealbookd check --config sealbookd.textproto
start_server || die "no start after room was made: $(tail -1 server.log)"
configure_client
for user in 1 2 3; do
  expect 0 "user$user@example.org" sealbook lookup "user$user@example.org"
done
publish ca/many-{a,b,c,d,e,f}.pem >publish.txt
for name in a1 b50 f100; do
  expect 0 'version 0' sealbook lookup "$name@example.org"
done
stop_server
expect 0 '603 labels, 603 versions' sealbookd check --config sealbookd.textproto
