#!/usr/bin/env bash
# A log that shows two histories, and how their readers notice: by what they send
# one another, and by a second look through a proxy.
. tests/e2e/e2e.sh
socks5=$runfiles/tests/e2e/socks5.py

proxy_pids=()
stop_all() {
  stop_server
  local pid
  for pid in "${proxy_pids[@]}" ${second_pid:+"$second_pid"}; do
    kill "$pid" 2>/dev/null || true
  done
}
trap stop_all EXIT

start_proxy() { # MODE: sets proxy (HOST:PORT)
  rm -f proxy.ready
  python3 "$socks5" proxy.ready proxy.seen "$1" &
  proxy_pids+=("$!")
  local waited=0
  until [ -s proxy.ready ]; do
    waited=$((waited + 1))
    [ "$waited" -le 100 ] || die "the proxy did not start"
    sleep 0.1
  done
  proxy=127.0.0.1:$(cat proxy.ready)
}

make_log
start_server
configure_client
for user in alice bob carol dora; do
  issue ca "$user" sign 365 "$user@example.org"
done
publish ca/alice.pem >/dev/null

# Alice's heads, as a mail that quotes them would bring them.
sealbook gossip show >heads.txt
grep -q '^SEALBOOK-HEADS-1/$' heads.txt || die "no heads: $(cat heads.txt)"
{ echo "Hi Bob,"; sed 's/^/> /' heads.txt; echo "-- "; echo Alice; } >mail.txt
sealbook configure --state bob --server "$public" --ca ca/tls.pem \
  --configuration configuration.tls >/dev/null
compare() { sealbook gossip compare --state bob "$@"; }
expect 0 'CONSISTENT: the first [0-9]+ entries' compare mail.txt
expect 0 '"result": "consistent"' compare mail.txt --json
expect 0 'CONSISTENT' compare - <heads.txt
publish ca/bob.pem >/dev/null
expect 0 'CONSISTENT' compare heads.txt
sealbook gossip show --state bob --json >bob.json
python3 -m json.tool bob.json >/dev/null || die "--json is no JSON"
python3 -c 'import json; print(json.load(open("bob.json"))["text"])' >line.txt
expect 0 'CONSISTENT' sealbook gossip compare line.txt

# Pictures, the draft's structure, and an answer for everybody.
sealbook gossip show --qr --png heads.png --svg heads.svg --tls heads.tls \
  --export answer >qr.txt 2>/dev/null
grep -q '▀' qr.txt || die "no QR code"
[ "$(head -c 8 heads.png | od -An -tx1 | tr -d ' ')" = 89504e470d0a1a0a ] ||
  die "no PNG"
python3 -c 'import xml.dom.minidom as x; x.parse("heads.svg")' || die "no SVG"
expect 0 'CONSISTENT' compare --tls heads.tls
expect 0 'CONSISTENT.*are seen here, [0-9]+ there' compare answer
expect 0 'VERIFIED: [0-9]+ heads' sealbook verify --from answer
expect 0 'verified-heads' sealbook verify --from answer --json
expect 0 'VERIFIED' sealbook verify --operation distinguished \
  --configuration answer/configuration.tls --request answer/request.tls \
  --response answer/distinguished.tls --now "$(cat answer/time)"

# What is no text of this log.
head -5 heads.txt >none.txt
expect 1 'no heads in it' compare none.txt
sed '$d' heads.txt >cut.txt
expect 1 'cut off' compare cut.txt
sed '/^SEALBOOK/{n;y/ABCDEFGH/BCDEFGHA/}' heads.txt >typo.txt
expect 1 'checksum' compare typo.txt
sed '/^SEALBOOK/{n;d}' heads.txt >lost.txt
expect 1 'lost' compare lost.txt
sed 's/HEADS-1/HEADS-2/' heads.txt >newer.txt
expect 1 'version 2' compare newer.txt
sealbook gossip show --heads 1 | cat heads.txt - >both.txt
expect 1 'several texts' compare both.txt
head -c 10000000 /dev/zero | tr '\0' 'A' >large.txt
expect 1 'larger than 1048576' compare large.txt
expect 1 'larger than 1048576' compare - <large.txt
expect 1 'no-such-file' compare no-such-file
expect 2 'FILE' sealbook gossip compare
expect 2 'subcommand' sealbook gossip
expect 1 'state.db' sealbook gossip show --state nowhere

