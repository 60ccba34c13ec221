#!/usr/bin/env python3
"""Where the processor time of publishing and of look-ups goes, as a picture.

  bazel build --config=bench //tests/bench:directory_bench //server:sealbookd
  tests/bench/profile.py docs/images/profile.svg

Runs directory_bench below `perf record` (Debian: linux-perf) and sorts the
samples by the functions on their stacks: the sequencer's threads and LevelDB's
into parts of a publication, what answers queries into parts of a look-up.
Shares, not times: they hold on a busy machine, too.
"""
import argparse
import collections
import html
import pathlib
import subprocess
import sys
import tempfile

# Of each picture: its name, the functions that its samples stand below, and its
# parts. A sample belongs to the first part that has a function on its stack;
# the words are beginnings of what perf prints.
PICTURES = [
    ("A publication, from the queue",
     ["sealbook::server::Sequencer::Impl::Run", "sealbook::server::WorkerPool",
      "libleveldb"],
     [("VRF output", ["EcvrfP256PrivateKey::Evaluate", "VrfPrivateKey::Evaluate"]),
      ("LevelDB: commit", ["LevelDbStorage::Commit", "LevelDbStorage::PutRecord"]),
      ("reading what is there",
       ["server::ReadLabelStates", "server::ReadRevocationState",
        "LevelDbStorage::Read"]),
      ("prefix trees", ["merkle::InsertLeaves", "SubtreeEditor"]),
      ("values and commitments", ["SealVersion", "server::SealBatch"]),
      ("planning", ["server::PlanBatch"]),
      ("reading back, mark, signature", ["LogWriter::Write"]),
      ("records of the batch", ["LogWriter::Prepare"]),
      # Debian's library has no symbols; what is left of it is its own thread.
      ("LevelDB: tables written and merged", ["libleveldb"])]),
    ("A look-up, without what gRPC does around it",
     ["sealbook::server::TaskQueue::Work", "sealbook::server::TaskQueue::TryRun"],
     [("VRF proof", ["StoredLog::ProveVrf"]),
      ("LevelDB reads", ["LevelDbStorage::Read"]),
      ("pages: decode, check, hash", ["merkle::Page::Decode", "merkle::Check"]),
      ("prefix proofs", ["merkle::ProveLookups"]),
      ("commitment check", ["keytrans::CommitToValue"]),
      ("encoding", ["SearchResponse::Encode", "server::EncodeInto",
                    "WriteMessage"]),
      ("gRPC and TLS", ["grpc::", "grpc_", "SSL_"]),
      ("rest of the prover", ["keytrans::"])]),
]
COLOURS = ["#4e79a7", "#f28e2b", "#e15759", "#76b7b2", "#59a14f", "#edc948",
           "#b07aa1", "#ff9da7", "#9c755f", "#bab0ac"]


def record(bench, sealbookd, addresses, data):
    command = ["perf", "record", "-q", "-F", "97", "--call-graph", "dwarf,16384",
               "-o", data, "--", bench, f"--sealbookd={sealbookd}",
               f"--addresses={addresses}", "--certificates=100",
               "--lookups=50000", "--memory-lookups=100"]
    subprocess.run(command, check=True, stdout=sys.stderr)


def stacks(data):
    """Functions of each sample, each with its library."""
    script = subprocess.Popen(
        ["perf", "script", "-i", data, "--no-inline", "-F", "ip,sym,dso"],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    stack = []
    for line in script.stdout:
        if line.strip():
            stack.append(line.split(None, 1)[1].strip())
        elif stack:
            yield stack
            stack = []
    if stack:
        yield stack


def on(stack, names):
    return any(name in function for function in stack for name in names)


def shares(data):
    counts = [collections.Counter() for _ in PICTURES]
    for stack in stacks(data):
        # Look-ups first: LevelDB is on their stacks, too.
        for count, (_, roots, parts) in reversed(list(zip(counts, PICTURES))):
            if on(stack, roots):
                name = next((n for n, names in parts if on(stack, names)), "rest")
                count[name] += 1
                break
    return counts


def svg(counts):
    width, height, left = 860, 30, 20
    out = []
    y = 30
    for (title, _, _), count in zip(PICTURES, counts):
        total = sum(count.values())
        out.append(f'<text x="{left}" y="{y}" font-weight="bold">'
                   f"{html.escape(title)} ({total} samples)</text>")
        y += 10
        x = float(left)
        legend = []
        for i, (name, n) in enumerate(count.most_common()):
            share = n / total
            colour = COLOURS[i % len(COLOURS)]
            out.append(f'<rect x="{x:.1f}" y="{y}" width="{share * width:.1f}" '
                       f'height="{height}" fill="{colour}"/>')
            x += share * width
            legend.append((colour, f"{name} {100 * share:.0f} %"))
        y += height + 20
        for i, (colour, text) in enumerate(legend):
            column, row = i % 3, i // 3
            tx, ty = left + column * 290, y + row * 20
            out.append(f'<rect x="{tx}" y="{ty - 11}" width="12" height="12" '
                       f'fill="{colour}"/><text x="{tx + 18}" y="{ty}">'
                       f"{html.escape(text)}</text>")
        y += 20 * ((len(legend) + 2) // 3) + 30
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="900" height="{y}" '
            'font-family="sans-serif" font-size="14">\n'
            f'<rect width="900" height="{y}" fill="white"/>\n'
            + "\n".join(out) + "\n</svg>\n")


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("picture", type=pathlib.Path, help="SVG file to write")
    parser.add_argument("--addresses", type=int, default=100_000)
    parser.add_argument("--bench", default="bazel-bin/tests/bench/directory_bench")
    parser.add_argument("--sealbookd", default="bazel-bin/server/sealbookd")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        data = f"{folder}/perf.data"
        record(options.bench, options.sealbookd, options.addresses, data)
        counts = shares(data)
    for (title, _, _), count in zip(PICTURES, counts):
        if not count:
            sys.exit(f"no samples of: {title}")
        print(title)
        for name, n in count.most_common():
            print(f"  {100 * n / sum(count.values()):5.1f} %  {name}")
    options.picture.write_text(svg(counts))


if __name__ == "__main__":
    main()
