#!/usr/bin/env python3
"""Checks every #include against the one-way dependencies of the layout.

Bazel 4 lets a header through that a target reaches only by way of another
target, so the folders' rule is checked here. Prints each offence with its line
and exits with 1.

  tools/check_includes.py            # the whole tree
  tools/check_includes.py DIR        # another tree (the test's fixtures)
"""

import pathlib
import re
import sys

# folder -> folders whose headers it may include, itself apart.
LAYERS = {
    "base": [],
    "crypto": ["base"],
    "merkle": ["base", "crypto"],
    "keytrans": ["base", "crypto", "merkle"],
    "smime": ["base", "crypto"],
    "proto": [],
    "server": ["base", "crypto", "merkle", "keytrans", "smime", "proto"],
    "client": ["base", "crypto", "merkle", "keytrans", "smime", "proto"],
    # Tests may look at everything.
    "tests": ["base", "crypto", "merkle", "keytrans", "smime", "proto",
              "server", "client"],
}

# Header prefixes that only some folders may include.
ONLY_IN = [
    (r"openssl/", ["crypto", "smime", "tests/reference"]),
    (r"sodium", ["crypto"]),
    (r"grpc", ["server", "client", "tests"]),
    (r"google/protobuf/", ["server", "client", "tests"]),
    (r"leveldb/", ["server", "tests"]),
    (r"sqlite3", ["client", "tests"]),
    (r"curl/", ["client/alarms"]),
    (r"(qrencode|zlib)\.h", ["client"]),
    (r"spdlog/", ["server", "client"]),
    (r"CLI/", ["server", "client", "tests"]),
    (r"httplib", ["server/admin"]),
    (r"prometheus/", ["server/admin"]),
]

# What the pure folders must not know: threads, clocks, files.
PURE = ["merkle", "keytrans"]
NOT_IN_PURE = r"(thread|mutex|condition_variable|future|chrono|fstream|filesystem|ctime|time\.h|fcntl\.h|unistd\.h|absl/(time|synchronization|flags)/.*)$"

INCLUDE = re.compile(r'^\s*#\s*include\s+(["<])([^">]+)[">]')


def offences(root):
    for path in sorted(root.rglob("*")):
        if path.suffix not in (".h", ".cc"):
            continue
        relative = path.relative_to(root)
        folder = relative.parts[0]
        if folder not in LAYERS:
            continue
        test_code = (relative.stem.endswith("_test") or
                     "testing" in relative.parts)
        for number, line in enumerate(path.read_text().splitlines(), 1):
            match = INCLUDE.match(line)
            if not match:
                continue
            quote, header = match.groups()
            where = f"{relative}:{number}"
            target = header.split("/")[0]
            if quote == '"' and "/" not in header:
                yield f'{where}: "{header}" is not relative to the root'
                continue
            if quote == '"' and target in LAYERS:
                if target != folder and target not in LAYERS[folder]:
                    yield f"{where}: {folder}/ may not include {header}"
                continue
            for prefix, folders in ONLY_IN:
                if re.match(prefix, header) and not any(
                        str(relative).startswith(f + "/") for f in folders):
                    yield (f"{where}: <{header}> belongs in "
                           f"{', '.join(folders)} only")
            if (folder in PURE and not test_code and
                    re.match(NOT_IN_PURE, header)):
                yield f"{where}: {folder}/ is pure and may not use <{header}>"


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else
                        pathlib.Path(__file__).parent.parent)
    found = list(offences(root))
    for offence in found:
        print(offence)
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
