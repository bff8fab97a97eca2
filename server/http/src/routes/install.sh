#!/bin/sh
# Installs the command-line program of this deployment: @ACCESS_URL@
# Usage: curl -fsSL @ACCESS_URL@/install.sh | sh [-s -- --prefix DIR]
set -eu

url='@ACCESS_URL@'
prefix=/usr/local
while [ $# -gt 0 ]; do
	case "$1" in
	--prefix) prefix=${2:?--prefix needs a directory}; shift 2 ;;
	--prefix=*) prefix=${1#*=}; shift ;;
	-h | --help) echo "usage: install.sh [--prefix DIR]"; exit 0 ;;
	*) echo "unknown option: $1" >&2; exit 2 ;;
	esac
done

case "$(uname -s)" in
Linux) os=linux ;;
Darwin) os=darwin ;;
*) echo "no program for $(uname -s)" >&2; exit 1 ;;
esac
case "$(uname -m)" in
x86_64 | amd64) arch=amd64 ;;
aarch64 | arm64) arch=arm64 ;;
armv7l) arch=armv7 ;;
*) echo "no program for $(uname -m)" >&2; exit 1 ;;
esac

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
if command -v curl >/dev/null 2>&1; then
	curl -fsSL --compressed -o "$work/coder" "$url/bin/coder-$os-$arch"
else
	wget -q -O "$work/coder" "$url/bin/coder-$os-$arch"
fi
chmod 755 "$work/coder"

as=''
if ! mkdir -p "$prefix/bin" 2>/dev/null || [ ! -w "$prefix/bin" ]; then
	as=sudo
fi
$as mkdir -p "$prefix/bin"
$as mv "$work/coder" "$prefix/bin/coder"
echo "Installed $prefix/bin/coder. Sign in with: coder login $url"
