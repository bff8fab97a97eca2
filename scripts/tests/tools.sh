#!/usr/bin/env bash
# Tests of lib/tools.sh: Terraform from a loopback mirror with a good and a bad checksum; programs that are absent.
set -uo pipefail
. "$(dirname "$0")/../lib/tools.sh"

dir=$(mktemp -d); trap 'kill "$server" 2>/dev/null; rm -rf "$dir"' EXIT
version=$TERRAFORM_VERSION
case "$(uname -m)" in x86_64) platform=linux_amd64 ;; aarch64) platform=linux_arm64 ;; *) echo "SKIPPED: no pinned Terraform for $(uname -m)"; exit 0 ;; esac
have python3 || { echo "SKIPPED: the loopback mirror needs python3"; exit 0; }

mkdir -p "$dir/www/$version" "$dir/in"
printf '#!/bin/sh\necho "Terraform v%s"\n' "$version" > "$dir/in/terraform"; chmod +x "$dir/in/terraform"
python3 - "$dir/www/$version/terraform_${version}_$platform.zip" "$dir/in/terraform" <<'P'
import sys, zipfile
with zipfile.ZipFile(sys.argv[1], "w") as z: z.write(sys.argv[2], "terraform")
P
good=$(sha256sum "$dir/www/$version/terraform_${version}_$platform.zip" | cut -d' ' -f1)
python3 -u -m http.server --bind 127.0.0.1 --directory "$dir/www" 0 > "$dir/log" 2>&1 & server=$!
port=; while [ -z "$port" ]; do port=$(sed -n 's/.*port \([0-9]*\).*/\1/p' "$dir/log"); kill -0 "$server" || exit 1; done

# A PATH with the tools of the script but neither terraform nor tofu.
mkdir "$dir/bin"
for tool in uname id mktemp mkdir rm mv curl unzip python3 sha256sum cut chmod env dirname cat sed; do
  have "$tool" && ln -s "$(command -v "$tool")" "$dir/bin/$tool"
done
fetch() { # name, mirror, checksum
  ( PATH="$dir/bin" TOOLS_DIR="$dir/$1" WARREN_TERRAFORM_MIRROR=$2 WARREN_TERRAFORM_SHA256=$3
    ensure_terraform && terraform version ) > "$dir/$1.out" 2>&1
}
failed=0
check() { if eval "$2"; then echo "ok: $1"; else echo "FAILED: $1"; cat "$dir"/*.out; failed=1; fi; }

fetch good "http://127.0.0.1:$port" "$good"
check "a download with the right checksum is installed" 'grep -q "Terraform v$version" "$dir/good.out"'
fetch bad "http://127.0.0.1:$port" "$(printf '0%.0s' {1..64})"
check "a download with a wrong checksum is refused, and both checksums are shown" \
  'grep -q "checksum.*is wrong" "$dir/bad.out" && grep -q "received $good" "$dir/bad.out"'
check "nothing of it is left" '[ -z "$(ls -A "$dir/bad")" ]'
fetch gone "http://127.0.0.1:$port/nowhere" "$good"
check "a mirror without the file is named, with what to do" 'grep -q "WARREN_TERRAFORM_MIRROR" "$dir/gone.out"'

# Nothing but the shell's own commands, and no apt-get: everything that is absent is said at once.
mkdir "$dir/bare"
for tool in uname id cut tr ls sort dirname; do ln -s "$(command -v "$tool")" "$dir/bare/$tool"; done
( PATH="$dir/bare" TOOLS_DIR="$dir/none" WARREN_PG_BIN=; find_postgres() { return 1; }
  ensure_programs cc postgresql ssh fetch ) > "$dir/bare.out" 2>&1
check "absent programs end the run with an error" 'grep -q "^error: programs that Warren needs were not found" "$dir/bare.out"'
check "all of them are named, with one command that installs them" \
  'grep -q "apt-get install gcc libc6-dev postgresql openssh-client curl ca-certificates unzip" "$dir/bare.out"'
( ensure_programs ) > "$dir/none.out" 2>&1
check "nothing is said when nothing is absent" '[ ! -s "$dir/none.out" ]'
exit $failed
