#!/usr/bin/env bash
# The LDAP gateway with the clients of Debian: ldapsearch, gpgsm with dirmngr;
# many at once, bad ones, and a directory that is down.
. tests/e2e/e2e.sh
. "$runfiles/tests/e2e/ldap_gateway.sh"

make_log
start_server
configure_client
issue ca alice-sign sign 365 alice@example.org
issue ca alice-encrypt encrypt 365 alice@example.org
issue ca carol both 365 Carol@Example.ORG
recipients=''
for i in {1..20}; do
  issue ca "r$i" both 365 "r$i@example.org"
  recipients+="(mail=r$i@example.org)"
done
publish ca/alice-sign.pem ca/alice-encrypt.pem ca/carol.pem ca/r?.pem ca/r??.pem >/dev/null

start_gateway first
grep -q 'Thunderbird' first.out || die "it says nothing of Thunderbird"

search() { ldapsearch -x -LLL -o ldif-wrap=no -H "$gateway" -b o=sealbook "$@"; }
# The SHA-256 of each certificate of an answer, in order.
certificates() {
  sed -n 's/^userCertificate;binary:: //p' |
    while read -r der; do printf '%s' "$der" | base64 -d | sha256sum | cut -d' ' -f1; done
}
sha256_of() { openssl x509 -in "$1" -outform DER | sha256sum | cut -d' ' -f1; }

# The best certificate to encrypt with, the others, the intermediate; then one
# entry with each of the others.
search '(mail=Alice@Example.org)' usercertificate\;binary >alice.ldif
[ "$(certificates <alice.ldif)" = "$(for name in alice-encrypt alice-sign ca alice-sign ca; do
  sha256_of "ca/$name.crt"
done)" ] || die "other certificates: $(cat alice.ldif)"
[ "$(grep -c '^dn: ' alice.ldif)" = 2 ] || die "not two entries"
grep -q '^dn: mail=alice@example.org,o=sealbook$' alice.ldif || die "another dn"
if grep -q '^mail:' alice.ldif; then die "what was not asked for"; fi
printf 'ok: entries and their order\n'

expect 0 'proven, in a log of' ldapsearch -x -H "$gateway" '(mail=nobody@example.org)'
expect 0 'numEntries: 1' ldapsearch -x -H "$gateway" '(mail=carol@example.org)'
# Thunderbird's for a message to twenty; without base, size limit as it sets it.
expect 0 'numEntries: 20' ldapsearch -x -H "$gateway" -z 40 "(|$recipients)"
expect 4 'Size limit' ldapsearch -x -H "$gateway" -z 5 "(|$recipients)"
# Evolution's.
expect 0 'numEntries: 2' ldapsearch -x -H "$gateway" -E 'pr=100/noprompt' \
  '(&(userCertificate=*)(|(mail=alice@example.org)))'
expect 12 'control' ldapsearch -x -H "$gateway" -E '!pr=100/noprompt' '(mail=alice@example.org)'
expect 0 'supportedLDAPVersion: 3' ldapsearch -x -H "$gateway" -b '' -s base '+'
expect 0 'inetOrgPerson' ldapsearch -x -H "$gateway" -b cn=Subschema -s base objectClasses
expect 0 'anonymous' ldapwhoami -x -H "$gateway"
expect 49 'anonymously' ldapsearch -x -H "$gateway" -D cn=admin -w secret '(mail=a@example.org)'
expect 53 'unwilling' ldapdelete -x -H "$gateway" cn=x
expect 1 'Protocol error' ldapsearch -x -ZZ -H "$gateway" '(mail=a@example.org)'
expect 21 'address-' ldapsearch -x -H "$gateway" '(mail=a\00@example.org)'

# Keystrokes ask nobody: with the server gone, nothing is missed.
x=dave@example.org
expect 0 'result: 0' ldapsearch -x -H "$gateway" \
  "(|(cn=*$x*)(mail=*$x*)(givenName=*$x*)(sn=*$x*))"
stop_server
expect 0 'result: 0' ldapsearch -x -H "$gateway" \
  "(|(cn=*$x*)(mail=*$x*)(givenName=*$x*)(sn=*$x*))"
# A look-up fails, without entries; what is remembered is still there.
expect 52 'running|reach|refused|connect' ldapsearch -x -H "$gateway" "(mail=$x)"
expect 52 'text' ldapsearch -x -H "$gateway" "(|(mail=alice@example.org)(mail=$x))"
if grep -q '^dn: ' expect.txt; then die "a part for the whole"; fi
expect 0 'numEntries: 2' ldapsearch -x -H "$gateway" '(mail=alice@example.org)'
grep -q 'does not answer' first.err || die "it said nothing: $(cat first.err)"
start_server
configure_client
expect 0 'proven' ldapsearch -x -H "$gateway" "(mail=$x)"
grep -q 'answers again' first.err || die "it said nothing: $(cat first.err)"

