#!/usr/bin/env bash
# `./dev fit --help` and `./dev eval --help` set up and build nothing: the programs say it at once, or what makes them is named.
# dev_help_test.sh [SLUICE]: the native command, where it is built; then its own help is looked for as well.
set -euo pipefail
source_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# A tree of the front alone, whose set-up would be noticed.
mkdir -p "$folder/cmake/setup" "$folder/build/native/native/cli"
cp "$source_dir/dev" "$folder"
cp -r "$source_dir/cmake/dev" "$folder/cmake"
printf '#!/bin/sh\ntouch "%s/was-set-up"\n' "$folder" >"$folder/cmake/setup/all.sh"
chmod +x "$folder/cmake/setup/all.sh"

# helped WORDS ARGUMENTS...: ./dev ARGUMENTS says WORDS, and sets nothing up.
helped() {
  local said
  said=$("$folder/dev" "${@:2}" 2>&1) || true
  [[ $said == *"$1"* ]] || { printf "./dev %s does not say '%s':\n%s\n" "${*:2}" "$1" "$said"; exit 1; }
  [ ! -e "$folder/was-set-up" ] || { echo "./dev ${*:2} set up first"; exit 1; }
}

helped './dev setup --trainer, then ./dev build native' fit --help
helped './dev setup --trainer, then ./dev build native' fit --split -h
helped './dev build native' eval --help
if [ -n "${1:-}" ]; then
  for program in sluice sluice-fit; do
    if [ -x "$(dirname "$1")/$program" ]; then ln -s "$(dirname "$1")/$program" "$folder/build/native/native/cli/$program"; fi
  done
  helped '--json' eval --help
  if [ -e "$folder/build/native/native/cli/sluice-fit" ]; then helped '--train' fit --help; fi
fi
