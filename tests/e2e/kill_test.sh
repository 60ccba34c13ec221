#!/usr/bin/env bash
# Twenty SIGKILLs of the server while certificates are published. What was
# acknowledged is written down outside of the server: it is there after every
# restart, as it was acknowledged; the client's retained view still verifies; a
# check of the store finds nothing.
. tests/e2e/e2e.sh

KILLS=20
# Enough for a fast machine to publish until the last kill.
ADDRESSES=36
# No more are in force for one address and issuer.
EACH=16
seed=${KILL_TEST_SEED:-$RANDOM}
RANDOM=$seed
echo "seed $seed"

address_of() { printf 'user%s@example.org' "$1"; }
# Certificates are told apart by their serials; one key and request does for all.
new_key ca/users.key
quietly openssl req -new -key ca/users.key -subj /CN=user -out ca/users.csr
for user in $(seq 1 "$ADDRESSES"); do
  cat >ca/users.ext <<EXTENSIONS
keyUsage=critical,digitalSignature
extendedKeyUsage=emailProtection
subjectAltName=email:$(address_of "$user")
authorityKeyIdentifier=keyid
EXTENSIONS
  for number in $(seq 1 "$EACH"); do
    name=user$user-$number
    quietly openssl x509 -req -in ca/users.csr -days 365 -CA ca/ca.crt \
      -CAkey ca/ca.key -set_serial "0x7$(printf '%03d%030d' "$user" "$number")" \
      -extfile ca/users.ext -out "ca/$name.crt"
    cat "ca/$name.crt" ca/ca.crt >"ca/$name.pem"
  done
done

# The first number, word or hash of a field in JSON on stdin.
field() { # NAME
  sed -nE "s/^.*\"$1\": *\"?([0-9a-z]+)\"?,?\$/\\1/p" | head -1
}

# Publishes the users' certificates one after the other until the server is
# gone or none is left, and writes down each acknowledgement: user, version, position, SHA-256
# of the certificate, tree size. Two of them run side by side.
publish_on() { # FIRST_USER ACKNOWLEDGED NEXT
  local user number name answer left=true
  while $left; do
    left=false
    for user in $(seq "$1" 2 "$ADDRESSES"); do
      number=$(cat "$3.$user")
      [ "$number" -le "$EACH" ] || continue
      left=true
      name=user$user-$number
      publish --json "ca/$name.pem" >"$3.json" 2>/dev/null || return 0
      answer=$(cat "$3.json")
      echo "$user $(field version <<<"$answer") $(field position <<<"$answer")" \
        "$(field sha256 <<<"$answer") $(field tree_size <<<"$answer")" >>"$2"
      echo $((number + 1)) >"$3.$user"
    done
  done
}

# Looks one user up; everything that was acknowledged before is to be there.
look_up() { # USER
  local address found version size
  address=$(address_of "$1")
  sealbook lookup --json "$address" >lookup.json 2>lookup.err ||
    die "$address, after kill $kills: $(cat lookup.json lookup.err)"
  found=$(cat lookup.json)
  version=$(field version <<<"$found")
  size=$(field tree_size <<<"$found")
  while read -r user acknowledged position sha256 tree_size; do
    [ "$user" = "$1" ] || continue
    [ "$version" -ge "$acknowledged" ] ||
      die "$address: version $version, $acknowledged was acknowledged"
    [ "$size" -ge "$tree_size" ] && [ "$size" -gt "$position" ] ||
      die "$address: a tree of $size, but $tree_size was acknowledged"
    grep -q "\"sha256\": *\"$sha256\"" lookup.json ||
      die "$address: the certificate $sha256 of version $acknowledged is lost"
  done <acknowledged
}

make_log
touch acknowledged
for user in $(seq 1 "$ADDRESSES"); do
  echo 1 >"odd.$user"
  echo 1 >"even.$user"
done
start_server
configure_client
for kills in $(seq 1 "$KILLS"); do
  publish_on 1 acknowledged odd &
  odd=$!
  publish_on 2 acknowledged even &
  even=$!
  sleep "0.$(printf '%03d' $((RANDOM % 700 + 50)))"
  kill -KILL "$server_pid"
  wait "$server_pid" 2>/dev/null || true
  wait "$odd" "$even"
  sealbookd check --config sealbookd.textproto >check.txt 2>&1 ||
    die "check after kill $kills: $(cat check.txt)"
  start_server || die "no start after kill $kills: $(tail -1 server.log)"
  configure_client
  # Each user comes round every few kills.
  for user in $((kills % ADDRESSES + 1)) $(((kills + 3) % ADDRESSES + 1)) \
    $(tail -2 acknowledged | cut -d' ' -f1); do
    grep -q "^$user " acknowledged || continue
    look_up "$user"
  done
done
for user in $(cut -d' ' -f1 acknowledged | sort -u); do look_up "$user"; done
# The same certificate once more has the version that was acknowledged.
read -r user version position sha256 _ <acknowledged
publish --json "ca/user$user-1.pem" >again.json
[ "$(field version <again.json)" = "$version" ] &&
  [ "$(field position <again.json)" = "$position" ] ||
  die "published again, user $user: $(cat again.json)"
stop_server
expect 0 'the store is sound' sealbookd check --config sealbookd.textproto

count=$(wc -l <acknowledged)
[ "$count" -ge "$KILLS" ] || die "only $count publications were acknowledged"
echo "ok: $KILLS SIGKILLs lost none of $count acknowledged publications"