# A second look through a proxy, as somebody unknown: the proxy gets the name,
# another login each time, and the state stays as it is.
start_proxy open
state_of() { sha256sum "$XDG_STATE_HOME/sealbook/state.db"; }
sealbook gossip show >/dev/null
before=$(state_of)
check() { sealbook gossip check "$@"; }
expect 0 'CONSISTENT' check --via "socks5://$proxy"
expect 0 '"their_tree_size": [0-9]+' check --via "socks5h://$proxy" --json
expect 0 'CONSISTENT' check --via "socks5://user:secret@$proxy"
[ "$(state_of)" = "$before" ] || die "the check changed the state"
port=${public#*:}
[ "$(grep -cE "^[0-9a-f]{32}:[0-9a-f]{32} 3 localhost $port$" proxy.seen)" = 2 ] ||
  die "the proxy saw: $(cat proxy.seen)"
[ "$(sort -u proxy.seen | wc -l)" = 3 ] || die "a login was used again"
grep -q "^user:secret 3 localhost $port$" proxy.seen || die "no login of ours"
! find "${TMPDIR:-/tmp}" -maxdepth 2 -path '*/sealbook-*/relay' -newer heads.txt \
  -user "$(id -u)" 2>/dev/null | grep -q . || die "a relay was left behind"

# Proxies that are none, or do not do it.
expect 2 'socks5://HOST:PORT' check --via "http://$proxy"
expect 2 'HOST:PORT' check --via nonsense
expect 1 'nothing listens' check --via socks5://127.0.0.1:1
expect 1 'asked anyway' check --via "$public"
start_proxy login
expect 1 'USER:PASSWORD' check --via "socks5://$proxy"
expect 1 'does not take this user' check --via "socks5://u:wrong@$proxy"
expect 0 'CONSISTENT' check --via "socks5://u:p@$proxy"
start_proxy refuse
expect 1 'nothing listens there' check --via "socks5://$proxy"
start_proxy broken
expect 1 'broke off' check --via "socks5://$proxy"
start_proxy http
expect 1 'no SOCKS5 proxy' check --via "socks5://$proxy"
start_proxy silent
expect 1 'within 1 s' check --timeout 1 --via "socks5://$proxy"
expect 1 'is it a SOCKS5 proxy|no SOCKS5 proxy' check --timeout 2 --via "socks5://$public"
! sealbook gossip check --via "socks5://me:topsecret@127.0.0.1:1" 2>&1 |
  grep topsecret || die "the password was printed"

# The log forks: a copy of everything, mark and keys included, goes on by itself
# on another port.
stop_server
cp -r data data.fork
cp -r mark mark.fork
sed 's,"data","data.fork",; s,"mark/mark","mark.fork/mark",' \
  sealbookd.textproto >fork.textproto
start_server
configure_client
sealbook configure --state bob --server "$public" --ca ca/tls.pem \
  --configuration configuration.tls >/dev/null
first_pid=$server_pid first_public=$public first_publishers=$publishers
mv sealbookd.textproto first.textproto
mv fork.textproto sealbookd.textproto
start_server
second_pid=$server_pid
second=$public second_publishers=$publishers
server_pid=$first_pid public=$first_public publishers=$first_publishers

publish ca/carol.pem >/dev/null
publishers=$second_publishers publish ca/dora.pem >/dev/null
expect 3 'REFUSED \(fork\)' check --via "$second"
expect 3 '"reason": "fork"' check --via "$second" --json
start_proxy open
expect 0 'CONSISTENT' check --via "socks5://$proxy"
evidence=$(find "$XDG_STATE_HOME/sealbook/evidence/fork" -mindepth 1 -maxdepth 1 |
  head -1)
[ -d "$evidence/other" ] || die "no evidence: $(ls -R "$XDG_STATE_HOME")"
# It convinces who knows nothing but the configuration.
[ ! -e "$evidence/view.tls" ] || die "the evidence needs a view"
expect 3 'REFUSED \(fork\)' sealbook verify --from "$evidence" \
  --configuration configuration.tls

# Who sees the other history tells by text, once a head is behind the fork.
for number in {1..8}; do
  issue ca "more$number" sign 365 "more$number@example.org"
  publish "ca/more$number.pem" >/dev/null
  publishers=$second_publishers publish "ca/more$number.pem" >/dev/null
done
sealbook configure --state mallory --server "$second" --ca ca/tls.pem \
  --configuration configuration.tls >/dev/null
sealbook gossip show --state mallory --tls fork.tls --export fork.answer \
  >fork.txt
expect 3 'REFUSED \(fork\)' compare fork.txt
expect 3 'not signed' compare fork.txt
expect 3 'signed by the log' compare fork.answer
expect 3 'REFUSED \(fork\)' compare --tls fork.tls
for kept in bob/evidence/fork/*; do
  view=()
  [ ! -e "$kept/view.tls" ] || view=(--view "$kept/view.tls")
  expect 3 'REFUSED \(fork\)' sealbook verify --state bob --from "$kept" \
    "${view[@]}"
done

# Who is moved from the one to the other is told at once.
sealbook configure --state bob --server "$second" --ca ca/tls.pem \
  --configuration configuration.tls >/dev/null
expect 3 'REFUSED' sealbook gossip show --state bob

# The text of another log that calls itself by the same name.
kill "$second_pid"
wait "$second_pid" 2>/dev/null || true
second_pid=''
stop_server
rm -rf data mark signing.pem vrf.pem configuration.tls
mkdir mark
mv first.textproto sealbookd.textproto
make_log
start_server
XDG_STATE_HOME=$PWD/other
configure_client
sealbook gossip show >other.txt
XDG_STATE_HOME=$PWD/state
expect 1 'about the log' sealbook gossip compare other.txt
