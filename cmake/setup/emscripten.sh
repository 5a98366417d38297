#!/usr/bin/env bash
# .deps/emscripten: Emscripten 3.1.69 (amd64). Debian 12's own is too old, so it is assembled from pinned pieces:
# Emscripten with its prebuilt system libraries and Binaryen from Debian 13, clang/lld/llvm 19 from Debian 12 (apt.sh),
# acorn, which emcc's optimiser runs, from npm. Binaryen runs under the C and C++ libraries it was built with.
. "$(dirname "${BASH_SOURCE[0]}")/pinned.sh"

readonly emscripten_deb='pool/main/e/emscripten/emscripten_3.1.69+dfsg-3_all.deb d2ac788b952c56ab6736b4db2ac0825aa63cfb4c08b8abaefe19e324779d1b2d'
readonly binaryen_deb='pool/main/b/binaryen/binaryen_120-4_amd64.deb 47be56009e56170f4338a0154fbff2028bd607bc3c8b6a5414658a985bef6470'
# Debian replaces these three at its point releases. Any later build serves as well: see runtime_deb.
readonly runtime_debs=(
  'pool/main/g/glibc/libc6_2.41-12+deb13u4_amd64.deb 967aa62605721081c3eb2a17650611a792aa802d76a6511d1840242623d204c9'
  'pool/main/g/gcc-14/libstdc++6_14.2.0-19_amd64.deb ab1fa05837aa7a92aae748fd07a18a35f7d18bb4a71c4724fe2bbf0e32089de0'
  'pool/main/g/gcc-14/libgcc-s1_14.2.0-19_amd64.deb 3c71917b490d1a17aed43196a2787a256ecf060526cdb20216a74bedc061b150')
readonly runtime_suite=trixie
readonly acorn='acorn@8.14.0 04c1f5545e4e9140e288bb56b4cbbc4ffd730213e6331330e2bcefc649462104'
readonly dest=$deps/emscripten
stamp="revision 3
$(printf '%s\n' "$emscripten_deb" "$binaryen_deb" "${runtime_debs[@]}" "$acorn")"
readonly stamp

# runtime_deb PIN: the pinned package or, once a point release has replaced it, its successor in the same suite. apt
# verifies that one by the archive's signature, with package lists of its own so that the machine's stay as they are.
runtime_deb() {
  local file package apt root
  file=$(fetch_deb "$1" "$stage/debs") && { printf '%s\n' "$file"; return; }
  package=$(basename "${1%% *}") package=${package%%_*} apt=$stage/apt
  say "the pinned $package is gone from the archive; taking its successor in $runtime_suite"
  local options=(-qq -o "Dir::Etc::SourceList=$apt/sources.list" -o Dir::Etc::SourceParts=/dev/null -o APT::Architecture=amd64
    -o "Dir::State::Lists=$apt/lists" -o "Dir::Cache=$apt/cache" -o APT::Sandbox::User=root -o Debug::NoLocking=true)
  if [ ! -d "$apt" ]; then
    mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial"
    while read -r root; do
      printf 'deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] %s %s main\n' "$root" "$runtime_suite"
    done < <(archive_roots) >"$apt/sources.list"
    apt-get "${options[@]}" update >&2 || say "some archives do not carry $runtime_suite"
  fi
  mkdir -p "$apt/$package"
  (cd "$apt/$package" && apt-get "${options[@]}" download "$package/$runtime_suite" >&2) || die "could not download $package of $runtime_suite"
  echo "$apt/$package/"*.deb
}

