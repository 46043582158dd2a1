#!/usr/bin/env bash
# Installs what is missing of the three system libraries, after saying what and why.
set -euo pipefail

declare -A why=(
  [libncursesw5-dev]="the terminal screens"
  [libopenblas-dev]="matrix products"
  [libsqlite3-dev]="the workspace database"
)
missing=()
for package in libncursesw5-dev libopenblas-dev libsqlite3-dev; do
  if ! dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed'; then
    missing+=("$package")
  fi
done

if ! command -v swift >/dev/null 2>&1; then
  echo "ftbench needs a Swift 6.2 toolchain or newer on the PATH (swift.org/install)." >&2
  exit 1
fi
[ ${#missing[@]} -eq 0 ] && exit 0

if ! command -v apt-get >/dev/null 2>&1; then
  echo "Missing: ${missing[*]}. This machine has no apt-get; install their equivalents and run make again." >&2
  exit 1
fi
for package in "${missing[@]}"; do echo "Installing $package: ${why[$package]}."; done
sudo=()
if [ "$(id -u)" -ne 0 ]; then
  if ! command -v sudo >/dev/null 2>&1; then
    echo "Not root, and no sudo here. As root: apt-get install ${missing[*]}" >&2
    exit 1
  fi
  sudo=(sudo)
fi
export DEBIAN_FRONTEND=noninteractive
"${sudo[@]}" apt-get update -qq
"${sudo[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
