#!/usr/bin/env bash
# Installs the Debian packages of the lists named (apt-packages.txt by default) that are missing.
. "$(dirname "${BASH_SOURCE[0]}")/pinned.sh"

if [ $# -eq 0 ]; then set -- "$setup_dir/apt-packages.txt"; fi
mapfile -t wanted < <(sed -E 's/#.*//; s/[[:space:]]//g; /^$/d' "$@")
mapfile -t missing < <(comm -23 <(printf '%s\n' "${wanted[@]}" | sort -u) \
  <(dpkg-query -W -f '${db:Status-Status} ${Package}\n' 2>/dev/null | sed -n 's/^installed //p' | sort -u))
[ "${#missing[@]}" -gt 0 ] || exit 0

say "installing ${#missing[@]} packages: ${missing[*]}"
if ! apt-cache show "${missing[@]}" >/dev/null 2>&1; then
  say 'reading the package lists'
  as_root apt-get -qq update || die 'apt-get update failed'
fi
log=$(mktemp)
trap 'rm -f "$log"' EXIT
as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends -o DPkg::Lock::Timeout=300 "${missing[@]}" >"$log" 2>&1 \
  || { tail -n 20 "$log" >&2; die "apt-get could not install ${missing[*]}"; }
say 'ready'
