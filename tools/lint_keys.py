#!/usr/bin/env python3
"""Prints "KEY FILE" for each source file named on standard input: a hash of the file, of the project's headers that it was compiled with
and of clang-tidy's rules, so that a file need not be looked at again while its key stays the same.

    tools/lint_keys.py BUILD_FOLDER < FILES

Run where the project's root is; the folder is one that Ninja has built in. A file that it has not compiled is left out.
"""
import hashlib
import os
import pathlib
import subprocess
import sys


def headers_by_source(build):
    """What Ninja found each source to include, of the project's own: {source: [headers]}, relative to the root."""
    found = {}
    # A block a compiled object: its name, then, indented, the source and all that it includes.
    for block in subprocess.run(["ninja", "-C", build, "-t", "deps"], capture_output=True, text=True,
                                check=True).stdout.split("\n\n"):
        included = (os.path.join(build, line.strip()) for line in block.splitlines()[1:] if "/src/" in line)
        own = [path for path in map(os.path.relpath, included) if path.startswith("src/")]
        for source in own:
            if source.endswith(".cc"):
                found[source] = sorted(path for path in own if path != source)
    return found


def main():
    headers = headers_by_source(sys.argv[1])
    contents = {}

    def read(path):
        if path not in contents:
            contents[path] = pathlib.Path(path).read_bytes()
        return contents[path]

    for source in sys.stdin.read().split():
        if source in headers:
            key = hashlib.sha256(read(".clang-tidy"))
            for path in (source, *headers[source]):
                key.update(path.encode() + b"\0" + hashlib.sha256(read(path)).digest())
            print(key.hexdigest(), source)


if __name__ == "__main__":
    main()
