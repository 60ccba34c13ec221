# What the end-to-end tests share: sourced with their arguments. Each test gets a
# folder of its own, a CA in ca/, and a log that is made but not started.

set -euo pipefail
export LC_ALL=C.UTF-8

runfiles=$PWD
mkdir -p "$TEST_TMPDIR/bin"
ln -sf "$runfiles/$1" "$TEST_TMPDIR/bin/sealbookd"
ln -sf "$runfiles/$2" "$TEST_TMPDIR/bin/sealbook"
PATH=$TEST_TMPDIR/bin:$PATH
export XDG_STATE_HOME=$TEST_TMPDIR/state

die() {
  printf 'FAILED: %s\n' "$*" >&2
  tail -20 server.log 2>/dev/null >&2 || true
  exit 1
}
. tools/demo_ca.sh
. tools/demo_log.sh

cd "$TEST_TMPDIR"
trap stop_server EXIT
mkdir -p ca mark
make_ca ca
make_tls ca
write_config

make_log() { sealbookd init --config sealbookd.textproto --yes --keys-backed-up >init.txt; }

# Runs a command that must end with this exit code and print these words.
expect() { # CODE WORDS COMMAND...
  local code=$1 words=$2 status=0
  shift 2
  "$@" >expect.txt 2>&1 || status=$?
  [ "$status" = "$code" ] ||
    die "exit code $status, expected $code: $*: $(cat expect.txt)"
  grep -qiE -- "$words" expect.txt ||
    die "no \"$words\" from: $*: $(cat expect.txt)"
  printf 'ok: %s (exit %s): %s\n' "$words" "$status" "$*"
}

expect_no_start() { # CODE WORDS
  local status=0
  : >server.log
  start_server || status=$?
  [ "$status" = "$1" ] || die "the server ended with $status, expected $1"
  grep -qiE -- "$2" server.log || die "no \"$2\" from the server"
  printf 'ok: no start (exit %s): %s\n' "$1" "$2"
}
