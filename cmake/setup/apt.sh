#!/usr/bin/env bash
# Installs the Debian packages of the lists named (apt-packages.txt by default) that are missing.
. "$(dirname "${BASH_SOURCE[0]}")/pinned.sh"

if [ $# -eq 0 ]; then set -- "$setup_dir/apt-packages.txt"; fi
mapfile -t wanted < <(sed -E 's/#.*//; s/[[:space:]]//g; /^$/d' "$@")
mapfile -t missing < <(comm -23 <(printf '%s\n' "${wanted[@]}" | sort -u) \
  <(dpkg-query -W -f '${db:Status-Status} ${Package}\n' 2>/dev/null | sed -n 's/^installed //p' | sort -u))
[ "${#missing[@]}" -gt 0 ] || exit 0

log=$(mktemp)
trap 'rm -f "$log"' EXIT

# Slim images tell dpkg to leave documentation out; opencv-doc's is the footage.
install_missing() {
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends -o DPkg::Lock::Timeout=300 \
    -o 'DPkg::Options::=--path-include=/usr/share/doc/opencv-doc/*' "${missing[@]}" >"$log" 2>&1
}

say "installing ${#missing[@]} packages: ${missing[*]}"
if ! install_missing; then
  say 'not with the package lists at hand; reading them anew'
  as_root apt-get -qq update || die 'apt-get update failed'
  install_missing || { tail -n 20 "$log" >&2; die "apt-get could not install ${missing[*]}"; }
fi
say 'ready'
