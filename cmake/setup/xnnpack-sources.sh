#!/usr/bin/env bash
# .deps/xnnpack/sources: XNNPACK of 2024-11-08 (4ea82e5) and what it is built from, upstream's trees as Debian keeps them.
# Few lines are changed: see calm_spin_wait and choose_wasm_kernels.
. "$(dirname "${BASH_SOURCE[0]}")/pinned.sh"

readonly pins=(
  'xnnpack pool/main/x/xnnpack/xnnpack_0.0~git20241108.4ea82e5.orig.tar.xz 90bde2caef0f880f627bab0dc805a86c4b8070cd98e3243db3046ab3f3be1a99'
  'pthreadpool pool/main/p/pthreadpool/pthreadpool_0.0~git20240616.560c60d.orig.tar.xz 4cc3cbd933b28131d2a34edc54f76af9fb41bc490af5eae1a5bd3cd07ea90708'
  'fxdiv pool/main/f/fxdiv/fxdiv_0.0~git20200417.b408327.orig.tar.xz 7953482badaf4cb34026c3487c257b8e4ab2df061c019bd6fabbbc12ad52c44b'
  'fp16 pool/main/f/fp16/fp16_0.0~git20200514.4dfe081.orig.tar.xz 7d7782b37b74136e0e12593a2a93ccbe7db831f4374cc408e44623d9b708b54e'
  'cpuinfo pool/main/c/cpuinfo/cpuinfo_0.0~git20250905.877328f.orig.tar.xz 557ca404a3836b9f335a3a06b65ff9fe9dbaaefab7fb5c0185f53d9f33615a10')
readonly spin_iterations=20000
readonly dest=$deps/xnnpack/sources
stamp="revision 1
$(printf '%s\n' "${pins[@]}")
spin-wait $spin_iterations
wasm-kernels 1"
readonly stamp

# A pthreadpool worker spins a million times before it sleeps. On a machine whose cores are shared that takes the time the
# computing thread needs (measured: 11.5 ms a frame become 69 ms; with 20,000 it is 24.5 ms, and no slower when quiet).
calm_spin_wait() {
  local header=$new/pthreadpool/src/threadpool-common.h macro=PTHREADPOOL_SPIN_WAIT_ITERATIONS
  sed -i "s/^#define $macro 1000000\$/#define $macro $spin_iterations/" "$header"
  grep -q "^#define $macro $spin_iterations\$" "$header" || die "$macro is not where it is expected, in pthreadpool's ${header##*/}"
}

# edit FILE COUNT EXPRESSION: runs sed's EXPRESSION on FILE, which must change COUNT lines.
edit() {
  local file=$new/xnnpack/src/configs/$1 changed
  sed -i.before -e "$3" "$file"
  changed=$(diff "$file.before" "$file" | grep -c '^>' || true)
  [ "$changed" -eq "$2" ] || die "$1 is not as expected: '$3' changed $changed lines, not $2"
  rm "$file.before"
}

# The float32 kernels for WebAssembly on x86, as measured in V8 on a MobileNetV2 (./dev bench engine):
# - Upstream takes the kernels that load and spread each factor at once only where it counts more than 4 cores, its sign that
#   there is AVX. They are 1.22 times as fast with AVX and level without; nothing needs to be asked of the page.
# - With relaxed SIMD a tile of 6 rows keeps two multiply-adds a cycle busy, 4 rows do not: 1.03 times as fast.
# - Depthwise 3 x 3 by 4 channels in two sums, instead of 8 in one: shorter chains of additions, 1.04 (relaxed: 1.08).
choose_wasm_kernels() {
  edit gemm-config.c 1 's/if (hardware_concurrency() > kCoreCountThresholdForAdaptiveAvxOptimization) {/if (true) {/'
  edit gemm-config.c 6 '/^ *f32_gemm_config\./s/XNN_MR_TO_INDEX(4)\(.*\)_4x8__wasmrelaxedsimd_fma_loadsplat/XNN_MR_TO_INDEX(6)\1_6x8__wasmrelaxedsimd_fma_loadsplat/'
  edit gemm-config.c 1 '/f32_gemm_ukernel_4x8__wasmsimd_splat/,/f32_gemm_config.nr/s/mr = 4;/mr = XNN_ARCH_WASMRELAXEDSIMD ? 6 : 4;/'
  edit dwconv-config.c 4 '/minmax_ukernel_9p8c__wasmrelaxedsimd_fma;/,/primary_tile/{s/minmax_ukernel_9p8c__wasmrelaxedsimd_fma;/minmax_ukernel_9p4c__wasmrelaxedsimd_fma_acc2;/;s/ukernel_9p8c/ukernel_9p4c/;s/tile = 8;/tile = 4;/}'
  edit dwconv-config.c 4 '/minmax_ukernel_9p8c__wasmsimd_x86;/,/primary_tile/{s/minmax_ukernel_9p8c__wasmsimd_x86;/minmax_ukernel_9p4c__wasmsimd_x86_acc2;/;s/ukernel_9p8c__wasmsimd;/ukernel_9p4c__wasmsimd_acc2;/;s/tile = 8;/tile = 4;/}'
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
choose_wasm_kernels
publish "$new" "$dest" "$stamp"
say 'ready'
