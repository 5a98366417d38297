#!/usr/bin/env bash
# Runs every set-up script in order; each does nothing when its stamp is current. `--trainer` adds LibTorch for `sluice fit`,
# `--cifar10` the pictures that split inference is trained and measured on, `--photos` those that placement is measured on,
# `--cortex-m` the compiler and emulator of split inference's device half on a microcontroller.
. "$(dirname "${BASH_SOURCE[0]}")/pinned.sh"

steps=(apt node emscripten xnnpack-sources xnnpack-libs onnxruntime headers models footage)
lists=("$setup_dir/apt-packages.txt")
for argument; do
  case $argument in
    --trainer) lists+=("$setup_dir/apt-packages-trainer.txt") ;;
    --cortex-m) lists+=("$setup_dir/apt-packages-cortex-m.txt") ;;
    --cifar10) steps+=(cifar10) ;;
    --photos) steps+=(photos) ;;
    *) die "no such option: $argument" ;;
  esac
done

"$setup_dir/machine.sh" || exit
if [ -d "$deps/node/bin" ]; then PATH=$deps/node/bin:$PATH; fi
for i in "${!steps[@]}"; do
  step=${steps[i]} started=$SECONDS
  [ -f "$setup_dir/$step.sh" ] || continue
  case $step in apt) arguments=("${lists[@]}") ;; *) arguments=() ;; esac
  "$setup_dir/$step.sh" "${arguments[@]}" || die "step $((i + 1)) of ${#steps[@]} ($step) failed"
  if [ "$step" = node ] && [ -d "$deps/node/bin" ]; then PATH=$deps/node/bin:$PATH; fi
  if [ $((SECONDS - started)) -ge 2 ]; then say "step $((i + 1)) of ${#steps[@]} ($step): $((SECONDS - started)) s"; fi
done
