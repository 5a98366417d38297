#!/usr/bin/env bash
# Run by ctest: makes the .deb, installs it into a fresh root with dpkg itself, and uses what lies there: the user, the unit, the
# configuration, the server and the command. Then removes it again.   package.sh BUILD WORK SOURCE
set -euo pipefail
build=$1 work=$2 source=$3
die() {
  printf '%s\n' "$*" >&2
  exit 1
}

rm -rf "$work"
mkdir -p "$work/package" "$work/root/var/lib/dpkg/"{info,updates,triggers} "$work/nowhere"
touch "$work/root/var/lib/dpkg/status" "$work/root/var/lib/dpkg/available"
cpack -G DEB --config "$build/CPackConfig.cmake" -B "$work/package" >"$work/cpack.log" 2>&1 || die "$(cat "$work/cpack.log")"
packages=("$work"/package/*.deb)
[ ${#packages[@]} -eq 1 ] || die "cpack made ${#packages[@]} packages: ${packages[*]}"
dpkg-deb --field "${packages[0]}" Depends | grep -q libssl || die 'the package does not depend on the libraries of its programs'

# Its dependencies are this machine's, not the fresh root's; its scripts know that they run for another root.
on_root() { dpkg --root="$work/root" --force-not-root --force-script-chrootless --force-depends "$@" >"$work/dpkg.log" 2>&1 || die "$(cat "$work/dpkg.log")"; }
on_root --install "${packages[0]}"
root=$work/root
grep -q '^sluice:' "$root/etc/passwd" || die "no user 'sluice' was made"
grep -q '^sluice:.*/nologin$' "$root/etc/passwd" || die "the user 'sluice' can log in: $(grep '^sluice:' "$root/etc/passwd")"
for file in etc/sluice/server.conf lib/systemd/system/sluice-server.service usr/share/sluice/bundles/faces/manifest.json usr/share/doc/sluice/copyright; do
  [ -f "$root/$file" ] || die "the package lacks $file"
done
[ ! -e "$root/usr/bin/sluice-fit" ] || die 'the package brings the trainer without LibTorch'
# The unit, against this machine's others; the program that it starts lies in the fresh root.
mkdir "$work/unit"
sed "s#^ExecStart=#&$root#" "$root/lib/systemd/system/sluice-server.service" >"$work/unit/sluice-server.service"
systemd-analyze verify --man=no "$work/unit/sluice-server.service" >"$work/unit.log" 2>&1 || die "$(cat "$work/unit.log")"

# As the unit starts it, but for the root and the port.
cd "$work/nowhere"
"$root/usr/bin/sluice-server" --config "$root/etc/sluice/server.conf" --bundles "$root/usr/share/sluice/bundles" \
  --onnxruntime-library "$root/usr/lib/sluice/libonnxruntime.so.1" --port 0 >"$work/server.log" 2>&1 &
server=$!
trap 'kill "$server" 2>/dev/null || true' EXIT
for ((i = 0; i < 300; ++i)); do
  port=$(sed -nE 's/.*"event":"listening".*"port":"([0-9]+)".*/\1/p' "$work/server.log")
  [ -z "$port" ] || break
  kill -0 "$server" 2>/dev/null || die "the server ended: $(cat "$work/server.log")"
  sleep 0.1
done
[ -n "$port" ] || die "the server does not listen: $(cat "$work/server.log")"
"$root/usr/bin/sluice" run --bundle faces --server "ws://127.0.0.1:$port" --json "$source/web-demo/screenshot.png" >"$work/run.log" 2>&1 ||
  die "$(cat "$work/run.log")"
grep -q '"frames":1,.*"failed":0' "$work/run.log" || die "$(cat "$work/run.log")"
kill "$server"
wait "$server" || die "the server did not end well: $(cat "$work/server.log")"

# An operator's changes stay when it is installed again; purging leaves nothing but the user.
printf '# mine\n' >>"$root/etc/sluice/server.conf"
on_root --force-confdef --install "${packages[0]}"
tail -n 1 "$root/etc/sluice/server.conf" | grep -q '^# mine$' || die 'the configuration was overwritten'
on_root --purge sluice
for file in usr/bin/sluice-server etc/sluice/server.conf; do
  [ ! -e "$root/$file" ] || die "purging left $file behind"
done
