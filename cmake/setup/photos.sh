#!/usr/bin/env bash
# .deps/photos: photographs of 3 to 24 megapixels out of Debian's packages of wallpapers (74 MB), what `./dev bench placement` shrinks, sends
# and decodes. Nothing is installed; each package's statement of licences (CC-BY and CC-BY-SA mostly) lies beside its pictures.
. "$(dirname "${BASH_SOURCE[0]}")/pinned.sh"

readonly packages=(
  'pool/main/l/lomiri-wallpapers/lomiri-wallpapers-16.04_20.04.0-2_all.deb a99ff6a3bfe451e4cc0682ecb3cc82e71740626d59e4845ae34a0a0e45421eab'
  'pool/main/l/lomiri-wallpapers/lomiri-wallpapers-20.04_20.04.0-2_all.deb d44e89b8473aafe64a5b678f014862dc31335aaaf18665c544d985d854f1a709'
  'pool/main/m/mate-backgrounds/mate-backgrounds_1.26.0-1_all.deb 7bf4c2209f34b4f61ba6d24c8b58c28b361e82e4b943aae6d42c030169af9e04')
readonly dest=$deps/photos
stamp="revision 1
$(printf '%s\n' "${packages[@]}")"
readonly stamp

if stamped "$dest" "$stamp"; then exit 0; fi
new_stage "$dest"
mkdir "$stage/new"
say 'downloading photographs (74 MB)'
for package in "${packages[@]}"; do
  deb=$(need_deb "$package" "$stage")
  name=$(basename "${package%%_*}")
  mkdir "$stage/unpacked" "$stage/new/$name"
  unpack_deb "$deb" "$stage/unpacked" --wildcards './usr/share/backgrounds/*' './usr/share/doc/*/copyright'
  find "$stage/unpacked" -type f \( -name '*.jpg' -o -name copyright \) -exec cp -t "$stage/new/$name" {} +
  rm -rf "$stage/unpacked" "$deb"
done
publish "$stage/new" "$dest" "$stamp"
say 'ready'
