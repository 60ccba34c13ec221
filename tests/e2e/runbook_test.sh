#!/usr/bin/env bash
# Each page of docs/runbook.md: the halt is made to happen, the server says what
# the page quotes, and what the page says to do brings the log back. Pages that
# name another test are found there with the same words.
. tests/e2e/e2e.sh

runbook=$runfiles/docs/runbook.md
rehearsed=()

# The words that a page quotes.
words_of() { # PAGE
  sed -n "/^## $1\$/,/^## /p" "$runbook" |
    sed -n '/^```$/,/^```$/{/^```$/!p}' | head -1
}
# Begins a page.
page() { # PAGE
  words=$(words_of "$1")
  [ -n "$words" ] || die "docs/runbook.md has no page $1, or it quotes nothing"
  rehearsed+=("$1")
}
refuses_to_start() { expect_no_start "$1" "$words"; }
serves_again() { # ADDRESS
  expect 0 'the store is sound' sealbookd check --config sealbookd.textproto
  start_server || die "no start: $(tail -1 server.log)"
  configure_client
  expect 0 "$1" sealbook lookup "$1"
  stop_server
  # The client has seen it.
  keep newest
}
put() { # COPY: of data and mark
  rm -rf data mark
  cp -a "$1/data" "$1/mark" .
}
keep() { # COPY
  rm -rf "$1"
  mkdir "$1"
  cp -a data mark "$1/"
}

