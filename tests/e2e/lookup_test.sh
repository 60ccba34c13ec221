#!/usr/bin/env bash
# Look-ups, their proofs as files, and what a client refuses.
. tests/e2e/e2e.sh

make_log
start_server
configure_client
issue ca alice-sign sign 365 alice@example.org
issue ca alice-encrypt encrypt 365 alice@example.org
issue ca carol both 365 Carol@Example.ORG
publish ca/alice-sign.pem ca/alice-encrypt.pem ca/carol.pem >/dev/null

expect 0 'alice@example.org' sealbook lookup alice@example.org --export fresh
expect 0 'alice@example.org' sealbook lookup ALICE@EXAMPLE.ORG
expect 0 'case' sealbook lookup carol@example.org
expect 4 'no certificate' sealbook lookup nobody@example.org
sealbook lookup --pem alice@example.org | openssl x509 -noout -subject >subject.txt
grep -q 'CN *= *alice' subject.txt || die "--pem prints no certificate"
sealbook lookup --json alice@example.org | python3 -m json.tool >/dev/null ||
  die "--json is no JSON"

# The export verifies offline, without and with a tree that was advertised.
now=$(cat fresh/time)
verify() { # DIR EXTRA...
  local dir=$1
  shift
  sealbook verify --configuration "$dir/configuration.tls" --operation search \
    --request "$dir/request.tls" --response "$dir/response.tls" "$@"
}
expect 0 'version' verify fresh --now "$now"
expect 0 'alice@example.org' verify fresh --now "$now" --entry
expect 0 'root' verify fresh --now "$now" --json
sealbook lookup alice@example.org --export returning >/dev/null
expect 0 'version' verify returning --now "$(cat returning/time)" --state returning
expect 1 'earlier tree' sealbook verify --from returning
expect 0 'version' sealbook verify --from returning --view returning/view.tls
sealbook lookup nobody@example.org --export absent >/dev/null || [ $? = 4 ]
expect 4 'absent|no version|no certificate' sealbook verify --from absent --view absent/view.tls

# A clock that is a day off, either way.
expect 3 'stale-head' verify fresh --now $((now + 86400000))
expect 3 'future-head' verify fresh --now $((now - 86400000))
# Truncated, longer, another label, another log.
cp -r fresh bad
head -c -1 fresh/response.tls >bad/response.tls
expect 3 'malformed' verify bad --now "$now"
{ cat fresh/response.tls && printf x; } >bad/response.tls
expect 3 'malformed' verify bad --now "$now"
cp fresh/response.tls bad/response.tls
sed 's/alice/alicf/' fresh/request.tls >bad/request.tls
expect 3 'vrf-proof' verify bad --now "$now"
cp fresh/request.tls bad/request.tls
printf x >>bad/configuration.tls
expect 1 'configuration' verify bad --now "$now"

# What is no address.
expect 2 'address' sealbook lookup not-an-address
expect 2 '255|long' sealbook lookup "$(printf 'a%.0s' {1..60})@$(printf 'b%.0s' {1..60}).$(printf 'c%.0s' {1..60}).$(printf 'd%.0s' {1..60}).$(printf 'e%.0s' {1..60}).org"
expect 2 'subcommand|command' sealbook
expect 2 'help|unknown|expected' sealbook lookup --no-such-option a@example.org

# The wrong CA bundle; nobody there.
cp -r "$XDG_STATE_HOME" kept-state
mkdir other
make_tls other
expect 0 '' sealbook configure --state wrong-ca --server "$public" \
  --ca other/tls.pem --configuration configuration.tls
expect 1 'certificate|other/tls.pem' sealbook lookup --state wrong-ca alice@example.org
expect 3 'fingerprint' sealbook configure --state wrong --server "$public" \
  --ca ca/tls.pem --fingerprint "$(printf '00%.0s' {1..32})"
stop_server
expect 1 'running|reach|refused|connect' sealbook lookup alice@example.org

# More addresses than the server lets through at once: all are answered, in
# portions. With --at, too.
printf 'lookup_burst: 10\nlookups_per_minute: 600\n' >>sealbookd.textproto
start_server
configure_client
many=()
for i in {1..24}; do many+=("nobody$i@example.org"); done
for at in '' 2020-01-01; do
  status=0
  sealbook lookup --json ${at:+--at "$at"} "${many[@]}" \
    >many.json 2>many.txt || status=$?
  [ "$status" = 4 ] || die "exit code $status: $(cat many.txt)"
  grep -q 'the server limits' many.txt || die "nothing was limited"
  answers=$(grep -c '"tree_size"' many.json)
  [ "$answers" = 24 ] || die "$answers answers: $(cat many.json)"
done
