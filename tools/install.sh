#!/bin/sh
# Brings the npm dependencies that the lockfile names, once; sourced by ./writ and ./check.
# Writes to the terminal only if it has something to do.
install_dependencies() {
  stamp=node_modules/.writ-lock
  if [ -x node_modules/node/bin/node ] && cmp -s package-lock.json "$stamp"; then return 0; fi
  command -v npm >/dev/null 2>&1 || { echo "writ: npm is missing; install Node.js 20 or newer with npm" >&2; return 1; }
  echo "writ: installing dependencies from the npm registry (once)…" >&2
  npm ci --no-update-notifier --no-audit --no-fund --loglevel=error >&2 || return 1
  cp package-lock.json "$stamp"
}

# Builds the web console from its sources, unless that was done; without it all else works.
build_console() {
  node_modules/node/bin/node apps/console/build.ts ||
    echo "writ: the console was not built; everything else works" >&2
}

# The console is tested in a real browser: Debian's own.
install_browser() {
  if command -v chromium >/dev/null 2>&1 || [ "$(id -u)" != 0 ]; then return 0; fi
  command -v apt-get >/dev/null 2>&1 || return 0
  echo "check: installing chromium from Debian (once)…" >&2
  { apt-get update && apt-get install -y --no-install-recommends chromium fonts-dejavu-core; } \
    >/dev/null 2>&1 || echo "check: chromium could not be installed" >&2
}

# Parts that the probe is tested against: a registry, an SSH server, a container engine. Where they
# are not to be had, the tests that want them say so and are skipped.
install_real_parts() {
  if command -v docker-registry >/dev/null 2>&1 && command -v podman >/dev/null 2>&1 &&
    [ -x /usr/sbin/sshd ]; then return 0; fi
  command -v apt-get >/dev/null 2>&1 && [ "$(id -u)" = 0 ] || return 0
  echo "check: installing docker-registry, podman and openssh-server from Debian (once)…" >&2
  { apt-get update &&
    apt-get install -y --no-install-recommends docker-registry podman runc openssh-server; } \
    >/dev/null 2>&1 || echo "check: not all of them could be installed" >&2
  # The tests start their own.
  if [ -d /run/systemd/system ]; then systemctl disable --now docker-registry >/dev/null 2>&1 || true; fi
}
