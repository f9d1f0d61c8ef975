#!/bin/sh
# Brings the npm dependencies that the lockfile names, once; sourced by ./writ and ./check.
# Writes to the terminal only if it has something to do.
install_dependencies() {
  stamp=node_modules/.writ-lock
  if [ -x node_modules/node/bin/node ] && cmp -s package-lock.json "$stamp"; then return 0; fi
  command -v npm >/dev/null 2>&1 || { echo "writ: npm is missing; install Node.js 20 or newer with npm" >&2; return 1; }
  echo "writ: installing dependencies from the npm registry (once)…" >&2
  npm ci --no-audit --no-fund --loglevel=error >&2 || return 1
  cp package-lock.json "$stamp"
}
