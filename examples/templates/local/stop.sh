# Ends all processes of a workspace: TERM to the group, time for the shutdown script, then KILL.
# In: WORKSPACE, DATA_DIR, STOP_TIMEOUT. Run with "sh -c", also by start.sh.
set -eu

root=$DATA_DIR
if [ -z "$root" ]; then
	if [ "$(id -u)" = 0 ]; then root=/var/lib/warren/workspaces; else root=${XDG_DATA_HOME:-$HOME/.local/share}/warren/workspaces; fi
fi
file=$root/$WORKSPACE/pid
timeout=${STOP_TIMEOUT:-60}

# Whether the recorded process still is what was started: numbers are used again.
leader() {
	[ -s "$file" ] || return 1
	read -r pid start <"$file" || return 1
	[ -n "$pid" ] && [ -n "$start" ] && [ "$(sed 's/.*) //' "/proc/$pid/stat" 2>/dev/null | cut -d ' ' -f 20)" = "$start" ]
}
group_lives() { kill -0 "-$pid" 2>/dev/null; }
# Processes that left the group (terminals, services started by scripts) carry the marker in their environment.
marked() {
	grep -lzxsF "WARREN_LOCAL_WORKSPACE=$WORKSPACE" /proc/[0-9]*/environ 2>/dev/null | cut -d / -f 3 | grep -vx "$$" || true
}

if leader; then
	kill -TERM "-$pid" 2>/dev/null || true
	waited=0
	while group_lives && [ "$waited" -lt "$((timeout * 10))" ]; do
		sleep 0.1
		waited=$((waited + 1))
	done
	if group_lives; then
		echo "the agent did not end within $timeout seconds and is killed" >&2
		kill -KILL "-$pid" 2>/dev/null || true
	fi
fi
for signal in TERM KILL; do
	waited=0
	while left=$(marked) && [ -n "$left" ] && [ "$waited" -lt 30 ]; do
		# shellcheck disable=SC2086
		[ "$((waited % 10))" -ne 0 ] || kill "-$signal" $left 2>/dev/null || true
		sleep 0.1
		waited=$((waited + 1))
	done
done
rm -f "$file"
