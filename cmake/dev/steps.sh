# shellcheck shell=bash
# Sourced by ./dev: running one long step with its output in a log, elapsed time while it runs, and the log's tail on failure.

readonly logs=build/logs
step_number=0
step_count=0
ticker=
trap 'stop_ticker' EXIT

die() { printf 'dev: error: %s\n' "$*" >&2; exit 1; }

# plan N: how many steps follow.
plan() { step_count=$1 step_number=0; }

# step LABEL COMMAND...: returns COMMAND's status.
step() {
  local label=$1 started=$SECONDS status=0 log
  shift
  step_number=$((step_number + 1))
  log=$logs/$(printf '%02d-%s' "$step_number" "$label" | tr -c 'A-Za-z0-9\n' '-' | tr -s '-').log
  mkdir -p "$logs"
  : >"$log"
  printf '[%d/%d] %s\n' "$step_number" "$step_count" "$label"
  tick "$log" &
  ticker=$!
  "$@" >>"$log" 2>&1 || status=$?
  stop_ticker
  if [ "$status" -eq 0 ]; then
    printf '[%d/%d] %s: done in %s\n' "$step_number" "$step_count" "$label" "$(duration $((SECONDS - started)))"
  else
    printf '[%d/%d] %s: FAILED after %s; the end of %s:\n' "$step_number" "$step_count" "$label" "$(duration $((SECONDS - started)))" "$log"
    tail -n 40 "$log" | sed 's/^/    /'
  fi
  return "$status"
}

duration() { printf '%d:%02d min' $(($1 / 60)) $(($1 % 60)); }

# Shows elapsed time and the log's last line: in place on a terminal, else one line every half minute.
tick() {
  local log=$1 started=$SECONDS wait=30 line
  if [ -t 1 ]; then wait=1; fi
  while sleep "$wait"; do
    line=$(tail -n 1 "$log" | tr -d '\r' | cut -c1-90)
    if [ -t 1 ]; then
      printf '\r\033[K    %s  %s' "$(duration $((SECONDS - started)))" "$line"
    else
      printf '    %s  %s\n' "$(duration $((SECONDS - started)))" "$line"
    fi
  done
}

stop_ticker() {
  if [ -n "$ticker" ]; then
    kill "$ticker" 2>/dev/null || true
    wait "$ticker" 2>/dev/null || true
    ticker=
    if [ -t 1 ]; then printf '\r\033[K'; fi
  fi
}
