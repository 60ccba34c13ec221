#!/usr/bin/env bash
# Ten thousand idle TLS connections to the public port: the server keeps what
# fits into its memory for connections, lets go of the others, goes on answering
# whoever comes, and forgets all of them when they go.
. tests/e2e/e2e.sh

CONNECTIONS=10000
# What all of them together may take: the port's 64 MiB, and what TLS and the
# allocator add.
MAX_MEMORY_KIB=$((512 * 1024))

ulimit -n $((CONNECTIONS + 1000)) ||
  die "this needs $((CONNECTIONS + 1000)) open files a process"
make_log
start_server
configure_client
issue ca alice both 365 alice@example.org
publish ca/alice.pem >/dev/null

resident_kib() { sed -n 's/^VmRSS:[^0-9]*\([0-9]*\) kB/\1/p' "/proc/$server_pid/status"; }
open_files() { find "/proc/$server_pid/fd" -mindepth 1 | wc -l; }

# Opens the connections as an HTTP/2 client does that has nothing to ask, and
# holds them until its input ends.
cat >idle.py <<'PYTHON'
import socket
import ssl
import sys

port, count = int(sys.argv[1]), int(sys.argv[2])
context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
context.check_hostname = False
context.verify_mode = ssl.CERT_NONE  # Faster; the look-ups verify it.
context.set_alpn_protocols(["h2"])
preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\0\0\0\4\0\0\0\0\0"
held = []
for _ in range(count):
    plain = socket.create_connection(("localhost", port))
    held.append(context.wrap_socket(plain))
    held[-1].sendall(preface)
print("open", flush=True)
sys.stdin.readline()
PYTHON

before_kib=$(resident_kib)
before_files=$(open_files)
coproc IDLE { exec python3 idle.py "${public##*:}" "$CONNECTIONS"; }
exec {to_idle}>&"${IDLE[1]}" {from_idle}<&"${IDLE[0]}"
idle_pid=$IDLE_PID
read -r -t 270 answer <&"$from_idle" ||
  die "the server did not take $CONNECTIONS connections one after the other"
[ "$answer" = open ] || die "the connections: $answer"
held=$(($(open_files) - before_files))
[ "$held" -ge 500 ] || die "the server holds $held connections only"
expect 0 'alice@example.org' sealbook lookup alice@example.org
issue ca bob both 365 bob@example.org
expect 0 'bob@example.org' publish ca/bob.pem
with_kib=$(resident_kib)
printf 'of %s idle connections the server holds %s; they take %s MiB\n' \
  "$CONNECTIONS" "$held" $(((with_kib - before_kib) / 1024))
[ $((with_kib - before_kib)) -le "$MAX_MEMORY_KIB" ] || die "that is too much"

echo >&"$to_idle"
wait "$idle_pid"
waited=0
until [ "$(open_files)" -le $((before_files + 10)) ]; do
  waited=$((waited + 1))
  [ "$waited" -le 100 ] || die "after 10 s $(open_files) files are open"
  sleep 0.1
done
expect 0 'alice@example.org' sealbook lookup alice@example.org
