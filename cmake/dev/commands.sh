# shellcheck shell=bash
# Sourced by ./dev: its commands. Each is a few calls of the set-up scripts, CMake presets, npm scripts and built programs.

export SLUICE_DEPS=${SLUICE_DEPS:-$PWD/.deps}
export PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1
readonly reports=build/reports
readonly wasm_presets=(wasm wasm-threads wasm-relaxed)

# Node.js and Emscripten as the set-up chose them; a compiler cache where there is one.
use_tools() {
  if [ -d "$SLUICE_DEPS/node/bin" ]; then PATH=$SLUICE_DEPS/node/bin:$PATH; fi
  if command -v ccache >/dev/null; then
    export CMAKE_C_COMPILER_LAUNCHER=${CMAKE_C_COMPILER_LAUNCHER-ccache} CMAKE_CXX_COMPILER_LAUNCHER=${CMAKE_CXX_COMPILER_LAUNCHER-ccache}
  fi
}

set_up() { cmake/setup/all.sh "$@" && use_tools; }

# The root lock file pins every npm package by integrity; a copy of it marks what node_modules holds.
npm_install() {
  if cmp -s package-lock.json node_modules/.installed-lock.json; then return; fi
  npm ci --no-audit --no-fund && cp package-lock.json node_modules/.installed-lock.json
}

build_preset() {
  local tree=build/$1
  if [ ! -f "$tree/build.ninja" ] || [ CMakePresets.json -nt "$tree/build.ninja" ]; then cmake --preset "$1" || return; fi
  cmake --build --preset "$1"
}

build_npm() { npm_install && npm run build --workspaces --if-present; }

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

# The workspaces that have a test script, one per line.
tested_workspaces() {
  node -e 'const fs = require("fs"), read = (f) => JSON.parse(fs.readFileSync(f, "utf8"));
    for (const w of read("package.json").workspaces) if (fs.existsSync(w + "/package.json") && read(w + "/package.json").scripts?.test) console.log(w)'
}

dev_test() {
  local presets=(native native-asan "${wasm_presets[@]}") parts=() preset workspace
  mkdir -p "$reports"
  rm -f "$reports"/*.xml
  plan 1
  step 'Set-up' set_up --trainer || die 'set-up failed'
  use_tools
  mapfile -t workspaces < <(tested_workspaces)
  plan $((1 + 2 * ${#presets[@]} + 2 + ${#workspaces[@]}))
  step_number=1
  for preset in "${presets[@]}"; do
    parts+=("$preset=$reports/$preset.xml")
    step "Build $preset" build_preset "$preset" && step "Test $preset" test_preset "$preset" || true
  done
  step 'Build the npm packages' build_npm || true
  for workspace in "${workspaces[@]}"; do
    parts+=("$workspace=$reports/${workspace//\//-}.xml")
    SLUICE_JUNIT=$PWD/$reports/${workspace//\//-}.xml step "Test $workspace" npm test --workspace "$workspace" || true
  done
  parts+=("lint=$reports/lint.xml")
  step 'Lint' lint_report || true
  printf '\n'
  node cmake/dev/summary.mjs "${parts[@]}"
}

# Each benchmark lives with what it measures; what building prints goes to the log, so that standard output is the report.
dev_bench() {
  local name=${1:-}
  shift || true
  case $name in
    engine) { dev_build && npm_install; } >&2 && node wasm/bench/engine.mjs "$@" ;;
    server) { dev_build native; } >&2 && build/native/server/bench/bench_server "$@" ;;
    *) die "no benchmark '$name'; there are: engine, server" ;;
  esac
}

dev_eval() { built_sluice eval "$@"; }

dev_fit() {
  set_up --trainer
  built_sluice fit "$@"
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
