# A demonstration CA by openssl: sourced, never run. Makes a root, an
# intermediate, S/MIME certificates, and the TLS certificates of the server and
# of the publisher. Everything below the folder given.
#
#   make_ca DIR                      DIR/root.pem, DIR/ca.pem
#   make_tls DIR                     DIR/tls.pem, DIR/server.pem, DIR/publisher.pem
#   issue DIR NAME KIND DAYS ADDRESS...
#                                    DIR/NAME.pem: leaf and intermediate
#     KIND: sign, encrypt or both

quietly() {
  local log
  log=$(mktemp)
  "$@" >"$log" 2>&1 || {
    cat "$log" >&2
    rm -f "$log"
    die "failed: $*"
  }
  rm -f "$log"
}

new_key() { # FILE [rsa]
  if [ "${2:-}" = rsa ]; then
    quietly openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out "$1"
  else
    quietly openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1"
  fi
  chmod 600 "$1"
}

# Signs a certificate for DIR/NAME.key below DIR/ISSUER, or itself.
sign_certificate() { # DIR NAME ISSUER DAYS SUBJECT EXTENSIONS
  local dir=$1 name=$2 issuer=$3 days=$4 subject=$5 extensions=$6
  local signer=(-CA "$dir/$issuer.crt" -CAkey "$dir/$issuer.key")
  [ "$issuer" != "$name" ] || signer=(-signkey "$dir/$name.key")
  printf '%s\n' "$extensions" >"$dir/$name.ext"
  quietly openssl req -new -key "$dir/$name.key" -subj "$subject" -out "$dir/$name.csr"
  quietly openssl x509 -req -in "$dir/$name.csr" -sha256 -days "$days" \
    -set_serial "0x$(openssl rand -hex 15)" "${signer[@]}" \
    -extfile "$dir/$name.ext" -out "$dir/$name.crt"
  rm -f "$dir/$name.ext" "$dir/$name.csr"
}

CA_EXTENSIONS='basicConstraints=critical,CA:true
keyUsage=critical,keyCertSign,cRLSign
subjectKeyIdentifier=hash'

make_ca() { # DIR
  local dir=$1
  new_key "$dir/root.key"
  sign_certificate "$dir" root root 3650 "/O=Demo/CN=Demo Root" "$CA_EXTENSIONS"
  new_key "$dir/ca.key"
  sign_certificate "$dir" ca root 1825 "/O=Demo/CN=Demo S-MIME CA" "$CA_EXTENSIONS
authorityKeyIdentifier=keyid
extendedKeyUsage=emailProtection"
  cp "$dir/root.crt" "$dir/root.pem"
  cp "$dir/ca.crt" "$dir/ca.pem"
}

make_tls() { # DIR
  local dir=$1
  new_key "$dir/tls.key"
  sign_certificate "$dir" tls tls 3650 "/O=Demo/CN=Demo TLS Root" "$CA_EXTENSIONS"
  new_key "$dir/server.key"
  sign_certificate "$dir" server tls 365 "/CN=localhost" \
    "subjectAltName=DNS:localhost,IP:127.0.0.1
extendedKeyUsage=serverAuth
authorityKeyIdentifier=keyid"
  new_key "$dir/publisher.key"
  sign_certificate "$dir" publisher tls 365 "/O=Demo/CN=Demo CA, publishing" \
    "extendedKeyUsage=clientAuth
authorityKeyIdentifier=keyid"
  local name
  for name in tls server publisher; do cp "$dir/$name.crt" "$dir/$name.pem"; done
}

issue() { # DIR NAME KIND DAYS ADDRESS...
  local dir=$1 name=$2 kind=$3 days=$4
  shift 4
  local usage algorithm='' names='' address
  case "$kind" in
    sign) usage=digitalSignature ;;
    encrypt) usage=keyEncipherment algorithm=rsa ;;
    both) usage=digitalSignature,keyEncipherment algorithm=rsa ;;
    *) die "unknown kind of certificate: $kind" ;;
  esac
  for address in "$@"; do names="$names${names:+,}email:$address"; done
  new_key "$dir/$name.key" "$algorithm"
  sign_certificate "$dir" "$name" ca "$days" "/CN=${1%@*}" \
    "basicConstraints=critical,CA:false
keyUsage=critical,$usage
extendedKeyUsage=emailProtection
subjectAltName=$names
authorityKeyIdentifier=keyid"
  cat "$dir/$name.crt" "$dir/ca.crt" >"$dir/$name.pem"
}

# SHA-256 of a certificate's SubjectPublicKeyInfo, hexadecimal.
key_sha256() { # CERTIFICATE
  openssl x509 -in "$1" -noout -pubkey |
    openssl pkey -pubin -outform DER | sha256sum | cut -d' ' -f1
}