# Leaves out what a release build of a 32-bit module never reads: sanitizers, LTO, memory64, documentation.
place_emscripten() {
  local tree=$stage/unpacked lib=./usr/share/emscripten/cache/sysroot/lib
  mkdir "$tree"
  unpack_deb "$1" "$tree" --wildcards --exclude='./usr/share/emscripten/docs' --exclude='./usr/share/emscripten/test' \
    --exclude='./usr/share/emscripten/media' --exclude='./usr/share/emscripten/cache/build' --exclude="$lib/wasm64-emscripten" \
    --exclude="$lib/wasm32-emscripten/*lto" --exclude="$lib/*asan*" --exclude="$lib/*lsan*" --exclude="$lib/*tracing*"
  mv "$tree/usr/share/emscripten" "$new/emscripten"
  cp "$tree/usr/share/doc/emscripten/copyright" "$new/emscripten/LICENSE" # what is linked into a module is shipped with it
  cat >"$new/emscripten/.emscripten" <<'CONFIG'
import os, shutil
from tools.utils import path_from_root
LLVM_ROOT = '/usr/bin'
LLVM_ADD_VERSION = '19'
CLANG_ADD_VERSION = '19'
BINARYEN_ROOT = path_from_root('..', 'binaryen')
OWN_NODE = path_from_root('..', '..', 'node', 'bin', 'node')
NODE_JS = OWN_NODE if os.path.exists(OWN_NODE) else shutil.which('node')
FROZEN_CACHE = True
CONFIG
}

# Every tool in binaryen/bin is a link to one script that starts it under the libraries in lib.
place_binaryen() {
  local tree=$stage/binaryen deb tool library
  mkdir -p "$tree" "$new/lib" "$new/binaryen/bin" "$new/binaryen/libexec"
  for deb; do unpack_deb "$deb" "$tree"; done
  for library in ld-linux-x86-64.so.2 libc.so.6 libm.so.6 libpthread.so.0 libdl.so.2 libgcc_s.so.1 libstdc++.so.6 libbinaryen.so; do
    cp -L "$tree/usr/lib/x86_64-linux-gnu/$library" "$new/lib/"
  done
  cp "$tree"/usr/bin/wasm* "$new/binaryen/libexec/"
  cat >"$new/binaryen/run" <<'RUN'
#!/bin/sh
top=$(dirname "$(dirname "$(dirname "$0")")")
exec "$top/lib/ld-linux-x86-64.so.2" --library-path "$top/lib" "$top/binaryen/libexec/$(basename "$0")" "$@"
RUN
  chmod +x "$new/binaryen/run"
  for tool in "$new"/binaryen/libexec/*; do ln -s ../run "$new/binaryen/bin/$(basename "$tool")"; done
}

# emcc's own scripts are CommonJS where they do not say otherwise, whatever package.json lies further up.
place_acorn() {
  printf '{ "private": true, "type": "commonjs" }\n' >"$new/emscripten/package.json"
  mkdir -p "$new/emscripten/node_modules/acorn"
  tar -xzf "$1" -C "$new/emscripten/node_modules/acorn" --strip-components=1 || die 'could not unpack acorn'
}

# One small program through clang, lld, Binaryen, acorn and node, with a C++ exception thrown and caught.
smoke_test() {
  mkdir "$stage/smoke"
  printf '#include <cstdio>\n#include <stdexcept>\nint main() { try { throw std::runtime_error("42"); } catch (const std::exception& e) { std::puts(e.what()); } }\n' >"$stage/smoke/m.cpp"
  (cd "$stage/smoke" && "$new/emscripten/em++" -O2 -fwasm-exceptions m.cpp -o m.js >log 2>&1 && [ "$(node m.js)" = 42 ]) \
    || { cat "$stage/smoke/log" >&2; die 'the assembled Emscripten does not compile and run a program'; }
}

if stamped "$dest" "$stamp"; then exit 0; fi
new_stage "$dest"
new=$stage/new
mkdir "$new" "$stage/debs"
say 'downloading Emscripten 3.1.69 and Binaryen 120 (110 MB)'
emscripten=$(need_deb "$emscripten_deb" "$stage/debs")
binaryen=$(need_deb "$binaryen_deb" "$stage/debs")
runtime=()
for pin in "${runtime_debs[@]}"; do
  deb=$(runtime_deb "$pin")
  runtime+=("$deb")
done
acorn_tgz=$(need_npm "${acorn% *}" "${acorn##* }" "$stage/debs")
say 'unpacking'
place_emscripten "$emscripten"
place_binaryen "$binaryen" "${runtime[@]}"
place_acorn "$acorn_tgz"
say 'compiling a small program to check it'
smoke_test
publish "$new" "$dest" "$stamp"
say 'ready'
