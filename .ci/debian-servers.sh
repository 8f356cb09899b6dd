#!/usr/bin/env bash
# Installs the real servers that `make servers` does not build and Debian packages, so that CI judges them instead of
# leaving them out, and the container engine that runs them as images.
#
# Does nothing, and says so, where this is not Debian or we are not root: the suite then reports those
# components as absent. The packages' own services are not started: the suite starts its own processes.
set -euo pipefail

say() { printf 'debian-servers: %s\n' "$*"; }

packages=(
  prometheus-redis-exporter
  redis-server
  nginx-light
  openssh-server
  chromium
  haproxy
  busybox-static
  docker.io
  iptables
)

if [ "$(id -u)" -ne 0 ]; then
  say "not root: nothing installed"
  exit 0
fi
if ! grep -qx 'ID=debian' /etc/os-release 2>/dev/null || ! command -v apt-get >/dev/null; then
  say "this is not Debian: nothing installed"
  exit 0
fi

[ -n "$(ls /var/lib/apt/lists/*_Packages 2>/dev/null)" ] || apt-get update --quiet=2

# The engine's package has its client with it until Debian 12, and in a package of its own later.
if apt-cache show docker-cli >/dev/null 2>&1; then
  packages+=(docker-cli)
fi

missing=()
for package in "${packages[@]}"; do
  state=$(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null || true)
  if [ "$state" = installed ]; then
    say "$package is installed: $(dpkg-query --show --showformat='${Version}' "$package")"
  else
    missing+=("$package")
  fi
done
if [ "${#missing[@]}" -eq 0 ]; then
  say "nothing to do"
  exit 0
fi

# Debian asks policy-rc.d before it starts a freshly installed service; 101 means "do not".
# Without it redis-server and the exporters would take their well-known ports on this machine.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  trap 'rm -f "$policy"' EXIT
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod 755 "$policy"
fi

export DEBIAN_FRONTEND=noninteractive
say "installing: ${missing[*]}"
apt-get update --quiet=2
apt-get install --yes --quiet=2 --no-install-recommends \
  -o Dpkg::Use-Pty=0 -o Acquire::Retries=3 "${missing[@]}"
for package in "${missing[@]}"; do
  say "$package installed: $(dpkg-query --show --showformat='${Version}' "$package")"
done