# One bit of the first address's value, in the table that holds it.
flip_in_table() {
  local file byte offset
  file=$(grep -lF user1@example.org data/entries/*.ldb | head -1)
  offset=$(grep -obaF user1@example.org "$file" | head -1 | cut -d : -f 1)
  byte=$(od -An -tu1 -j "$offset" -N 1 "$file" | tr -d ' ')
  # shellcheck disable=SC2059
  printf "\\$(printf '%03o' $((byte ^ 16)))" |
    dd of="$file" bs=1 seek="$offset" conv=notrunc status=none
}

for user in 1 2 3; do issue ca "user$user" sign 365 "user$user@example.org"; done

page no-log
refuses_to_start 1

make_log
start_server
configure_client
publish ca/user1.pem >/dev/null
stop_server
keep first
start_server
configure_client
publish ca/user2.pem >/dev/null
sealbook lookup user2@example.org >/dev/null
sealbook status >status.txt
stop_server
keep newest
# What the client has verified, for whoever looks for the newest data.
size=$(sed -nE 's/^tree size +([0-9]+) .*/\1/p' status.txt)
root=$(sed -nE 's/^log root +([0-9a-f]+)$/\1/p' status.txt)

page older-copy
rm -rf data
cp -a first/data .
refuses_to_start 3
put newest
serves_again user2@example.org

page fork
put first
start_server
# Another history; nobody has seen it.
publish ca/user3.pem >/dev/null
stop_server
keep other
put newest
rm -rf data
cp -a other/data .
# The other history has to be as long for its root to be compared.
until expect_no_start 3 "$words|older copy" && grep -q "$words" server.log; do
  put other
  start_server
  stop_server
  keep other
  rm -rf mark
  cp -a newest/mark .
done
put newest
serves_again user2@example.org

page mark-lost
rm mark/mark
refuses_to_start 3
new_mark() { sealbookd new-mark --config sealbookd.textproto "$@"; }
expect 2 '64 hexadecimal' new_mark --tree-size "$size" --log-root 12
expect 3 'older copy' new_mark --tree-size 4711 --log-root "$root"
expect 3 'fork' new_mark --tree-size "$((size - 1))" --log-root "$root"
[ ! -e mark/mark ] || die "a refused new-mark made a mark"
expect 0 'made, at tree size' new_mark --tree-size "$size" --log-root "$root"
expect 1 'never replaced' new_mark --tree-size "$size" --log-root "$root"
serves_again user2@example.org
# The new mark does what the lost one did.
rm -rf data
cp -a first/data .
expect_no_start 3 'older copy'

page mark-older
put newest
rm -rf mark
cp -a first/mark .
refuses_to_start 3
put newest
serves_again user2@example.org
# The newest mark is lost: the old one is moved away, and there is none.
rm -rf mark
cp -a first/mark .
expect 1 'never replaced' new_mark --tree-size "$size" --log-root "$root"
mv mark/mark mark.old
expect 0 'made, at tree size' new_mark --tree-size "$size" --log-root "$root"
rm mark.old
serves_again user2@example.org

page damage
flip_in_table
expect 3 'DAMAGE: .*'"$words" sealbookd check --config sealbookd.textproto
# The start does not read it; whoever asks for it is told.
# A client of its own: what is signed here goes away with the damaged data.
start_server || die "no start on a damaged table: $(tail -1 server.log)"
(
  export XDG_STATE_HOME=$PWD/meanwhile
  configure_client
  expect 1 "$words" sealbook lookup user1@example.org
)
stop_server
grep -q "DATA_LOSS: .*$words" server.log || die "the server's log says nothing"
put newest
serves_again user1@example.org
# The mark's own.
truncate -s -7 mark/mark
expect_no_start 3 'is damaged'
put newest
serves_again user2@example.org

page wrong-keys
# Another log's key in the place of the log's.
other_key() { # FILE ALGORITHM...
  local file=$1
  shift
  mv "$file" kept.pem
  openssl genpkey "$@" -out "$file" 2>/dev/null
  chmod 600 "$file"
}
for file in signing.pem vrf.pem; do
  other_key "$file" -algorithm EC -pkeyopt ec_paramgen_curve:P-256
  refuses_to_start 3
  grep -q "the key in [^ ]*$file" server.log || die "the key is not named"
  mv kept.pem "$file"
done
other_key signing.pem -algorithm ed25519
expect_no_start 1 "the log's keys are of cipher suite"
mv kept.pem signing.pem
serves_again user2@example.org

page wrong-passphrase
cp sealbookd.textproto good.textproto
(umask 077 && echo 'correct horse' >pass.right && echo 'incorrect' >pass.wrong)
mv signing.pem signing.kept
openssl pkcs8 -topk8 -v2 aes-256-cbc -in signing.kept -out signing.pem \
  -passout file:pass.right
chmod 600 signing.pem
expect_no_start 1 'encrypted, and no passphrase is configured'
echo 'key_passphrase { file: "pass.wrong" }' >>sealbookd.textproto
refuses_to_start 1
expect 1 'Could not read|unable to load|maybe wrong password' \
  openssl pkey -in signing.pem -noout -passin file:pass.wrong
openssl pkey -in signing.pem -noout -passin file:pass.right ||
  die "openssl does not take the right passphrase"
sed -i 's/file: "pass.wrong"/file: "pass.right"/' sealbookd.textproto
serves_again user2@example.org
mv signing.kept signing.pem
cp good.textproto sealbookd.textproto

page port-taken
start_server
first_pid=$server_pid
mkdir -p second/mark
cp -r ca sealbookd.textproto second/
taken=${public##*:}
sed -i "0,/127.0.0.1:0/s//127.0.0.1:$taken/" second/sealbookd.textproto
(
  cd second
  make_log
  refuses_to_start 1
  grep -q "port $taken $words" server.log || die "the port is not named"
)
server_pid=$first_pid
stop_server
(
  cd second
  start_server || die "no start on a free port: $(tail -1 server.log)"
  stop_server
)
serves_again user2@example.org

page in-use
start_server
first_pid=$server_pid
refuses_to_start 1
server_pid=$first_pid
stop_server

page other-format
sed -i 's/^format 1$/format 999/' data/FORMAT
refuses_to_start 3
put newest
expect 0 'nothing to do' sealbookd migrate --config sealbookd.textproto

page configuration
cp sealbookd.textproto good.textproto
echo 'queue_limit: 7' >>sealbookd.textproto
refuses_to_start 2
expect 2 "$words" sealbookd check-config --config sealbookd.textproto
cp good.textproto sealbookd.textproto
expect 0 'no problems' sealbookd check-config --config sealbookd.textproto

# Rehearsed by others: the page's words are what those tests wait for.
rehearsed_by() { # PAGE TEST
  page "$1"
  sed -n "/^## $1\$/,/^## /p" "$runbook" | grep -q "\`$2\`" ||
    die "page $1 does not name $2"
  grep -qF "$words" "$runfiles/tests/e2e/$2.sh" ||
    die "$2 does not wait for the words of page $1: $words"
  echo "ok: $1 is rehearsed by $2"
}
rehearsed_by clock-not-vouched clock_test
rehearsed_by clock-ahead clock_test
rehearsed_by clock-jumped clock_test
rehearsed_by not-ready clock_test
rehearsed_by unknown-outcome disk_test
rehearsed_by disk-full disk_test

page unfinished-restore
# Enough addresses for the restore to take a moment.
start_server
configure_client
for user in $(seq 4 9); do
  issue ca "user$user" sign 365 "user$user@example.org"
  publish "ca/user$user.pem" >/dev/null
done
sealbook lookup user9@example.org >/dev/null
stop_server
expect 0 'tree size' sealbookd backup --config sealbookd.textproto --to backup
restore_killed() {
  rm -rf new
  mkdir -p new/mark
  sealbookd init --config new.textproto --yes --keys-backed-up >/dev/null
  sealbookd restore --config new.textproto --from backup >restore.txt 2>&1 &
  local pid=$!
  while [ ! -e new/data/RESTORE ]; do
    kill -0 "$pid" 2>/dev/null || break
  done
  kill -KILL "$pid" 2>/dev/null || true
  wait "$pid" 2>/dev/null || true
  [ -e new/data/RESTORE ]
}
sed -E 's,^(data_dir|mark_file|signing_key_file|vrf_key_file): ",&new/,' \
  sealbookd.textproto >new.textproto
killed=0
until restore_killed; do
  killed=$((killed + 1))
  [ "$killed" -lt 20 ] || die "the restore is always over before it is killed"
done
mv sealbookd.textproto old.textproto
cp new.textproto sealbookd.textproto
refuses_to_start 3
expect 3 "$words" sealbookd check --config sealbookd.textproto
expect 3 "$words" sealbookd backup --config sealbookd.textproto --to half
expect 0 'restored .* versions of .* labels' \
  sealbookd restore --config new.textproto --from backup
mv new/configuration.tls configuration.new
expect 0 'the store is sound' sealbookd check --config sealbookd.textproto

# Nobody says that a key was stolen: the page has no words. The old log has
# ended; its data stand in a new one with keys of its own, and clients are told.
rehearsed+=(stolen-key)
start_server
trusting() { # CONFIGURATION
  sealbook configure --server "$public" --ca ca/tls.pem --configuration "$1" \
    >configure.txt
}
trusting configuration.tls
expect 3 'REFUSED' sealbook lookup user9@example.org
(
  # A state trusts one log; the old one keeps what it has seen.
  export XDG_STATE_HOME=$PWD/of-the-new-log
  trusting configuration.new
  expect 0 'user9@example.org' sealbook lookup user9@example.org
)
expect 0 'tree size' sealbook status --offline
stop_server
# A new log with the stolen key is none.
cp new.textproto third.textproto
sed -i 's,"new/,"third/,' third.textproto
mkdir -p third/mark
cp signing.pem vrf.pem third/
chmod 600 third/*.pem
expect 0 'Made' sealbookd init --config third.textproto --yes --keys-backed-up
expect 3 'a key of the log that the backup was made of|is the log that' \
  sealbookd restore --config third.textproto --from backup
mv old.textproto sealbookd.textproto

pages=$(sed -n 's/^## //p' "$runbook" | sort | tr '\n' ' ')
here=$(printf '%s\n' "${rehearsed[@]}" | sort | tr '\n' ' ')
[ "$pages" = "$here" ] || die "pages: $pages; rehearsed: $here"
echo "ok: ${#rehearsed[@]} pages"
