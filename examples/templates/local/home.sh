#!/bin/sh
# Makes the directory of a workspace. In: WORKSPACE (id), DATA_DIR, RUN_AS.
set -eu
umask 077

case "$WORKSPACE" in
'' | *[!0-9a-f-]*) echo "not a workspace id: $WORKSPACE" >&2 && exit 1 ;;
esac

root=$DATA_DIR
if [ -z "$root" ]; then
	if [ "$(id -u)" = 0 ]; then root=/var/lib/warren/workspaces; else root=${XDG_DATA_HOME:-$HOME/.local/share}/warren/workspaces; fi
fi
mkdir -p "$root"
root=$(cd "$root" && pwd -P)
directory=$root/$WORKSPACE
mkdir -p "$directory/home" "$directory/run"

[ "$(id -u)" = 0 ] || exit 0

# As root: the workspace belongs to a user without rights, if there is one or one can be made.
user=${RUN_AS:-warren-workspace}
if ! id "$user" >/dev/null 2>&1; then
	shell=/bin/bash
	[ -x "$shell" ] || shell=/bin/sh
	if [ -n "$RUN_AS" ]; then
		echo "there is no user $RUN_AS" >&2
		exit 1
	fi
	if ! useradd --system --user-group --no-create-home --home-dir "$root" --shell "$shell" "$user" 2>/dev/null && ! id "$user" >/dev/null 2>&1; then
		echo "The user $user could not be made: this workspace will run as root." >&2
		exit 0
	fi
fi
chmod 711 "$root" "$directory"
# The user must be able to walk down to its home, not to look around on the way.
[ -n "$DATA_DIR" ] || chmod go+x /var/lib/warren
if ! command -v setpriv >/dev/null 2>&1; then
	echo "setpriv (util-linux) is not installed: this workspace will run as root." >&2
	exit 0
fi
chown -R "$user:" "$directory/home" "$directory/run"
# The words with which start.sh becomes the user.
become="setpriv --reuid $user --regid $(id -g "$user") --init-groups --inh-caps=-all --bounding-set=-all --no-new-privs"
if ! $become test -w "$directory/home"; then
	echo "$user cannot be used for $directory: this workspace will run as root." >&2
	chown -R 0:0 "$directory/home" "$directory/run"
	exit 0
fi
printf '%s\n' "$user" >"$directory/user"
printf '%s\n' "$become" >"$directory/become"
