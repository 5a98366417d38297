#!/usr/bin/env bash
# The set-up refuses a machine of another architecture in one line, before it installs or downloads anything.
set -euo pipefail
source_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# A machine whose dpkg says arm64. Whatever else of apt the set-up asked for first would be noticed.
mkdir "$folder/bin"
# shellcheck disable=SC2016 # for the stand-in to expand
printf '#!/bin/sh\n[ "$1" = --print-architecture ] && echo arm64\n' >"$folder/bin/dpkg"
for program in apt-get dpkg-query npm; do printf '#!/bin/sh\ntouch "%s/asked-%s"\n' "$folder" "$program" >"$folder/bin/$program"; done
chmod +x "$folder"/bin/*

status=0
said=$(PATH=$folder/bin:$PATH SLUICE_DEPS=$folder/deps "$source_dir/cmake/setup/all.sh" 2>&1) || status=$?
printf '%s\n' "$said"
[ "$status" -ne 0 ] || { echo 'the set-up went on'; exit 1; }
[[ $said == *'this Debian is arm64: the set-up serves amd64 only'* ]] || { echo 'the architecture is not named'; exit 1; }
[ "$(wc -l <<<"$said")" -eq 1 ] || { echo 'that took more than one line'; exit 1; }
[ -z "$(find "$folder" -name 'asked-*' -o -name deps)" ] || { echo 'something was installed or downloaded first'; exit 1; }
