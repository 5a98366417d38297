#!/usr/bin/env bash
# Checks of the sources:   lint.sh [REPORT.xml]     lint.sh --format formats the C++ and TypeScript sources instead
# The formats, TypeScript's types, shellcheck, clang-tidy, and that the tree names no registry host, no mirror and no folder
# of one machine. clang-tidy needs the compile commands of the native build, the TypeScript checks need node_modules; each is
# left out, and says so, where these are missing.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit

report=${1:-}
cases=
failures=0

# check NAME COMMAND...: COMMAND prints what is wrong and fails if there is anything.
check() {
  local name=$1 output
  shift
  if output=$("$@" 2>&1); then
    printf 'ok      %s\n' "$name"
    cases+="<testcase name=\"$name\"/>"
  else
    printf 'FAILED  %s\n%s\n' "$name" "$(printf '%s\n' "$output" | head -n 40 | sed 's/^/        /')"
    cases+="<testcase name=\"$name\"><failure/></testcase>"
    failures=$((failures + 1))
  fi
}

# The files of the tree, with those not yet added.
tree() { git ls-files --cached --others --exclude-standard "$@"; }

# none PATTERN [files...]: no line of the tree's text files matches.
none() { ! git grep --untracked -n -I -E -e "$1" -- "${@:2}"; }

# C++ files written by hand.
cpp_sources() {
  local file
  for file in $(tree '*.cpp' '*.hpp' '*.h'); do
    if [ -f "$file" ] && ! head -n 1 "$file" | grep -qE '^(//|/\*) Generated '; then printf '%s\n' "$file"; fi
  done
}

formatted() { cpp_sources | xargs -r clang-format-19 --dry-run --Werror; }

typed() {
  local project failed=0
  for project in $(tree '*tsconfig.json'); do node_modules/.bin/tsc --noEmit -p "$project" || failed=1; done
  return "$failed"
}

# TypeScript and JavaScript written by hand.
script_sources() {
  local file
  for file in $(tree '*.ts' '*.mjs' '*.js'); do
    if [ -f "$file" ] && ! head -n 1 "$file" | grep -q '^// Generated '; then printf '%s\n' "$file"; fi
  done
}

prettier() { script_sources | xargs -r node_modules/.bin/prettier --log-level warn "$@"; }

# Scripts with a shebang; shellcheck follows them into what they source.
shell_scripts() {
  local file
  for file in $(tree dev .ci/run '*.sh'); do
    if [ -f "$file" ] && head -n 1 "$file" | grep -q '^#!'; then printf '%s\n' "$file"; fi
  done
}

shell_checked() { shell_scripts | xargs -r shellcheck -x -a -P SCRIPTDIR; }

# The library's and the C interface's sources, each by itself, so that one that lives on another's includes is found; with the flags that the
# native build has for what lies nearest, since that compiles in batches. Without the hundred kernels and passes, and without what
# includes Boost, for the minutes they take.
tidied() {
  tree 'core/*.cpp' 'bindings/c/*.cpp' | grep -vE '^core/model/(ops|passes|xnnpack|gate)/' |
    xargs -r -n 4 -P "$(nproc)" clang-tidy-19 -p build/native --quiet --extra-arg="-isystem${SLUICE_DEPS:-$PWD/.deps}/xnnpack/include" 2>/dev/null
}

# Here and not in check(), so that a machine without it sees which checks did not run.
left_out() { printf 'left out  %s: %s\n' "$1" "$2"; }

if [ "${1:-}" = --format ]; then
  cpp_sources | xargs -r clang-format-19 -i || exit
  prettier --write
  exit
fi

# Hosts are put together here so that this file does not contain them.
check 'no registry or mirror host' none "(deb|security|snapshot)\.debian""\.org|registry\.npmjs""\.org"
check 'no resolved addresses in lock files' none '"resolved": *"https?:' ':(glob)**/package-lock.json'
check 'no folder of one machine' none '(^|[^A-Za-z0-9_.~/-])/(work|home|root|Users)/' ':!cmake/dev/lint.sh'
check 'shellcheck' shell_checked
check 'README shows the code that is tested' node cmake/generate/readme.mjs --check
check 'C++ is formatted (./dev fmt)' formatted
if [ -d node_modules/prettier ]; then
  check 'TypeScript is formatted (./dev fmt)' prettier --check
  check 'TypeScript types' typed
else
  left_out 'TypeScript format and types' 'node_modules is missing (npm ci)'
fi

if [ -f build/native/compile_commands.json ]; then
  check 'clang-tidy' tidied
else
  left_out 'clang-tidy' 'build/native is not configured (cmake --preset native)'
fi

if [ -n "$report" ]; then
  mkdir -p "$(dirname "$report")"
  printf '<testsuites><testsuite name="lint">%s</testsuite></testsuites>\n' "$cases" >"$report"
fi
[ "$failures" -eq 0 ]
