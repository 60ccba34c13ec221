#!/usr/bin/env bash
# Thunderbird fetches certificates from the gateway, and finds those that it can
# encrypt with.
. tests/e2e/e2e.sh
. "$runfiles/tests/e2e/ldap_gateway.sh"

make_log
start_server
configure_client
issue ca alice-sign sign 365 alice@example.org
issue ca alice-encrypt encrypt 365 alice@example.org
issue ca carol both 365 Carol@Example.ORG
issue ca erin sign 365 erin@example.org
addresses=(alice@example.org carol@example.org erin@example.org nobody@example.org)
files=(ca/alice-sign.pem ca/alice-encrypt.pem ca/carol.pem ca/erin.pem)
for i in {1..20}; do
  issue ca "r$i" both 365 "r$i@example.org"
  addresses+=("r$i@example.org")
  files+=("ca/r$i.pem")
done
publish "${files[@]}" >/dev/null
start_gateway gateway

thunderbird() { # NAME ADDRESS...
  local name=$1
  shift
  python3 -B "$runfiles/tests/e2e/thunderbird.py" "$PWD/$name/profile" \
    "$gateway/o=sealbook??sub?(objectclass=*)" ca/root.pem "$@" >"$name.txt" || {
    cat "$name.txt" "$name/thunderbird.log" >&2
    die "Thunderbird: $name"
  }
}
sha256_of() { openssl x509 -in "ca/$1.crt" -outform DER | sha256sum | cut -d' ' -f1; }
finds() { # FILE ADDRESS SHA256
  grep -qx "$2 $3" "$1" || die "not $2 $3: $(cat "$1")"
  printf 'ok: Thunderbird: %s %s\n' "$2" "$3"
}

# A message to many.
thunderbird many "${addresses[@]}"
finds many.txt alice@example.org "$(sha256_of alice-encrypt)"
finds many.txt carol@example.org "$(sha256_of carol)"
finds many.txt erin@example.org none # It only signs.
finds many.txt nobody@example.org none
for i in {1..20}; do finds many.txt "r$i@example.org" "$(sha256_of "r$i")"; done

# One recipient; and one while the directory is down.
thunderbird one alice@example.org
finds one.txt alice@example.org "$(sha256_of alice-encrypt)"
stop_server
thunderbird down new@example.org
finds down.txt new@example.org none
stop_gateway
