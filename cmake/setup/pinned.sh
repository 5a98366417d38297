# shellcheck shell=bash
# Sourced by the set-up scripts: downloads pinned by version and sha256, and folders replaced as a whole.
# Where things come from is the machine's own business: apt and npm are asked as they are configured, nothing is named here.
set -euo pipefail

setup_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
repo_dir=$(cd "$setup_dir/../.." && pwd)
deps=${SLUICE_DEPS:-$repo_dir/.deps}
# shellcheck disable=SC2034 # not each script that sources this uses all three
readonly setup_dir repo_dir deps

say() { printf '%s: %s\n' "$(basename "$0" .sh)" "$*" >&2; }
die() { say "error: $*"; exit 1; }

as_root() {
  if [ "$(id -u)" -eq 0 ]; then "$@"; return; fi
  command -v sudo >/dev/null || die "'$*' needs root, and there is no sudo"
  sudo "$@"
}

# stamped FOLDER STAMP: whether FOLDER is complete and was made from exactly these pins.
stamped() { [ -f "$1/.stamp" ] && [ "$(cat "$1/.stamp")" = "$2" ]; }

# new_stage DEST: sets $stage to an empty folder beside DEST that is removed at exit.
new_stage() {
  mkdir -p "$(dirname "$1")"
  stage=$(mktemp -d "$1.partial.XXXXXX")
  trap 'rm -rf "$stage"' EXIT
}

# publish FOLDER DEST STAMP: stamps FOLDER and renames it to DEST; what stood there is removed afterwards.
publish() {
  local old=$2.replaced.$$
  printf '%s\n' "$3" >"$1/.stamp"
  chmod 755 "$1"
  if [ -e "$2" ]; then mv -T "$2" "$old"; fi
  mv -T "$1" "$2"
  rm -rf "$old"
}

# verify FILE SHA256
verify() {
  local actual
  actual=$(sha256sum "$1" | cut -d' ' -f1)
  [ "$actual" = "$2" ] || die "checksum mismatch of ${1##*/}: pinned sha256 $2, received $actual"
}

# archive_roots: the roots of the package archives that apt is configured with, one per line. apt knows them only once it
# has read the package lists.
archive_roots() {
  local roots
  roots=$(list_archive_roots)
  if [ -z "$roots" ]; then
    as_root apt-get -qq update >&2 || die 'apt-get update failed'
    roots=$(list_archive_roots)
  fi
  [ -n "$roots" ] || die 'apt is configured with no archive'
  printf '%s\n' "$roots"
}

list_archive_roots() {
  # shellcheck disable=SC2016 # apt-get fills in $(REPO_URI)
  apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 2>/dev/null | sed 's|/*$||' | awk '!seen[$0]++'
}

# fetch_deb "PATH SHA256" FOLDER: prints the verified file, or returns 1 when no configured archive has PATH.
# apt's helper downloads, so apt's proxy, credentials and transports apply.
fetch_deb() {
  local path=${1% *} sha256=${1##* } file root
  file=$2/$(basename "$path")
  while read -r root; do
    if /usr/lib/apt/apt-helper -qq -o APT::Sandbox::User=root -o Acquire::Retries=3 download-file "$root/$path" "$file" >/dev/null 2>&1; then
      verify "$file" "$sha256"
      printf '%s\n' "$file"
      return 0
    fi
  done < <(archive_roots)
  return 1
}

# need_deb "PATH SHA256" FOLDER: fetch_deb, or the end.
need_deb() {
  fetch_deb "$@" || die "could not download ${1% *} from any archive apt is configured with (unreachable, or it dropped this version)"
}

# unpack_deb FILE FOLDER [tar options...]
unpack_deb() {
  local deb=$1 folder=$2
  shift 2
  dpkg-deb --fsys-tarfile "$deb" | tar -x -C "$folder" "$@" || die "could not unpack ${deb##*/}"
}

# need_npm NAME@VERSION SHA256 FOLDER: prints the verified tarball. No script of the package runs.
need_npm() {
  local spec=$1 sha256=$2 folder=$3 name
  name=$(cd "$folder" && npm pack --loglevel=error --ignore-scripts "$spec" 2>"$folder/npm.log") \
    || { head -n 4 "$folder/npm.log" >&2; die "npm could not download $spec"; }
  verify "$folder/$name" "$sha256"
  printf '%s\n' "$folder/$name"
}
