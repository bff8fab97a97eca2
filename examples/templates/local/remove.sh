# Removes the directory of a workspace. In: WORKSPACE, DATA_DIR. Run with "sh -c".
set -eu
case "$WORKSPACE" in
'' | *[!0-9a-f-]*) echo "not a workspace id: $WORKSPACE" >&2 && exit 1 ;;
esac
root=$DATA_DIR
if [ -z "$root" ]; then
	if [ "$(id -u)" = 0 ]; then root=/var/lib/warren/workspaces; else root=${XDG_DATA_HOME:-$HOME/.local/share}/warren/workspaces; fi
fi
rm -rf -- "${root:?}/$WORKSPACE"
