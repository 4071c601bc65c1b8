#!/usr/bin/env bash
# Installs what Tenjo needs on Debian 12: packages by apt, and a Python environment in build/venv.
# Does nothing, quickly, when all is there.
#   tools/setup.sh build|test|bench
set -euo pipefail
cd "$(dirname "$0")/.."
what=${1:-build}

lists=(requirements/debian.txt)
[ "$what" = build ] || lists+=(requirements/debian-test.txt)
missing=()
for package in $(grep -hv '^#' "${lists[@]}"); do
  state=$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null || true)
  [ "$state" = installed ] || missing+=("$package")
done
# For the page of tenjo serve. Another Node than Debian's may be there, and does as well.
command -v npm >/dev/null || missing+=(nodejs npm)
if [ ${#missing[@]} -gt 0 ]; then
  echo "Installing Debian packages: ${missing[*]}"
  sudo=()
  if [ "$(id -u)" != 0 ]; then
    if ! command -v sudo >/dev/null; then
      echo "error: these packages are missing, and neither root nor sudo is there to install them" >&2
      exit 1
    fi
    sudo=(sudo)
  fi
  "${sudo[@]}" apt-get update -q
  "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -q --no-install-recommends "${missing[@]}"
fi

venv=build/venv
[ -x "$venv/bin/pip" ] || { rm -rf "$venv"; python3 -m venv "$venv"; }
wanted=$(cat requirements/*.txt | sha256sum | cut -d' ' -f1)
stamp="$venv/.$what-$wanted"
if [ ! -e "$stamp" ]; then
  "$venv/bin/pip" install -q --disable-pip-version-check -r "requirements/$what.txt"
  # Whose lists of dependencies name a second OpenCV, which must not lie over the first.
  [ "$what" = build ] ||
    "$venv/bin/pip" install -q --disable-pip-version-check --no-deps -r requirements/test-alone.txt
  touch "$stamp"
fi
