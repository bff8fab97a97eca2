#!/bin/sh
# Starts the agent in a session of its own. In: WORKSPACE, DATA_DIR, NICENESS, STOP, STOP_TIMEOUT, INIT_SCRIPT, AGENT_TOKEN.
set -eu
umask 077

root=$DATA_DIR
if [ -z "$root" ]; then
	if [ "$(id -u)" = 0 ]; then root=/var/lib/warren/workspaces; else root=${XDG_DATA_HOME:-$HOME/.local/share}/warren/workspaces; fi
fi
directory=$(cd "$root" && pwd -P)/$WORKSPACE
cd "$directory"

# What an interrupted start may have left behind.
/bin/sh -c "$STOP"

for tool in setsid nice env; do
	command -v "$tool" >/dev/null 2>&1 || { echo "$tool is not installed on this machine" >&2 && exit 1; }
done

user=$(id -un)
become=
if [ "$(id -u)" = 0 ] && [ -s user ]; then
	user=$(cat user)
	become=$(cat become)
fi
shell=$(getent passwd "$user" 2>/dev/null | cut -d : -f 7 || true)
[ -n "$shell" ] && [ -x "$shell" ] || shell=/bin/sh

# Here and not below home or run, which are the workspace's own: root must not write where somebody else can put links.
printf '%s' "$INIT_SCRIPT" >init.sh
chmod 644 init.sh

# Nothing of the provisioner's environment but what a network needs; the marker finds what leaves the process group.
set -- \
	HOME="$directory/home" USER="$user" LOGNAME="$user" SHELL="$shell" \
	PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
	LANG="${LANG:-C.UTF-8}" BINARY_DIR="$directory/run" CODER_AGENT_LOG_DIR="$directory/run" CODER_AGENT_SCRIPT_DATA_DIR="$directory/run" \
	CODER_AGENT_TOKEN="$AGENT_TOKEN" WARREN_LOCAL_WORKSPACE="$WORKSPACE"
for name in http_proxy https_proxy no_proxy HTTP_PROXY HTTPS_PROXY NO_PROXY SSL_CERT_FILE SSL_CERT_DIR TZ; do
	eval "value=\${$name-}"
	[ -z "$value" ] || set -- "$@" "$name=$value"
done

cd home
# shellcheck disable=SC2086
env -i "$@" setsid $become nice -n "${NICENESS:-0}" /bin/sh "$directory/init.sh" </dev/null >>"$directory/agent.log" 2>&1 &
pid=$!

# setsid forks only when it leads a group already, which a background process of this script never does.
start=$(sed 's/.*) //' "/proc/$pid/stat" 2>/dev/null | cut -d ' ' -f 20 || true)
printf '%s %s\n' "$pid" "$start" >"$directory/pid"
echo "agent started as $user, process $pid, home $directory/home"
