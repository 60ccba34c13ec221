# A log for trying out and for tests, on this machine's loopback: sourced, never
# run. Needs tools/demo_ca.sh, `sealbookd` and `sealbook` on the PATH, and a CA
# made by it in ca/. Everything is in the current folder.
#
#   write_config            sealbookd.textproto
#   start_server            sets server_pid, public and publishers (HOST:PORT);
#                           otherwise returns the server's exit code
#   stop_server
#   configure_client        trusts the log in data/
#   publish FILE...         as the publisher of the configuration

server_pid=''

write_config() {
  cat >sealbookd.textproto <<CONFIG
data_dir: "data"
mark_file: "mark/mark"
mark_on_same_file_system: true  # A demonstration only.
signing_key_file: "signing.pem"
vrf_key_file: "vrf.pem"
public_listener {
  address: "127.0.0.1:0"
  certificate_file: "ca/server.pem"
  private_key_file: "ca/server.key"
}
publisher_listener {
  address: "127.0.0.1:0"
  certificate_file: "ca/server.pem"
  private_key_file: "ca/server.key"
  client_ca_file: "ca/tls.pem"
}
trust_anchors_file: "ca/root.pem"
publishers {
  id: "demo-ca"
  client_key_sha256: "$(key_sha256 ca/publisher.pem)"
  issuer_key_sha256: "$(key_sha256 ca/ca.pem)"
}
log_level: "warn"
CONFIG
}

start_server() {
  rm -f ready
  sealbookd serve --config sealbookd.textproto --ready-file ready \
    >>server.log 2>&1 &
  server_pid=$!
  local waited=0
  until [ -s ready ]; do
    kill -0 "$server_pid" 2>/dev/null || {
      local status=0
      wait "$server_pid" || status=$?
      server_pid=''
      return "$status"
    }
    waited=$((waited + 1))
    [ "$waited" -le 300 ] || die "the server did not start within 30 s"
    sleep 0.1
  done
  public=localhost:$(sed -n 's/^public_port=//p' ready)
  publishers=localhost:$(sed -n 's/^publisher_port=//p' ready)
}

stop_server() {
  [ -n "$server_pid" ] || return 0
  kill "$server_pid" 2>/dev/null || true
  wait "$server_pid" 2>/dev/null || true
  server_pid=''
}

configure_client() {
  sealbook configure --server "$public" --ca ca/tls.pem \
    --configuration configuration.tls >configure.txt
}

publish() { # FILE...
  sealbook publish --server "$publishers" --ca ca/tls.pem \
    --cert ca/publisher.pem --key ca/publisher.key "$@"
}
