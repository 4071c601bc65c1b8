#!/usr/bin/env bash
# clang-tidy over every source file that ships (tests and benches apart), one a core. A file is looked at again only when it, a header of the
# project or the rules have changed.
#   tools/lint.sh BUILD_FOLDER
set -euo pipefail
cd "$(dirname "$0")/.."
build=$1
cache="$build/lint"
mkdir -p "$cache"
rules=$(cat .clang-tidy $(git ls-files -co --exclude-standard 'src/*.h') | sha256sum)
todo=()
for file in $(git ls-files -co --exclude-standard 'src/*.cc'); do
  case "$file" in
    *_test.cc | src/tenjo/testing/*) continue ;;
    src/tenjo/train/job/*) ;;
    # Debian 12's clang-tidy cannot read the headers of its LibTorch as C++20.
    src/tenjo/infer/torch/* | src/tenjo/train/*) continue ;;
  esac
  [ -e "$file" ] || continue
  grep -q "$PWD/$file\"" "$build/compile_commands.json" || continue
  key=$(echo "$rules" | cat - "$file" | sha256sum | cut -d' ' -f1)
  [ -e "$cache/$key" ] || todo+=("$key:$file")
done
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
