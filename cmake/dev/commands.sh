# shellcheck shell=bash
# Sourced by ./dev, after steps.sh: its commands. Each is a few calls of the set-up scripts, CMake presets, npm scripts and built programs.

export SLUICE_DEPS=${SLUICE_DEPS:-$PWD/.deps}
export PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1
readonly reports=build/reports
readonly wasm_presets=(wasm wasm-threads)

# Node.js and Emscripten as the set-up chose them; a compiler cache where there is one, told not to count the folder that the
# compiler runs in: what a test builds of our sources elsewhere is then known already. (With a base folder set it is not, since
# that makes paths relative to where the compiler runs.)
use_tools() {
  if [ -d "$SLUICE_DEPS/node/bin" ]; then PATH=$SLUICE_DEPS/node/bin:$PATH; fi
  if command -v ccache >/dev/null; then
    export CCACHE_NOHASHDIR=1
    export CMAKE_C_COMPILER_LAUNCHER=${CMAKE_C_COMPILER_LAUNCHER-ccache} CMAKE_CXX_COMPILER_LAUNCHER=${CMAKE_CXX_COMPILER_LAUNCHER-ccache}
  fi
}

set_up() { cmake/setup/all.sh "$@" && use_tools; }

# The root lock file pins every npm package by integrity; a copy of it marks what node_modules holds.
npm_install() {
  if cmp -s package-lock.json node_modules/.installed-lock.json; then return; fi
  npm ci --no-audit --no-fund && cp package-lock.json node_modules/.installed-lock.json
}

# build_preset PRESET [--target TARGET]. Configures first when the tree is new, the presets changed, or LibTorch came since.
build_preset() {
  local ninja=build/$1/build.ninja
  if [ ! -f "$ninja" ] || [ CMakePresets.json -nt "$ninja" ] || [ /var/lib/dpkg/info/libtorch-dev.list -nt "$ninja" ]; then
    cmake --preset "$1" || return
  fi
  cmake --build --preset "$@"
}

# Builds the npm packages when one of their sources, or a wasm module that they carry, is newer than the last build.
build_npm() {
  local mark=build/npm.mark
  npm_install || return
  if [ -f "$mark" ] && [ -z "$(find bindings/js web-demo build/wasm*/wasm package-lock.json "$SLUICE_DEPS/footage" \
      \( -name node_modules -o -name dist -o -path web-demo/public/footage \) -prune -o -type f -newer "$mark" -print -quit)" ]; then return; fi
  mkdir -p build && touch "$mark.new" && npm run build --workspaces --if-present && mv "$mark.new" "$mark"
}

dev_setup() { set_up "$@" && npm_install; }

