#!/usr/bin/env bash
# What an operator does: keys under a passphrase, status, reload, log lines.
. tests/e2e/e2e.sh

cat >>sealbookd.textproto <<'CONFIG'
key_passphrase { credential: "key-passphrase" }
admin { address: "127.0.0.1:0" }
CONFIG
sed -i 's/log_level: "warn"/log_level: "info"/' sealbookd.textproto
mkdir credentials
echo 'correct horse' >credentials/key-passphrase

# The keys first, then a copy of them, then the log.
expect 1 'LoadCredential' sealbookd init --config sealbookd.textproto --yes
export CREDENTIALS_DIRECTORY=$PWD/credentials
expect 4 'keys-backed-up' sealbookd init --config sealbookd.textproto --yes
[ ! -e data ] || die "there is a log before its keys were copied"
grep -q 'BEGIN ENCRYPTED' signing.pem || die "the keys are not encrypted"
make_log

echo 'incorrect' >credentials/key-passphrase
expect_no_start 1 'passphrase is not the one'
echo 'correct horse' >credentials/key-passphrase
: >server.log
start_server
configure_client
admin=127.0.0.1:$(sed -n 's/^admin_port=//p' ready)
expect 0 '^ready' sealbookd status --address "$admin"
expect 0 '"ready": true' sealbookd status --address "$admin" --json
expect 0 '^ready' curl -sS "http://$admin/readyz"
issue ca alice both 365 alice@example.org
publish ca/alice.pem >/dev/null
sealbook lookup alice@example.org >/dev/null
expect 0 'sealbook_publications_total 1' curl -sS "http://$admin/metrics"

# What the reload of a configuration leaves in the log.
reload() { # WORDS
  local waited=0
  kill -HUP "$server_pid"
  until grep -qE -- "$1" server.log; do
    waited=$((waited + 1))
    [ "$waited" -le 100 ] || die "no \"$1\" within 10 s"
    sleep 0.1
  done
  printf 'ok: reload: %s\n' "$1"
}
served() {
  # gRPC ends a connection that says nothing, which s_client calls an error.
  { openssl s_client -connect "$public" -alpn h2 </dev/null 2>/dev/null || true; } |
    openssl x509 -noout -serial
}

cp sealbookd.textproto good.textproto
echo 'colour: "blue"' >>sealbookd.textproto
reload 'was not taken.*colour'
sed 's/^data_dir: .*/data_dir: "other"/' good.textproto >sealbookd.textproto
reload 'was not taken.*: data_dir;'
cp good.textproto sealbookd.textproto

before=$(served)
sign_certificate ca server tls 365 "/CN=localhost" \
  "subjectAltName=DNS:localhost,IP:127.0.0.1
extendedKeyUsage=serverAuth"
cp ca/server.crt ca/server.pem
[ "$(served)" = "$before" ] || die "the new certificate is served unasked"
reload 'took the configuration anew: 1 publishers'
[ "$(served)" != "$before" ] || die "the old certificate is served still"
sealbook lookup alice@example.org >/dev/null || die "no answer after the reload"

! grep -iE 'alice|@|example.org' server.log || die "the log names an address"
grep -q 'publisher demo-ca: 1 items' server.log || die "the publish is not logged"
! grep -q 'PRIVATE KEY\|correct horse' server.log || die "the log holds a secret"

stop_server
expect 1 "$admin" sealbookd status --address "$admin"
