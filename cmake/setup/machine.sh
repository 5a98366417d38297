#!/usr/bin/env bash
# Refuses in one line, before anything is installed, a machine that the set-up does not serve: what it pins is built for amd64.
. "$(dirname "${BASH_SOURCE[0]}")/pinned.sh"

command -v dpkg >/dev/null || die 'this system has no dpkg: the set-up serves Debian 12 on amd64'
architecture=$(dpkg --print-architecture)
[ "$architecture" = amd64 ] || die "this Debian is $architecture: the set-up serves amd64 only, for which Binaryen, ONNX Runtime and XNNPACK's kernels are pinned"
