#!/usr/bin/env bash
# What a CA can publish through the command line, and what is refused.
. tests/e2e/e2e.sh

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
