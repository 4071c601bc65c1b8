#!/usr/bin/env bash
# clang-tidy over every source file that ships (tests and benches apart), one a core. A file is looked at again only when it, a header that
# it includes or the rules have changed.
#   tools/lint.sh BUILD_FOLDER     (after the build, which knows who includes what)
set -euo pipefail
cd "$(dirname "$0")/.."
build=$1
cache="$build/lint"
mkdir -p "$cache"
files=()
for file in $(git ls-files -co --exclude-standard 'src/*.cc'); do
  case "$file" in
    *_test.cc | src/tenjo/testing/*) continue ;;
    src/tenjo/train/job/*) ;;
    # Debian 12's clang-tidy cannot read the headers of its LibTorch as C++20.
    src/tenjo/infer/torch/* | src/tenjo/train/*) continue ;;
  esac
  [ -e "$file" ] && files+=("$file")
done
keys=$(printf '%s\n' "${files[@]}" | python3 tools/lint_keys.py "$build")
todo=()
while read -r key file; do
  [ -e "$cache/$key" ] || todo+=("$key:$file")
done <<<"$keys"
[ ${#todo[@]} -eq 0 ] && exit 0
echo "clang-tidy: ${#todo[@]} files"
export build cache
printf '%s\n' "${todo[@]}" | xargs -P "$(nproc)" -I{} bash -c '
  entry="{}"; file=${entry#*:}
  if output=$(clang-tidy -p "$build" --quiet --extra-arg=-Wno-unknown-warning-option "$file" 2>/dev/null) && [ -z "$output" ]; then
    touch "$cache/${entry%%:*}"
  else
    echo "$output"; echo "clang-tidy refuses $file"; exit 1
  fi'
