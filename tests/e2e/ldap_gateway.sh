# A gateway for the LDAP tests: sourced after e2e.sh.
#
#   start_gateway NAME OPTION...   sets gateway (ldap://...), port and gateway_pid;
#                                  its output is in NAME.out and NAME.err
#   stop_gateway                   by SIGTERM; it must end with 0

gateway_pid=''

start_gateway() { # NAME OPTION...
  local name=$1 waited=0
  shift
  sealbook ldap --port 0 "$@" >"$name.out" 2>"$name.err" &
  gateway_pid=$!
  until [ -s "$name.out" ]; do
    kill -0 "$gateway_pid" 2>/dev/null || die "no gateway: $(cat "$name.err")"
    waited=$((waited + 1))
    [ "$waited" -le 300 ] || die "the gateway did not start within 30 s"
    sleep 0.1
  done
  gateway=$(head -1 "$name.out")
  gateway=${gateway%/}
  port=${gateway##*:}
}

stop_gateway() {
  local status=0
  kill "$gateway_pid"
  wait "$gateway_pid" || status=$?
  gateway_pid=''
  [ "$status" = 0 ] || die "the gateway ended with $status"
}

# On the way out, whatever happened.
stop_all() {
  [ -z "$gateway_pid" ] || kill "$gateway_pid" 2>/dev/null || true
  if [ -n "${GNUPGHOME:-}" ]; then
    gpgconf --kill all 2>/dev/null || true
    rm -rf "$GNUPGHOME"
  fi
  stop_server
}
trap stop_all EXIT
