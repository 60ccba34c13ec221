# Shared by the commands in tools/: sourced, never run. Says each step in one
# line, and installs what is missing from Debian's packages.

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export LC_ALL=C.UTF-8

say() { printf '\033[1m==>\033[0m %s\n' "$*" >&2; }
die() {
  printf 'error: %s\n' "$*" >&2
  exit 1
}

install_packages() {
  local missing=()
  local package
  while read -r package; do
    case "$package" in '' | '#'*) continue ;; esac
    dpkg-query -W -f '${db:Status-Status}\n' "$package" 2>/dev/null |
      grep -qx installed || missing+=("$package")
  done <tools/packages
  [ ${#missing[@]} -gt 0 ] || return 0

  local as_root=()
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null ||
      die "these packages are missing, and there is no sudo: ${missing[*]}"
    as_root=(sudo)
  fi
  say "Installing ${#missing[@]} Debian packages (once): ${missing[*]}"
  local log
  log=$(mktemp)
  if ! { "${as_root[@]}" apt-get update &&
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
      apt-get install -y --no-install-recommends "${missing[@]}"; } \
    >"$log" 2>&1; then
    tail -20 "$log" >&2
    die "installing packages failed (whole output: $log)"
  fi
  rm -f "$log"
}

# SEALBOOK_BAZEL_ROOT: where Bazel keeps its output (CI gives a temporary one).
run_bazel() {
  local startup=()
  [ -z "${SEALBOOK_BAZEL_ROOT:-}" ] ||
    startup=(--output_user_root="$SEALBOOK_BAZEL_ROOT")
  bazel "${startup[@]}" "$@"
}

build() {
  say "Building $* (several minutes the first time)"
  run_bazel build "$@"
}
