#!/usr/bin/env bash
# .deps/include: the header-only libraries of the portable core and its tests, out of Debian's packages. A cross compiler
# must not see /usr/include, so they get a folder of their own, which native builds use as well.
. "$(dirname "${BASH_SOURCE[0]}")/pinned.sh"

readonly dest=$deps/include
readonly packages=(doctest-dev libexpected-dev libprotozero-dev rapidjson-dev)
readonly folders=(doctest protozero rapidjson tl)

stamp=$(printf 'revision 1\n'; dpkg-query -W -f '${Package} ${Version}\n' "${packages[@]}") || die "install ${packages[*]} first (apt.sh)"
if stamped "$dest" "$stamp"; then exit 0; fi
new_stage "$dest"
mkdir "$stage/new"
for folder in "${folders[@]}"; do cp -rL "/usr/include/$folder" "$stage/new/"; done
publish "$stage/new" "$dest" "$stamp"
say 'ready'
