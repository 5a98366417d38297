#!/usr/bin/env bash
# .deps/xnnpack/VARIANT/libxnnpack.a for the variants named (all four by default), built once from .deps/xnnpack/sources,
# and .deps/xnnpack/include. Each variant takes about half a minute on two cores.
. "$(dirname "${BASH_SOURCE[0]}")/pinned.sh"

readonly recipe=$repo_dir/cmake/xnnpack
readonly sources=$deps/xnnpack/sources
readonly toolchain=$deps/emscripten/emscripten/cmake/Modules/Platform/Emscripten.cmake

# clang's depthwise kernels are an eighth faster than gcc 12's, the rest is level; the library links with either.
export CC=${CC:-clang-19} CXX=${CXX:-clang++-19}

# What the library is made of: the sources' pins, the recipe, and the compiler's version.
stamp_of() {
  cat "$sources/.stamp"
  find "$recipe" -type f | sort | xargs cat | sha256sum
  if [ "$1" = native ]; then "$CC" --version | head -n 1; else cat "$deps/emscripten/.stamp"; fi
}

# build VARIANT STAMP
build() {
  local variant=$1 dest=$deps/xnnpack/$1 arguments=()
  [ "$variant" = native ] || arguments=("-DCMAKE_TOOLCHAIN_FILE=$toolchain")
  say "building $variant"
  new_stage "$dest"
  { cmake -G Ninja -S "$recipe" -B "$stage/build" -DCMAKE_BUILD_TYPE=Release -DXNNPACK_SOURCES="$sources" \
      -DXNNPACK_VARIANT="$variant" ${arguments[@]+"${arguments[@]}"} && cmake --build "$stage/build"; } >"$stage/log" 2>&1 \
    || { tail -n 30 "$stage/log" >&2; die "could not build the $variant variant"; }
  mkdir "$stage/new"
  cp "$stage/build/libxnnpack.a" "$stage/new/"
  publish "$stage/new" "$dest" "$2"
  rm -rf "$stage"
}

publish_headers() {
  local stamp
  stamp=$(cat "$sources/.stamp")
  if stamped "$deps/xnnpack/include" "$stamp"; then return; fi
  new_stage "$deps/xnnpack/include"
  mkdir "$stage/new"
  cp "$sources/xnnpack/include/xnnpack.h" "$sources/pthreadpool/include/pthreadpool.h" "$stage/new/"
  publish "$stage/new" "$deps/xnnpack/include" "$stamp"
  rm -rf "$stage"
}

[ -f "$sources/.stamp" ] || die "$sources is missing: run xnnpack-sources.sh first"
publish_headers
if [ $# -eq 0 ]; then set -- native wasm wasm-threads wasm-relaxed; fi
for variant; do
  case $variant in native | wasm | wasm-threads | wasm-relaxed) ;; *) die "no such variant: $variant" ;; esac
  stamp=$(stamp_of "$variant")
  stamped "$deps/xnnpack/$variant" "$stamp" || build "$variant" "$stamp"
done
