#!/usr/bin/env bash
# .deps/xnnpack/sources: XNNPACK of 2024-11-08 (4ea82e5) and what it is built from, upstream's trees as Debian keeps them.
# One line is changed: see calm_spin_wait.
. "$(dirname "${BASH_SOURCE[0]}")/pinned.sh"

readonly pins=(
  'xnnpack pool/main/x/xnnpack/xnnpack_0.0~git20241108.4ea82e5.orig.tar.xz 90bde2caef0f880f627bab0dc805a86c4b8070cd98e3243db3046ab3f3be1a99'
  'pthreadpool pool/main/p/pthreadpool/pthreadpool_0.0~git20240616.560c60d.orig.tar.xz 4cc3cbd933b28131d2a34edc54f76af9fb41bc490af5eae1a5bd3cd07ea90708'
  'fxdiv pool/main/f/fxdiv/fxdiv_0.0~git20200417.b408327.orig.tar.xz 7953482badaf4cb34026c3487c257b8e4ab2df061c019bd6fabbbc12ad52c44b'
  'fp16 pool/main/f/fp16/fp16_0.0~git20200514.4dfe081.orig.tar.xz 7d7782b37b74136e0e12593a2a93ccbe7db831f4374cc408e44623d9b708b54e'
  'cpuinfo pool/main/c/cpuinfo/cpuinfo_0.0~git20250905.877328f.orig.tar.xz 557ca404a3836b9f335a3a06b65ff9fe9dbaaefab7fb5c0185f53d9f33615a10')
readonly spin_iterations=20000
readonly dest=$deps/xnnpack/sources
readonly stamp="revision 1
$(printf '%s\n' "${pins[@]}")
spin-wait $spin_iterations"

# A pthreadpool worker spins a million times before it sleeps. On a machine whose cores are shared that takes the time the
# computing thread needs (measured: 11.5 ms a frame become 69 ms; with 20,000 it is 24.5 ms, and no slower when quiet).
calm_spin_wait() {
  local header=$new/pthreadpool/src/threadpool-common.h macro=PTHREADPOOL_SPIN_WAIT_ITERATIONS
  sed -i "s/^#define $macro 1000000\$/#define $macro $spin_iterations/" "$header"
  grep -q "^#define $macro $spin_iterations\$" "$header" || die "$macro is not where it is expected, in pthreadpool's ${header##*/}"
}

if stamped "$dest" "$stamp"; then exit 0; fi
new_stage "$dest"
new=$stage/new
mkdir "$new"
for pin in "${pins[@]}"; do
  name=${pin%% *}
  say "downloading $name"
  archive=$(need_deb "${pin#* }" "$stage")
  mkdir "$new/$name"
  # XNNPACK's archive has no top folder; its tests and benchmarks, two thirds of it, are left out.
  if [ "$name" = xnnpack ]; then options=(--anchored --exclude=test --exclude=bench); else options=(--strip-components=1); fi
  tar -x -f "$archive" -C "$new/$name" "${options[@]}" || die "could not unpack ${archive##*/}"
done
calm_spin_wait
publish "$new" "$dest" "$stamp"
say 'ready'
