# What the other scripts share: messages, and finding or installing the programs that Warren needs.
# Sourced, never run. Functions print progress on stderr and answers on stdout.

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
TOOLS_DIR=${WARREN_TOOLS_DIR:-${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/warren/tools}

say()  { printf '\033[1m==>\033[0m %s\n' "$*" >&2; }
fail() { printf 'error: %s\n' "$1" >&2; shift; for line in "$@"; do printf '       %s\n' "$line" >&2; done; exit 1; }
have() { command -v "$1" >/dev/null 2>&1; }

# Runs apt-get when this user may; fails otherwise.
apt_install() {
  have apt-get || return 1
  local sudo=
  if [ "$(id -u)" != 0 ]; then
    have sudo && sudo -n true 2>/dev/null || return 1
    sudo=sudo
  fi
  say "installing $* (apt-get)"
  $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null 2>&1 && return 0
  $sudo apt-get update -qq >&2 && $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >&2
}

ensure_rust() {
  have cargo || fail "cargo was not found" "Install Rust 1.91 or newer (rustup is the usual way), then run this again."
  have cc || apt_install gcc libc6-dev || fail "no C compiler was found" "Install one: apt-get install gcc libc6-dev"
}

# The folder with initdb and postgres: WARREN_PG_BIN, PATH, or the distribution's usual places.
find_postgres() {
  local dir
  for dir in "${WARREN_PG_BIN:-}" "$(dirname "$(command -v initdb 2>/dev/null || echo /)")" \
      $(ls -d /usr/lib/postgresql/*/bin /usr/pgsql-*/bin 2>/dev/null | sort -t/ -k5 -Vr); do
    [ -n "$dir" ] && [ -x "$dir/initdb" ] && [ -x "$dir/postgres" ] && { echo "$dir"; return 0; }
  done
  return 1
}

ensure_postgres() {
  find_postgres >/dev/null && return 0
  apt_install postgresql && find_postgres >/dev/null && return 0
  fail "PostgreSQL was not found" \
    "Install it (apt-get install postgresql), or set WARREN_PG_BIN to the folder of initdb and postgres," \
    "or set CODER_PG_CONNECTION_URL to a server that you run."
}

# The pinned Terraform: used when neither terraform nor tofu is on PATH.
TERRAFORM_VERSION=1.11.4
terraform_sha256() {
  case "$1" in
    linux_amd64) echo 1ce994251c00281d6845f0f268637ba50c0005657eb3cf096b92f753b42ef4dc ;;
    linux_arm64) echo a43d1d0da9b9bab214a8305a39db0e40869572594ccf50c416a7756499143633 ;;
    *) return 1 ;;
  esac
}

# Makes `terraform` or `tofu` available; a download is only kept when its checksum is the pinned one.
# WARREN_TERRAFORM_MIRROR: another base address with the same layout (`VERSION/terraform_VERSION_OS_ARCH.zip`).
ensure_terraform() {
  PATH="$TOOLS_DIR/terraform-$TERRAFORM_VERSION:$PATH"; export PATH
  have terraform && return 0
  have tofu && return 0
  local platform mirror file url tmp want got
  case "$(uname -s)-$(uname -m)" in
    Linux-x86_64) platform=linux_amd64 ;; Linux-aarch64) platform=linux_arm64 ;;
    *) fail "neither terraform nor tofu is on PATH" "Install Terraform $TERRAFORM_VERSION or OpenTofu for $(uname -sm)." ;;
  esac
  want=${WARREN_TERRAFORM_SHA256:-$(terraform_sha256 "$platform")}
  mirror=${WARREN_TERRAFORM_MIRROR:-https://releases.hashicorp.com/terraform}
  file=terraform_${TERRAFORM_VERSION}_$platform.zip
  url=$mirror/$TERRAFORM_VERSION/$file
  have curl || apt_install curl ca-certificates || fail "curl was not found" "Install it: apt-get install curl"
  have unzip || have python3 || apt_install unzip || fail "unzip was not found" "Install it: apt-get install unzip"
  say "fetching Terraform $TERRAFORM_VERSION ($platform)"
  mkdir -p "$TOOLS_DIR"; tmp=$(mktemp -d "$TOOLS_DIR/fetch.XXXXXX")
  if ! curl -fsSL --retry 2 --connect-timeout 10 --max-time 300 -o "$tmp/$file" "$url"; then
    rm -rf "$tmp"
    fail "Terraform could not be fetched from $mirror" \
      "Put terraform or tofu on PATH, or set WARREN_TERRAFORM_MIRROR to a reachable copy, then run this again."
  fi
  got=$(sha256sum "$tmp/$file" | cut -d' ' -f1)
  if [ "$got" != "$want" ]; then
    rm -rf "$tmp"
    fail "the checksum of $file is wrong; nothing was installed" "expected $want" "received $got" "from     $url"
  fi
  if have unzip; then unzip -q "$tmp/$file" -d "$tmp/out"; else python3 -m zipfile -e "$tmp/$file" "$tmp/out"; chmod +x "$tmp/out/terraform"; fi
  mkdir -p "$TOOLS_DIR/terraform-$TERRAFORM_VERSION"
  mv "$tmp/out/terraform" "$TOOLS_DIR/terraform-$TERRAFORM_VERSION/terraform"
  rm -rf "$tmp"
}

ensure_ssh() {
  have ssh && have sftp && return 0
  apt_install openssh-client || fail "OpenSSH was not found" "Install it: apt-get install openssh-client"
}
