#!/bin/sh
# Runs inside the workspace each time it stops.
set -eu
mkdir -p "$HOME/.local-workspace"
date -u +%Y-%m-%dT%H:%M:%SZ >"$HOME/.local-workspace/stopped_at"
