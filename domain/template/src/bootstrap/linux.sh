#!/usr/bin/env sh
set -eu

# A machine whose agent never came up is easier to look at while it still runs.
on_exit() {
	status=$?
	if [ "$status" -ne 0 ]; then
		echo "The workspace agent could not be started (status $status). Waiting 24 hours, so that the machine can be inspected." >&2
		sleep 86400
	fi
	exit "$status"
}
trap on_exit EXIT

directory="${BINARY_DIR:-}"
[ -n "$directory" ] || directory=$(mktemp -d -t coder.XXXXXX)
mkdir -p "$directory"
cd "$directory"

name=coder
source="${ACCESS_URL}bin/coder-linux-${ARCH}"

if command -v curl >/dev/null 2>&1; then
	fetch() { curl -fsSL --compressed "$source" -o "$name.part"; }
elif command -v wget >/dev/null 2>&1; then
	fetch() { wget -q "$source" -O "$name.part"; }
elif command -v busybox >/dev/null 2>&1; then
	fetch() { busybox wget -q "$source" -O "$name.part"; }
else
	echo "Neither curl, wget nor busybox is installed: the agent cannot be downloaded." >&2
	exit 127
fi

until fetch; do
	echo "Downloading $source failed, next try in 30 seconds." >&2
	sleep 30
done
chmod +x "$name.part"
mv -f "$name.part" "$name"

if [ -n "${USE_CAP_NET_ADMIN:-}" ]; then
	# Better network throughput; the agent works without it.
	sudo -n setcap CAP_NET_ADMIN=+ep "./$name" || echo "CAP_NET_ADMIN could not be granted to the agent, going on without it." >&2
fi

export CODER_AGENT_AUTH="${AUTH_TYPE}"
export CODER_AGENT_URL="${ACCESS_URL}"

case "$("./$name" --version 2>&1 | head -n 1 || true)" in
*Coder*) ;;
*)
	echo "What was downloaded from $source is not an agent for this machine." >&2
	exit 2
	;;
esac

exec "./$name" agent
