#!/usr/bin/env bash
# .deps/include: the header-only libraries of the portable core and its tests, out of Debian's packages. A cross compiler
# must not see /usr/include, so they get a folder of their own, which native builds use as well.
# One line is taken out: see drop_const_assignment.
. "$(dirname "${BASH_SOURCE[0]}")/pinned.sh"

readonly dest=$deps/include
readonly packages=(doctest-dev libexpected-dev libprotozero-dev rapidjson-dev)
readonly folders=(doctest protozero rapidjson tl)

stamp=$(printf 'revision 2\n'; dpkg-query -W -f '${Package} ${Version}\n' "${packages[@]}") || die "install ${packages[*]} first (apt.sh)"
# RapidJSON 1.1 defines an assignment that writes a const member. It is never called, but clang 19 refuses to read it.
drop_const_assignment() {
  local header=$stage/new/rapidjson/document.h line='GenericStringRef& operator=(const GenericStringRef& rhs) { s = rhs.s; length = rhs.length; }'
  [ "$(grep -cF "$line" "$header")" = 1 ] || die "the assignment to drop is not where it is expected, in RapidJSON's document.h"
  grep -vF "$line" "$header" >"$header.new"
  mv "$header.new" "$header"
}

if stamped "$dest" "$stamp"; then exit 0; fi
new_stage "$dest"
mkdir "$stage/new"
for folder in "${folders[@]}"; do cp -rL "/usr/include/$folder" "$stage/new/"; done
drop_const_assignment
publish "$stage/new" "$dest" "$stamp"
say 'ready'
