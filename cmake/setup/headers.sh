#!/usr/bin/env bash
# .deps/include: the header-only libraries of the portable core and its tests, out of Debian's packages. A cross compiler
# must not see /usr/include, so they get a folder of their own, which native builds use as well.
# Two lines are changed: see drop_const_assignment and compare_lengths_unsigned.
. "$(dirname "${BASH_SOURCE[0]}")/pinned.sh"

readonly dest=$deps/include
readonly packages=(doctest-dev libexpected-dev libprotozero-dev rapidjson-dev)
readonly folders=(doctest protozero rapidjson tl)

stamp=$(printf 'revision 3\n'; dpkg-query -W -f '${Package} ${Version}\n' "${packages[@]}") || die "install ${packages[*]} first (apt.sh)"
# RapidJSON 1.1 defines an assignment that writes a const member. It is never called, but clang 19 refuses to read it.
drop_const_assignment() {
  local header=$stage/new/rapidjson/document.h line='GenericStringRef& operator=(const GenericStringRef& rhs) { s = rhs.s; length = rhs.length; }'
  [ "$(grep -cF "$line" "$header")" = 1 ] || die "the assignment to drop is not where it is expected, in RapidJSON's document.h"
  grep -vF "$line" "$header" >"$header.new"
  mv "$header.new" "$header"
}

# protozero 1.7 compares a length as ptrdiff_t, which a length from 2^31 on makes negative where that has 32 bits (wasm32):
# a hostile message would be read outside its bytes.
compare_lengths_unsigned() {
  local header=$stage/new/protozero/pbf_reader.hpp
  local from='if (m_end - m_data < static_cast<ptrdiff_t>(len)) {' to='if (static_cast<std::size_t>(m_end - m_data) < len) {'
  [ "$(grep -cF "$from" "$header")" = 1 ] || die "the comparison to correct is not where it is expected, in protozero's pbf_reader.hpp"
  awk -v from="$from" -v to="$to" '{ at = index($0, from) } at { $0 = substr($0, 1, at - 1) to } { print }' "$header" >"$header.new"
  mv "$header.new" "$header"
}

if stamped "$dest" "$stamp"; then exit 0; fi
new_stage "$dest"
mkdir "$stage/new"
for folder in "${folders[@]}"; do cp -rL "/usr/include/$folder" "$stage/new/"; done
drop_const_assignment
compare_lengths_unsigned
publish "$stage/new" "$dest" "$stamp"
say 'ready'