dev_build() {
  local presets=("$@") preset
  [ $# -gt 0 ] || presets=(native "${wasm_presets[@]}")
  plan $((${#presets[@]} + ($# == 0 ? 2 : 1)))
  step 'Set-up' set_up
  use_tools
  for preset in "${presets[@]}"; do step "Build $preset" build_preset "$preset"; done
  if [ $# -eq 0 ]; then step 'Build the npm packages' build_npm; fi
}

# test_preset PRESET: ctest with its report; a failed test is the report's matter, so only a crash of ctest itself fails here.
test_preset() { ctest --preset "$1" --output-junit "$PWD/$reports/$1.xml"; }

# The test scripts (test, test:NAME) of the workspaces, one "WORKSPACE SCRIPT" per line.
npm_tests() {
  node -e 'const fs = require("fs"), read = (file) => JSON.parse(fs.readFileSync(file, "utf8"));
    for (const folder of read("package.json").workspaces)
      for (const script of Object.keys(read(folder + "/package.json").scripts ?? {}))
        if (/^test(:|$)/.test(script)) console.log(folder, script)'
}

dev_test() {
  local presets=(native native-asan "${wasm_presets[@]}") parts=() scripts=() preset name workspace script
  mkdir -p "$reports"
  rm -f "$reports"/*.xml
  plan 1
  step 'Set-up' set_up --trainer --cifar10 || die 'set-up failed'
  use_tools
  mapfile -t scripts < <(npm_tests)
  plan $((1 + 2 * ${#presets[@]} + 2 + ${#scripts[@]}))
  step_number=1
  for preset in "${presets[@]}"; do
    parts+=("$preset=$reports/$preset.xml")
    if step "Build $preset" build_preset "$preset"; then step "Test $preset" test_preset "$preset" || true; fi
  done
  step 'Build the npm packages' build_npm || true
  for name in "${scripts[@]}"; do
    read -r workspace script <<<"$name"
    parts+=("$name=$reports/${name//[\/ :]/-}.xml")
    SLUICE_JUNIT=$PWD/$reports/${name//[\/ :]/-}.xml step "npm $name" npm run "$script" --workspace "$workspace" || true
  done
  parts+=("lint=$reports/lint.xml")
  step 'Lint' lint_report || true
  printf '\n'
  node cmake/dev/summary.mjs "${parts[@]}"
}

dev_demo() {
  local check=0 preset address status=0
  case ${1:-} in '') ;; --check) check=1 ;; *) die "demo knows --check only, not $1" ;; esac
  plan $((3 + ${#wasm_presets[@]}))
  step 'Set-up' set_up
  use_tools
  for preset in native "${wasm_presets[@]}"; do step "Build $preset" build_preset "$preset" --target sluice_products; done
  step 'Build the demo page' build_npm
  start_server
  printf '\nThe sample stream through the native client:\n'
  build/native/native/cli/sluice run --bundle faces --server "ws://$address" "$SLUICE_DEPS/footage/stream.mp4" || status=$?
  if [ "$check" -eq 1 ] || [ "$status" -ne 0 ]; then return "$status"; fi
  printf '\nThe demo page is at http://%s/ (Ctrl-C ends it)\n' "$address"
  wait "$server" || true
}

# Starts the server on port 8080 ($SLUICE_PORT), or a free one where that is taken, and waits until it is ready. Sets $server (its
# process) and $address. It stops with ./dev.
start_server() {
  local log=$logs/server.log port=${SLUICE_PORT:-8080} tries=0
  if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then port=0; fi
  build/native/server/sluice-server --bundles build/bundles --web-root web-demo/dist --port "$port" >"$log" 2>&1 &
  server=$!
  trap 'stop_ticker; kill "$server" 2>/dev/null; wait "$server" 2>/dev/null' EXIT
  until address=$(sed -nE 's#.*http://([0-9.]+:[0-9]+).*#\1#p' "$log" | head -n 1) && [ -n "$address" ] &&
    node -e 'fetch(process.argv[1]).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))' "http://$address/v2/health/ready"; do
    tries=$((tries + 1))
    if ! kill -0 "$server" 2>/dev/null || [ "$tries" -ge 150 ]; then tail -n 20 "$log" >&2; die 'the server did not become ready'; fi
    sleep 0.2
  done
}

# Each benchmark lives with what it measures; what building prints goes to the log, so that standard output is the report.
dev_bench() {
  local name=${1:-} argument
  shift || true
  for argument in "$@"; do
    case $argument in -h | --help) die "the head of the bench's source describes its options; ./dev bench $name runs it" ;; esac
  done
  case $name in
    engine) { dev_build && npm_install; } >&2 && node wasm/bench/engine.mjs "$@" ;;
    page) { dev_build "${wasm_presets[@]}" && build_npm; } >&2 && node wasm/bench/page.mjs "$@" ;;
    server) { dev_build native; } >&2 && build/native/server/bench/bench_server "$@" ;;
    devices) { dev_build native; } >&2 && node native/bench/devices.mjs "$@" ;;
    reuse) bench_reuse >&2 && node wasm/bench/reuse.mjs "$@" ;;
    link) { dev_build && npm_install; } >&2 && node wasm/bench/link.mjs "$@" ;;
    split) bench_split >&2 && node native/bench/split/split.mjs "$@" ;;
    choice) { bench_simulation --cifar10 && build_preset native --target sluice-server paced_link bundles; } >&2 && node native/bench/choice/choice.mjs "$@" ;;
    residency) { bench_simulation && build_preset native --target bench_residency; } >&2 && node native/bench/residency/residency.mjs "$@" ;;
    exits) bench_exits >&2 && node native/bench/exits/exits.mjs "$@" ;;
    placement) bench_simulation --photos >&2 && node native/bench/placement/placement.mjs "$@" ;;
    promise) { plan 2; step 'Set-up' set_up; use_tools; step 'Build native' build_preset native --target bench_promise; } >&2 && build/native/native/bench/bench_promise "$@" ;;
    selection) bench_simulation >&2 && node native/bench/selection/selection.mjs "$@" ;;
    *) die "no benchmark '$name'; there are: choice, devices, engine, exits, link, page, placement, promise, residency, reuse, selection, server, split" ;;
  esac
}

# One program, built natively and for Node.js.
bench_reuse() {
  plan 3
  step 'Set-up' set_up
  use_tools
  step 'Build native' build_preset native --target bench_reuse_lookups
  step 'Build wasm' build_preset wasm --target bench_reuse_lookups
}

# The command that simulates; what it is given is for the set-up.
bench_simulation() {
  plan 2
  step 'Set-up' set_up "$@"
  use_tools
  step 'Build native' build_preset native --target sluice
}

# The command that measures, the server under load, and the pictures of both; nothing is trained.
bench_split() {
  plan 2
  step 'Set-up' set_up --cifar10
  use_tools
  step 'Build native' build_preset native --target sluice bench_remote_half bundles
}

# The command that measures, what it times in WebAssembly, and the pictures; nothing is trained.
bench_exits() {
  plan 3
  step 'Set-up' set_up --cifar10
  use_tools
  step 'Build native' build_preset native --target sluice bundles
  step 'Build wasm' build_preset wasm --target bench_exit_times
}

dev_eval() {
  help_at_once eval sluice 'build native' "$@"
  built_sluice eval "$@"
}

dev_fit() {
  help_at_once fit sluice-fit 'setup --trainer, then ./dev build native' "$@"
  set_up --trainer
  built_sluice fit "$@"
}

# help_at_once COMMAND PROGRAM HOW ARGUMENTS: nobody who asks for help waits for a set-up or a build. PROGRAM is what has COMMAND's help,
# ./dev HOW what makes it. Returns where no help is asked for.
help_at_once() {
  local command=$1 programs=build/native/native/cli program=$2 how=$3 argument
  for argument in "${@:4}"; do
    case $argument in -h | --help) ;; *) continue ;; esac
    if [ ! -x "$programs/sluice" ] || [ ! -x "$programs/$program" ]; then
      die "the options of $command are told by its program, which is not built yet: ./dev $how"
    fi
    "$programs/sluice" "$command" --help
    exit
  done
}

# built_sluice ARGUMENTS: the native command, built first; what that prints goes to the log, so that standard output is the command's.
built_sluice() {
  { plan 2 && step 'Set-up' set_up && use_tools && step 'Build native' build_preset native; } >&2
  exec build/native/native/cli/sluice "$@"
}

dev_fmt() { cmake/dev/lint.sh --format; }

lint_report() { cmake/dev/lint.sh "$reports/lint.xml"; }

dev_lint() { cmake/dev/lint.sh; }

dev_clean() { rm -rf build; }
