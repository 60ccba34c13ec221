#!/usr/bin/env bash
# What a CA can publish through the command line, and what is refused.
. tests/e2e/e2e.sh

revoke() { # CERTIFICATE... --reason REASON
  sealbook revoke --server "$publishers" --ca ca/tls.pem \
    --cert ca/publisher.pem --key ca/publisher.key "$@"
}

make_log
start_server
configure_client
issue ca alice-sign sign 365 alice@example.org
issue ca alice-encrypt encrypt 365 alice@example.org
issue ca carol both 365 Carol@Example.ORG
issue ca dave both 365 dave@example.org dave@example.net

expect 0 'alice@example.org' publish ca/alice-sign.pem ca/alice-encrypt.pem
expect 0 'carol@example.org' publish ca/carol.pem
expect 0 'dave@example.net' publish ca/dave.pem
# The same once more has the same version and position.
publish --json ca/dave.pem >first.json
publish --json ca/dave.pem >second.json
for field in version position; do
  [ "$(grep -oE "\"$field\": *[0-9]+" first.json)" = \
    "$(grep -oE "\"$field\": *[0-9]+" second.json)" ] ||
    die "publishing again changed the $field"
done
grep -q '"already_published": *true' second.json || die "not seen as published"

# A certificate without an address.
new_key ca/nobody.key
sign_certificate ca nobody ca 365 "/CN=nobody" \
  "keyUsage=critical,digitalSignature
extendedKeyUsage=emailProtection"
cat ca/nobody.crt ca/ca.crt >ca/nobody.pem
expect 5 'subjectAltName|san|address' publish ca/nobody.pem
# Expired: valid from two days ago to yesterday.
new_key ca/expired.key
quietly openssl req -new -key ca/expired.key -subj /CN=expired -out ca/expired.csr
cat >ca/expired.cnf <<CNF
[ca]
default_ca = demo
[demo]
database = ca/index.txt
new_certs_dir = ca
serial = ca/serial
default_md = sha256
policy = any
x509_extensions = leaf
[any]
commonName = supplied
[leaf]
basicConstraints = critical,CA:false
keyUsage = critical,digitalSignature
extendedKeyUsage = emailProtection
subjectAltName = email:expired@example.org
CNF
: >ca/index.txt
echo 4001 >ca/serial
quietly openssl ca -batch -config ca/expired.cnf -cert ca/ca.crt -keyfile ca/ca.key \
  -in ca/expired.csr -out ca/expired.crt -notext \
  -startdate "$(date -u -d '2 days ago' +%Y%m%d%H%M%SZ)" \
  -enddate "$(date -u -d 'yesterday' +%Y%m%d%H%M%SZ)"
cat ca/expired.crt ca/ca.crt >ca/expired.pem
expect 5 'expired' publish ca/expired.pem
# An unknown CA.
mkdir other
make_ca other
issue other eve both 365 eve@example.org
expect 5 'anchor|issuer|chain|path' publish other/eve.pem
# A known CA for which this publisher does not speak.
new_key ca/second.key
sign_certificate ca second root 1825 "/O=Demo/CN=Second CA" "$CA_EXTENSIONS
authorityKeyIdentifier=keyid
extendedKeyUsage=emailProtection"
new_key ca/frank.key
sign_certificate ca frank second 365 /CN=frank \
  "keyUsage=critical,digitalSignature
extendedKeyUsage=emailProtection
subjectAltName=email:frank@example.org"
cat ca/frank.crt ca/second.crt >ca/frank.pem
expect 5 'speak' publish ca/frank.pem
# A broken signature: the last byte of the DER.
openssl x509 -in ca/carol.crt -outform DER -out broken.der
size=$(stat -c %s broken.der)
last=$(od -An -tu1 -j $((size - 1)) broken.der | tr -d ' ')
# shellcheck disable=SC2059
printf "\\x$(printf %02x $((last ^ 1)))" |
  dd of=broken.der bs=1 seek=$((size - 1)) conv=notrunc status=none
expect 5 'signature' publish broken.der ca/ca.pem
# One good and one bad: the good one is published, and the exit code says 5.
issue ca grace sign 365 grace@example.org
expect 5 'grace@example.org' publish ca/grace.pem other/eve.pem
expect 0 'grace@example.org' sealbook lookup grace@example.org

