#!/usr/bin/env bash
# What earlier versions wrote (tests/golden) is read by this one: the store, the
# mark, the keys, the configuration, a client's state, exported answers. And the
# log goes on.
. tests/e2e/e2e.sh

# The log stood still for long; this test vouches for the clock.
real=$(readlink -f bin/sealbookd)
rm bin/sealbookd
cat >bin/sealbookd <<WRAPPER
#!/bin/sh
[ "\$1" != serve ] || set -- "\$@" --clock-is-right
exec "$real" "\$@"
WRAPPER
chmod +x bin/sealbookd

histories() { # as tests/golden/make
  local address
  for address in alice bob carol dave erin; do
    printf '%s\n' "$address@example.org"
    sealbook history "$address@example.org" |
      sed -nE 's/^  [o|] +((version|issued|renewed|revoked|restored|sha256) .*)/\1/p'
  done
}

# A transcript verifies at its own time, against the log's configuration and the
# tree that its question built on, and not with one bit of its answer changed.
verify_transcript() { # DIR CODE
  local dir=$1 view=() answer offset byte
  [ ! -e "$dir/view.tls" ] || view=(--view "$dir/view.tls")
  expect "$2" '^VERIFIED' sealbook verify --from "$dir" \
    --configuration configuration.tls "${view[@]}"
  answer=$(echo "$dir"/{response,absence,greatest,history,as-of}.tls | tr ' ' '\n' |
    while read -r file; do [ ! -e "$file" ] || printf '%s' "$file"; done)
  offset=$(($(stat -c %s "$answer") / 2))
  byte=$(od -An -tu1 -j "$offset" -N 1 "$answer" | tr -d ' ')
  # shellcheck disable=SC2059
  printf "\\$(printf '%03o' $((byte ^ 1)))" |
    dd of="$answer" bs=1 seek="$offset" conv=notrunc status=none
  expect 3 '^REFUSED' sealbook verify --from "$dir" \
    --configuration configuration.tls "${view[@]}"
}

# The certificates of then expire one day: exit code 4 from then on.
look_up() { # ADDRESS VERSION
  sealbook lookup "$1" >lookup.txt || [ $? = 4 ] || die "$(cat lookup.txt)"
  grep -q "verified: version $2," lookup.txt ||
    die "not version $2 of $1: $(cat lookup.txt)"
}

# A backup of the log becomes another log with the same versions, but for their
# times, and a copy in the place of the data is refused.
restore_golden() {
  expect 0 'tree size' sealbookd backup --config sealbookd.textproto --to backup
  expect 0 'the store is sound' sealbookd check --backup backup
  sed -E 's,^(data_dir|mark_file|signing_key_file|vrf_key_file): ",&new/,' \
    sealbookd.textproto >new.textproto
  mkdir -p new/mark
  expect 3 'is the log that the backup was made of' \
    sealbookd restore --config sealbookd.textproto --from backup
  expect 0 'Made' sealbookd init --config new.textproto --yes --keys-backed-up
  expect 0 'restored 12 versions of 6 labels' \
    sealbookd restore --config new.textproto --from backup
  expect 3 'holds addresses already' \
    sealbookd restore --config new.textproto --from backup
  expect 0 'the store is sound' sealbookd check --config new.textproto
  mv sealbookd.textproto old.textproto
  mv new.textproto sealbookd.textproto
  start_server || die "no start on what was restored: $(tail -3 server.log)"
  export XDG_STATE_HOME=$PWD/new/state
  sealbook configure --server "$public" --ca ca/tls.pem \
    --configuration new/configuration.tls >configure.txt
  histories >histories.new
  diff <(undated <histories.now) <(undated <histories.new) ||
    die "the restored log has another history"
  stop_server
  mv old.textproto sealbookd.textproto
}
undated() { sed -E 's/, since .*//'; }

open_golden() { # SUITE ENUM
  cp -rL "$runfiles/tests/golden/v1/$1" "$1"
  chmod -R u+w "$1"
  cd "$1"
  ln -s ../ca ca
  chmod 700 state
  chmod 600 signing.pem vrf.pem mark/mark state/state.db
  export XDG_STATE_HOME=$PWD/home
  mkdir "$XDG_STATE_HOME"
  mv state "$XDG_STATE_HOME/sealbook"

  # The configuration of then is understood; the TLS certificates and the
  # publisher's key of then have expired, which is not what is tested.
  expect 0 'the store is sound' sealbookd check --config sealbookd.textproto
  expect 0 'tree size 13' sealbookd check --config sealbookd.textproto
  expect 0 'nothing to do' sealbookd migrate --config sealbookd.textproto
  write_config
  echo "log { cipher_suite: $2 }" >>sealbookd.textproto
}

for suite in p256 ed25519; do
  (
    trap stop_server EXIT
    open_golden "$suite" "CIPHER_SUITE_$(tr '[:lower:]' '[:upper:]' <<<"$suite")"
    start_server || die "no start: $(tail -3 server.log)"
    # The client remembers the log's tree of then, and asks for what follows.
    configure_client
    expect 0 'tree size +13|tree of 13|13 entries' sealbook status --offline
    histories >histories.now
    diff histories.txt histories.now || die "$suite: another history"
    for user in 'alice 3' 'bob 0' 'dave 2' 'erin 0'; do
      look_up "${user% *}@example.org" "${user#* }"
    done
    expect 4 'keyCompromise' sealbook lookup carol@example.org
    expect 4 'no certificate' sealbook lookup nobody@example.org
    stop_server
    [ "$suite" != p256 ] || (restore_golden)
    start_server || die "no start: $(tail -3 server.log)"
    configure_client
    issue ca "new-$suite" sign 365 alice@example.org
    expect 0 'alice@example.org' publish "ca/new-$suite.pem"
    expect 0 'version 4' sealbook lookup alice@example.org
    stop_server
    expect 0 'the store is sound' sealbookd check --config sealbookd.textproto

    for operation in search search-again version greatest history as-of; do
      verify_transcript "transcripts/$operation" 0
    done
    verify_transcript transcripts/absence 4
  )
done
