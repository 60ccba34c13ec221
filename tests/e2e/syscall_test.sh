#!/usr/bin/env bash
# Errors and the end of the process at the system calls of a start, which writes
# the barrier entry, and of a batch: EIO, ENOSPC and SIGKILL, by strace. After
# each of them the store is sound, the server starts, and everything that was
# acknowledged is there.
#
# Every system call of a batch is hit; of a start each kind at its first and last
# occurrence and at one between, which SYSCALL_TEST_SEED chooses.
. tests/e2e/e2e.sh

CALLS=openat,write,pwrite64,fdatasync,fsync,rename,unlink,ftruncate,mkdir
FAULTS=(error=EIO error=ENOSPC signal=KILL)
seed=${SYSCALL_TEST_SEED:-$RANDOM}
RANDOM=$seed
echo "seed $seed"
strace -qq -o strace.txt true ||
  die "strace does not work here; this test needs its package and ptrace"

start_traced() { # OPTIONS...
  rm -f ready
  strace -f -qq -o strace.txt "$@" sealbookd serve \
    --config sealbookd.textproto --ready-file ready >>server.log 2>&1 &
  tracer=$!
}
# True once the server is ready, false when it has ended.
traced_is_ready() {
  until [ -s ready ]; do
    kill -0 "$tracer" 2>/dev/null || return 1
    sleep 0.02
  done
  server=$(sed -n 's/^pid=//p' ready)
  publishers=localhost:$(sed -n 's/^publisher_port=//p' ready)
}
attach() { # OPTIONS...
  strace -f -qq -o strace.txt "$@" -p "$server" 2>>server.log &
  tracer=$!
  until ! grep -q 'TracerPid:[[:space:]]0$' /proc/"$server"/task/*/status; do
    kill -0 "$tracer" 2>/dev/null || die "strace does not attach: $(tail -1 server.log)"
    sleep 0.02
  done
}
end_server() {
  [ ! -s ready ] || kill -KILL "$server" 2>/dev/null || true
  wait "$tracer" 2>/dev/null || true
  [ -z "${plain:-}" ] || wait "$plain" 2>/dev/null || true
  plain=''
}
# Whether the server said that user1 is published; it may end meanwhile.
publish_user1() {
  acknowledged=false
  publish ca/user1.pem >publish.txt 2>&1 &
  local publisher=$! status=0
  while kill -0 "$publisher" 2>/dev/null; do
    [ -e "/proc/$server" ] && ! grep -q 'State:.*[ZX]' "/proc/$server/status" 2>/dev/null || {
      # What it said before it ended is on its way.
      sleep 0.2
      kill "$publisher" 2>/dev/null || true
    }
    sleep 0.02
  done
  wait "$publisher" || status=$?
  [ "$status" != 0 ] || acknowledged=true
}
# The client's memory, too: it would rightly report a rollback.
put_back() {
  local what
  for what in data mark state; do
    rm -rf "$what"
    cp -r "$what.before" "$what"
  done
}

# "NUMBER CALL PATH" of each call on data or mark, NUMBER counting those of the
# same thread, name and path: as strace counts. strace pads short thread ids.
calls_of() { # TRACE
  sed -nE "s,^([0-9]+) +(openat|mkdir|rename|unlink)\((AT_FDCWD[^\"]*)?\"($PWD/(data|mark)[^\"]*)\".*,\1 \2 \4,p
           s,^([0-9]+) +([a-z0-9]+)\([0-9]+<($PWD/(data|mark)[^>]*)>.*,\1 \2 \3,p" "$1" |
    awk '{ n[$0]++; print n[$0], $2, $3 }'
}

# Whatever has happened: nothing acknowledged is lost, and the log goes on.
must_be_whole() { # WHAT
  sealbookd check --config sealbookd.textproto >check.txt 2>&1 ||
    die "check after $1: $(cat check.txt)"
  start_server || die "no start after $1: $(tail -1 server.log)"
  configure_client
  sealbook lookup user0@example.org >lookup.txt || die "user0 is lost after $1"
  if $acknowledged; then
    sealbook lookup user1@example.org >lookup.txt ||
      die "user1 is lost after $1: $(cat lookup.txt)"
  else
    publish ca/user1.pem >publish.txt ||
      die "user1 cannot be published after $1: $(cat publish.txt)"
  fi
  stop_server
  # Nothing of what was left half done comes up again.
  sealbookd check --config sealbookd.textproto >check.txt 2>&1 ||
    die "check after going on after $1: $(cat check.txt)"
}
must_have_hit() { # WHAT
  grep -qE 'INJECTED|killed by SIGKILL' strace.txt || die "$1 did not happen"
  hits=$((hits + 1))
}

hit_start() { # FAULT NUMBER CALL PATH
  put_back
  acknowledged=false
  start_traced -P "$4" -e "trace=$3" -e "inject=$3:$1:when=$2"
  if traced_is_ready; then publish_user1; fi
  end_server
  must_have_hit "$*"
  must_be_whole "$*"
}
hit_batch() { # FAULT NUMBER CALL PATH
  put_back
  start_server
  server=$server_pid plain=$server_pid
  server_pid=''
  attach -P "$4" -e "trace=$3" -e "inject=$3:$1:when=$2"
  publish_user1
  end_server
  must_have_hit "$*"
  must_be_whole "$*"
}

for user in 0 1; do issue ca "user$user" sign 365 "user$user@example.org"; done
make_log
start_server
configure_client
expect 0 'user0@example.org' publish ca/user0.pem
stop_server
mv data data.before
mv mark mark.before
mv state state.before

# What a start and a batch call, in this very place and state.
put_back
start_traced -y -e "trace=$CALLS"
traced_is_ready || die "no start under strace: $(tail -1 server.log)"
end_server
calls_of strace.txt >start.calls
put_back
start_server
server=$server_pid plain=$server_pid
server_pid=''
attach -y -e "trace=$CALLS"
publish_user1
$acknowledged || die "not published under strace: $(cat publish.txt)"
end_server
calls_of strace.txt >batch.calls
for call in write fdatasync pwrite64; do
  grep -q "^[0-9]* $call " batch.calls || die "a batch without $call"
done
for call in openat write fdatasync fsync rename unlink pwrite64; do
  grep -q "^[0-9]* $call " start.calls || die "a start without $call"
done

hits=0
while read -r -a at; do
  for fault in "${FAULTS[@]}"; do hit_batch "$fault" "${at[@]}"; done
done <batch.calls
echo "ok: $hits faults in a batch"
for call in $(awk '{ print $2 }' start.calls | sort -u); do
  mapfile -t places < <(grep -n "^[0-9]* $call " start.calls)
  last=$((${#places[@]} - 1))
  chosen=$(printf '%s\n' 0 "$((last > 1 ? 1 + RANDOM % (last - 1) : last))" "$last" | sort -nu)
  for place in $chosen; do
    read -r -a at <<<"${places[place]#*:}"
    for fault in "${FAULTS[@]}"; do hit_start "$fault" "${at[@]}"; done
  done
done
echo "ok: $hits faults in all lost nothing that was acknowledged (seed $seed)"