# A folder with PKCS#7 and something else, judged first and then published.
mkdir folder
issue ca heidi both 365 heidi@example.org
issue ca ivan both 365 ivan@example.org
quietly openssl crl2pkcs7 -nocrl -certfile ca/heidi.pem -outform DER -out folder/heidi.p7b
cp ca/ivan.pem folder/
echo notes >folder/notes.txt
expect 0 'nothing was written' publish --dry-run folder
expect 4 'no certificate' sealbook lookup heidi@example.org
expect 0 'skipped 1 files' publish --journal journal folder
expect 0 'resuming: 2 of 2' publish --journal journal folder
# Revoked by its serial number; the look-up says why; it does not come back.
serial=$(openssl x509 -in ca/heidi.crt -noout -serial | cut -d= -f2)
expect 0 'revoked  heidi@example.org' revoke --serial "$serial" \
  --issuer ca/ca.crt --reason keyCompromise
expect 4 'revoked \(keyCompromise\)' sealbook lookup heidi@example.org
expect 5 'keyCompromise' publish folder/heidi.p7b
# A hold is lifted.
expect 0 'revoked  ivan@example.org' revoke ca/ivan.crt --reason certificateHold
expect 0 'restored ivan@example.org' revoke ca/ivan.crt --reason removeFromCRL
expect 0 'ivan@example.org' sealbook lookup ivan@example.org

# Not certificates at all.
echo hello >hello.pem
expect 1 'hello.pem' publish hello.pem
expect 1 'no-such-file' publish no-such-file.pem
# Who does not say who it is, or is nobody's publisher.
expect 1 'certificate|handshake|unauthenticated' \
  sealbook publish --server "$publishers" --ca ca/tls.pem \
  --cert ca/carol.crt --key ca/carol.key ca/carol.pem
new_key ca/stranger.key
sign_certificate ca stranger tls 365 /CN=stranger extendedKeyUsage=clientAuth
expect 1 'publisher' sealbook publish --server "$publishers" --ca ca/tls.pem \
  --cert ca/stranger.crt --key ca/stranger.key ca/carol.pem
stop_server

# A run that is killed in the middle goes on where it stopped. This log takes 16
# addresses a second, and the certificates are so large that a message holds only
# some thirty: the first acknowledgements come seconds before the last.
mkdir -p resume/mark
cd resume
ln -s ../ca ca
export XDG_STATE_HOME=$PWD/state
write_config
echo 'padding { interval_seconds: 1 leaves: 16 }' >>sealbookd.textproto
make_log
start_server
configure_client
count=70
mkdir bulk
blob=04827530$(head -c 30000 /dev/zero | od -An -v -tx1 | tr -d ' \n')
new_key ca/bulk.key
people=()
for ((i = 1; i <= count; ++i)); do
  people+=("bulk$i@example.org")
  sign_certificate ca bulk ca 365 "/CN=bulk$i" \
    "basicConstraints=critical,CA:false
keyUsage=critical,digitalSignature
extendedKeyUsage=emailProtection
subjectAltName=email:bulk$i@example.org
authorityKeyIdentifier=keyid
1.3.6.1.4.1.55555.1=DER:$blob"
  cat ca/bulk.crt ca/ca.crt >"bulk/$i.pem"
done
bulk=(sealbook publish --server "$publishers" --ca ca/tls.pem
  --cert ca/publisher.pem --key ca/publisher.key --journal journal bulk)
acknowledged() { grep -cE '^[0-9a-f]{64} [0-9]+$' journal 2>/dev/null || true; }

"${bulk[@]}" >killed.txt 2>&1 &
publisher_pid=$!
until [ "$(acknowledged)" -gt 0 ] 2>/dev/null; do
  kill -0 "$publisher_pid" 2>/dev/null ||
    die "ended before it was killed: $(cat killed.txt)"
  sleep 0.05
done
kill -KILL "$publisher_pid"
wait "$publisher_pid" 2>/dev/null && die "it was not killed"
before=$(acknowledged)
[ "$before" -lt "$count" ] || die "all were acknowledged before the kill"
cp journal journal.killed
"${bulk[@]}" --json >resumed.json 2>resumed.txt || die "$(cat resumed.txt)"
grep -q "resuming: $before of $count certificates" resumed.txt ||
  die "no \"resuming: $before of $count\": $(cat resumed.txt)"
grep -q "\"certificates_acknowledged_earlier\": $before" resumed.json ||
  die "not $before were left out"
[ "$(grep -c '"position"' resumed.json)" = $((count - before)) ] ||
  die "not all of the rest, or more, was sent"
# The journal was continued: each certificate once.
[ "$(acknowledged)" = "$count" ] || die "$(acknowledged) acknowledgements"
[ "$(sort journal | uniq -d | wc -l)" = 0 ] || die "acknowledged twice"
head -n $((before + 1)) journal | cmp - journal.killed || die "rewritten"
# Everything is there, and once: no address has a second version.
sealbook lookup --json "${people[@]}" >all.json || die "some are not there"
[ "$(grep -c '"version": 0,' all.json)" = "$count" ] ||
  die "not every address has one version"
expect 0 "resuming: $count of $count" "${bulk[@]}"
