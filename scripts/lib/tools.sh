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

# cargo from PATH, or from where rustup puts it when the shell does not know it yet.
ensure_rust() {
  have cargo || export PATH="$PATH:${CARGO_HOME:-${HOME:-/root}/.cargo}/bin"
  have cargo || fail "cargo was not found" "Install Rust 1.91 or newer (rustup is the usual way), then run this again."
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

# The programs that are absent, one a line: `name<TAB>Debian packages`. Arguments: which of cc, postgresql, ssh, git, python3, fetch.
absent_programs() {
  local name
  for name in "$@"; do
    case "$name" in
      cc) have cc || printf 'a C compiler\tgcc libc6-dev\n' ;;
      postgresql) find_postgres >/dev/null || printf 'PostgreSQL (initdb and postgres)\tpostgresql\n' ;;
      ssh) have ssh && have sftp || printf 'OpenSSH (ssh and sftp)\topenssh-client\n' ;;
      git) have git || printf 'Git\tgit\n' ;;
      python3) have python3 || printf 'python3\tpython3\n' ;;
      fetch)
        have_terraform && continue
        have curl || printf 'curl\tcurl ca-certificates\n'
        have unzip || have python3 || printf 'unzip\tunzip\n' ;;
      *) fail "absent_programs: unknown program $name" ;;
    esac
  done
}

# Installs whatever of the named programs is absent, all at once, or says all that is to be installed.
ensure_programs() {
  local absent packages
  absent=$(absent_programs "$@")
  [ -n "$absent" ] || return 0
  packages=$(cut -f2 <<<"$absent" | tr '\n' ' ')
  packages=${packages% }
  # shellcheck disable=SC2086 # a list of packages
  if apt_install $packages && [ -z "$(absent_programs "$@")" ]; then
    case " $packages " in *" postgresql "*)
      say "Debian's postgresql package also starts a server of its own on port 5432; Warren does not use it." ;;
    esac
    return 0
  fi
  local lines=() name
  while IFS=$'\t' read -r name _; do lines+=("- $name"); done <<<"$(absent_programs "$@")"
  lines+=("Install them, then run this again:  sudo apt-get install $packages")
  case "$absent" in *PostgreSQL*)
    lines+=("A PostgreSQL that is elsewhere: WARREN_PG_BIN=<folder of initdb and postgres>.") ;;
  esac
  fail "programs that Warren needs were not found" "${lines[@]}"
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

have_terraform() { have terraform || have tofu || [ -x "$TOOLS_DIR/terraform-$TERRAFORM_VERSION/terraform" ]; }

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
  ensure_programs fetch
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
