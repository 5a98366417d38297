#!/usr/bin/env bash
# Checks that need no build:   lint.sh [REPORT.xml]     lint.sh --format formats the C++ sources instead
# The C++ format, TypeScript's types, and that the tree names no registry host, no mirror and no folder of one machine.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

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

shell_parses() {
  local file failed=0
  for file in dev .ci/run $(tree '*.sh'); do bash -n "$file" || failed=1; done
  return "$failed"
}

if [ "${1:-}" = --format ]; then
  cpp_sources | xargs -r clang-format-19 -i
  exit
fi

# Hosts are put together here so that this file does not contain them.
check 'no registry or mirror host' none "(deb|security|snapshot)\.debian""\.org|registry\.npmjs""\.org"
check 'no resolved addresses in lock files' none '"resolved": *"https?:' ':(glob)**/package-lock.json'
check 'no folder of one machine' none '(^|[^A-Za-z0-9_.~/-])/(work|home|root|Users)/' ':!cmake/dev/lint.sh'
check 'shell scripts parse' shell_parses
check 'README shows the code that is tested' node cmake/generate/readme.mjs --check
check 'C++ is formatted (./dev fmt)' formatted
if [ -d node_modules/typescript ]; then check 'TypeScript types' typed; fi

if [ -n "$report" ]; then
  mkdir -p "$(dirname "$report")"
  printf '<testsuites><testsuite name="lint">%s</testsuite></testsuites>\n' "$cases" >"$report"
fi
[ "$failures" -eq 0 ]