# gpgsm, by a whole address and by a text.
# Its sockets' names must be short.
GNUPGHOME=$(mktemp -d /tmp/gnupg-XXXXXX)
export GNUPGHOME
printf 'keyserver 127.0.0.1:%s\n' "$port" >"$GNUPGHOME/gpgsm.conf"
fingerprint=$(openssl x509 -in ca/alice-encrypt.crt -noout -fingerprint -sha256)
for text in '<alice@example.org>' alice@example.org; do
  expect 0 "${fingerprint#*=}" gpgsm --batch --list-external-keys "$text"
  [ "$(grep -c 'fingerprint:' expect.txt)" = 2 ] || die "not both: $(cat expect.txt)"
done
expect 0 "sha2 fpr" gpgsm --batch --list-external-keys carol@example.org
gpgsm --batch --list-external-keys nobody@example.org >nobody.txt 2>&1 || true
if grep -q 'fpr' nobody.txt; then die "somebody"; fi
# What was found is imported, as Kleopatra does it, and encrypted to. The
# intermediate is asked for by its name.
sha1_of() { openssl x509 -in "$1" -noout -fingerprint -sha1 | sed 's/.*=//; s/://g'; }
printf 'auto-issuer-key-retrieve\ndisable-crl-checks\n' >>"$GNUPGHOME/gpgsm.conf"
printf '%s S relax\n' "$(sha1_of ca/root.pem)" >"$GNUPGHOME/trustlist.txt"
expect 0 'imported: 1' gpgsm --batch --import ca/root.pem
gpgsm --batch --list-external-keys alice@example.org >/dev/null
printf 'INPUT FD=3\nIMPORT --re-import\nBYE\n' |
  gpgsm --batch --server 3< <(sha1_of ca/alice-encrypt.crt) >import.txt 2>&1
printf 'a secret\n' >secret.txt
expect 0 '' gpgsm --batch --encrypt --recipient alice@example.org \
  --output secret.p7m secret.txt
openssl cms -decrypt -inform DER -in secret.p7m -recip ca/alice-encrypt.crt \
  -inkey ca/alice-encrypt.key -out read.txt
grep -q 'a secret' read.txt || die "it cannot be read: $(cat read.txt)"
gpgconf --kill all
rm -rf "$GNUPGHOME"

# A hundred at once, each with a look-up that nobody asked before.
for i in {1..100}; do
  ldapsearch -x -H "$gateway" "(|(mail=many$i@example.org)(mail=r1@example.org))" \
    >"many$i.txt" 2>&1 &
  pids[i]=$!
done
for i in {1..100}; do
  wait "${pids[i]}" || die "of a hundred: $(cat "many$i.txt")"
  grep -q 'numEntries: 1' "many$i.txt" || die "of a hundred: $(cat "many$i.txt")"
done
printf 'ok: a hundred at once\n'

# What no client should send; then it still answers.
python3 "$runfiles/tests/e2e/ldap_abuse.py" "$port"
expect 0 'numEntries: 2' ldapsearch -x -H "$gateway" '(mail=alice@example.org)'
stop_gateway

# ldaps; a state for one mail domain only. libldap takes "localhost" for another
# name of the machine, which no certificate here has.
start_gateway second --certificate ca/server.pem --key ca/server.key \
  --state "example.org=$XDG_STATE_HOME/sealbook"
[ "${gateway%:*}" = ldaps://127.0.0.1 ] || die "no ldaps: $gateway"
export LDAPTLS_CACERT=$PWD/ca/tls.pem
expect 0 'numEntries: 2' ldapsearch -x -H "$gateway" '(mail=alice@example.org)'
expect 32 'NOT looked up' ldapsearch -x -H "$gateway" '(mail=alice@example.net)'
if ldapsearch -x -H "ldap://127.0.0.1:$port" '(mail=alice@example.org)' >plain.txt 2>&1; then
  die "answered without TLS: $(cat plain.txt)"
fi
stop_gateway

# A clock that is a day ahead: what is refused is not shown, and said aloud.
status=0
faketime -f +1d sealbook ldap --port 0 >ahead.out 2>ahead.err &
gateway_pid=$!
until [ -s ahead.out ]; do sleep 0.1; done
gateway=$(head -1 ahead.out)
expect 80 'REFUSED \(stale-head\)' ldapsearch -x -H "$gateway" '(mail=alice@example.org)'
if grep -q '^dn: ' expect.txt; then die "shown all the same"; fi
grep -q 'ALARM (stale-log)' ahead.err || die "no alarm: $(cat ahead.err)"
kill "$gateway_pid"
gateway_pid=''

# The command line.
expect 2 'allow-remote' sealbook ldap --listen 0.0.0.0
expect 2 'IP address' sealbook ldap --listen localhost
expect 2 'key' sealbook ldap --certificate ca/server.pem
expect 2 'domain|address-' sealbook ldap --state "exa mple=x"
expect 1 'state|no such|configure' sealbook ldap --state nowhere
expect 1 'private key' sealbook ldap --certificate ca/server.pem --key ca/tls.key
start_gateway third
expect 1 'in use' sealbook ldap --port "$port"
stop_gateway
