#!/usr/bin/env bash
# .deps/onnxruntime/{include,lib}: headers of API 21 from Debian 13's package, the library 1.30.0 from npm's onnxruntime-node
# (which runs on Debian 12; Debian 13's does not). The server opens the library at run time.
. "$(dirname "${BASH_SOURCE[0]}")/pinned.sh"

readonly headers='pool/main/o/onnxruntime/libonnxruntime-dev_1.21.0+dfsg-1_amd64.deb 14f7d959d5deacbcf1504830d4189f91fc67382b399ed9ae9d3aa9c4050ced08'
readonly library='onnxruntime-node@1.30.0 6e3390d6b783e7be946fad629292799da28d0b42f84856e50d2c1b0383291e75'
readonly dest=$deps/onnxruntime
readonly stamp="revision 1
$headers
$library"

if stamped "$dest" "$stamp"; then exit 0; fi
new_stage "$dest"
say 'downloading ONNX Runtime 1.30.0'
deb=$(need_deb "$headers" "$stage")
tgz=$(need_npm "${library% *}" "${library##* }" "$stage")
mkdir -p "$stage/deb" "$stage/new/lib"
unpack_deb "$deb" "$stage/deb" ./usr/include ./usr/share/doc
mv "$stage/deb/usr/include/onnxruntime" "$stage/new/include"
tar -xzf "$tgz" -C "$stage/new/lib" --strip-components=5 package/bin/napi-v6/linux/x64/libonnxruntime.so.1 || die 'could not unpack the library'
cp "$stage/deb/usr/share/doc/libonnxruntime-dev/copyright" "$stage/new/LICENSE"
publish "$stage/new" "$dest" "$stamp"
say 'ready'
