"""Planning, against the article's control code: time and memory in one run.

Each side runs in a process of its own and makes the plan of the same job, 1,000,000 chunks of ten.
The article's builds the whole list and its JSON text, as a control Lambda does; ours goes through
the plan chunk by chunk, as the items that the state machine carries. A plan ten times as long shows
that its length takes no memory. Exits 1 where ours is not four times as fast, takes more than a
tenth of the memory, or 64 MB for the long one.
"""

import json
import resource
import subprocess
import sys
import time

CHUNKS = 1_000_000
SIZE = 10


def article() -> None:
    """The control code of the article, and the JSON text of its answer."""
    total = CHUNKS * SIZE - 5
    count = total // SIZE
    chunks = []
    for index in range(count):
        chunks.append({"oneJobProcessingCount": SIZE, "offset": index * SIZE})
    if total % SIZE != 0:
        chunks.append({"oneJobProcessingCount": total % SIZE, "offset": count * SIZE})
    json.dumps(chunks)


def ours(chunks: int = CHUNKS) -> None:
    """The same chunks, one by one."""
    from fan_out.runtime.plan import Plan

    for _ in Plan.at_most(chunks * SIZE - 5, SIZE).items():
        pass


def long() -> None:
    """Ten times as many."""
    ours(10 * CHUNKS)


def measure(name: str) -> tuple[float, float]:
    """Seconds and MB of one side, from a process of its own."""
    done = subprocess.run(
        [sys.executable, __file__, name], check=True, capture_output=True, text=True
    )
    seconds, megabytes = done.stdout.split()
    return float(seconds), float(megabytes)


def main() -> None:
    """Measure both and print the ratios."""
    theirs, own, ten_times = measure("article"), measure("ours"), measure("long")
    print(f"planning {CHUNKS:,} chunks")
    rows = (
        ("the article's control", theirs),
        ("fan_out", own),
        (f"fan_out, {10 * CHUNKS:,}", ten_times),
    )
    for name, (seconds, megabytes) in rows:
        print(f"  {name:24} {seconds:6.2f} s {megabytes:7.0f} MB")
    faster, smaller = theirs[0] / own[0], theirs[1] / own[1]
    print(f"  {'ratio':24} {faster:6.1f} ×  {smaller:6.1f} ×")
    sys.exit(0 if faster >= 4 and smaller >= 10 and ten_times[1] < 64 else 1)


if __name__ == "__main__":
    if len(sys.argv) == 1:
        main()
    start = time.perf_counter()
    {"article": article, "ours": ours, "long": long}[sys.argv[1]]()
    print(time.perf_counter() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
