#!/usr/bin/env bash
# Runs the compiled build; compiles it first when something it is made of has changed.
set -euo pipefail

root="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)"
output="$root/artifacts/bin/Build/release"
program="$output/Build.dll"
stamp="$output/build.stamp"

export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1

fail() {
  printf 'Error: %s\n' "$1" >&2
  exit 1
}

# Every input, one a line; the ones changed since the file in $1 was written appear twice.
inputs() {
  (
    cd "$root"
    shopt -s nullglob
    find build stack global.json Directory.*.props Directory.*.targets [Nn]u[Gg]et.[Cc]onfig \
      \( -path stack/stack.json -o -path stack/assets -o -path stack/examples -o -name '*.md' -o -name '.*' \) -prune \
      -o -type f -print \( -newer "$1" -o -cnewer "$1" \) -print
  )
}

is_current() {
  [[ -f "$program" && -f "$stamp" && "$(inputs "$stamp")" == "$(<"$stamp")" ]]
}

required_sdk() {
  local pattern='"version"[^"]*"([^"]+)"'
  [[ "$(<"$root/global.json")" =~ $pattern ]] && printf '%s' "${BASH_REMATCH[1]}"
}

check_sdk() {
  (cd "$root" && "$dotnet" --version) >/dev/null 2>&1 && return
  local found
  found="$("$dotnet" --list-sdks 2>/dev/null | cut -d' ' -f1 | paste -sd' ' - || true)"
  fail "the .NET SDK $(required_sdk) or a later ${sdk_band} is needed, found ${found:-none}: install it from https://dot.net/download"
}

# Says why the packages of feed/ were not found, where that is what the build's log in $1 tells.
explain_packages() {
  grep -Eq 'NU110[01].*MicroMonitored\.' "$1" || return 0
  if [[ ! -d "$root/feed" ]]; then
    printf 'There is no feed/ here, and no feed that NuGet asks carries the packages: bring feed/ back, or name a feed that does in nuget.config.\n'
    return
  fi
  local file
  while IFS= read -r file; do
    grep -q '<packageSourceMapping' "$file" 2>/dev/null || continue
    printf 'The packageSourceMapping of %s makes NuGet pass over feed/.\n' "$file"
    printf 'Put into nuget.config beside build.sh, below <configuration>:\n'
    printf '  <packageSources><add key="micromonitored" value="feed" /></packageSources>\n'
    printf '  <packageSourceMapping><packageSource key="micromonitored"><package pattern="MicroMonitored.*" /></packageSource></packageSourceMapping>\n'
    return
  done < <(cd "$root" && "$dotnet" nuget config paths 2>/dev/null)
}

# Only one build at a time; the lock goes with its process.
lock() {
  if command -v flock >/dev/null; then
    exec 9>"$output/build.lock"
    flock 9
    return
  fi

  local holder
  until ln -s "$$" "$output/build.lock" 2>/dev/null; do
    holder="$(readlink "$output/build.lock" || true)"
    if [[ -n "$holder" ]] && ! kill -0 "$holder" 2>/dev/null; then
      rm -f "$output/build.lock"
    else
      sleep 0.2
    fi
  done
  trap 'rm -f "$output/build.lock"' EXIT
}

unlock() {
  if command -v flock >/dev/null; then
    exec 9>&-
  else
    rm -f "$output/build.lock"
    trap - EXIT
  fi
}

compile() {
  check_sdk
  { mkdir -p "$output" && : >"$stamp.next"; } 2>/dev/null \
    || fail "cannot write to $output: the build compiles itself into artifacts/, so the checkout must be writable"
  lock
  if ! is_current; then
    printf 'Building the build…\n' >&2
    : >"$stamp.next"
    # Taken before compiling and each file once: what changes meanwhile makes the next run compile again.
    inputs "$stamp.next" | uniq >"$stamp.list"
    touch -r "$stamp.next" "$stamp.list"
    local log="$output/build.log"
    # No build node stays behind; the compiler server does, as after any build, for the services' build takes half the time with it.
    # Analyzers belong to the tests' build, not to every first run.
    (cd "$root" && "$dotnet" build build/Build.csproj -c Release -v:q -nologo -tl:off -clp:NoSummary \
      -nodeReuse:false -p:RunAnalyzers=false) >"$log" 2>&1 </dev/null 9>&- || {
      cat "$log" >&2
      explain_packages "$log" >&2
      fail 'the build does not compile'
    }
    mv -f "$stamp.list" "$stamp"
    rm -f "$stamp.next"
  fi
  unlock
}

sdk_band="$(required_sdk)"
sdk_band="${sdk_band%%.*}.x"
dotnet="$(command -v dotnet || true)"
[[ -n "$dotnet" || ! -x "${DOTNET_ROOT:-}/dotnet" ]] || dotnet="$DOTNET_ROOT/dotnet"
[[ -n "$dotnet" ]] || fail "'dotnet' is not on PATH: install the .NET SDK $(required_sdk) or a later $sdk_band from https://dot.net/download"

is_current || compile
exec "$dotnet" "$program" "$@"
