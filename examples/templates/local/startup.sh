#!/bin/sh
# Runs inside the workspace each time it starts.
set -eu
mkdir -p "$HOME/.local-workspace"

if [ ! -e "$HOME/.local-workspace/welcome" ]; then
	touch "$HOME/.local-workspace/welcome"
	for file in .profile .bashrc; do
		[ -e "$HOME/$file" ] || cp "/etc/skel/$file" "$HOME/$file" 2>/dev/null || touch "$HOME/$file"
	done
	echo '[ -z "$WORKSPACE_GREETING" ] || [ ! -t 1 ] || echo "$WORKSPACE_GREETING"' >>"$HOME/.profile"
	echo "This directory is yours: it stays when the workspace stops and goes when it is deleted." >"$HOME/README.txt"
fi

cat >"$HOME/.local-workspace/files.pl" <<'FILES'
${files_server}
FILES

# The app "Files". It ends with the workspace.
nohup setsid perl "$HOME/.local-workspace/files.pl" "$HOME" ${files_port} </dev/null >"$HOME/.local-workspace/files.log" 2>&1 &
echo "ready"
