"""Planning, against the article's control code: time and memory in one run.

Each side runs in a process of its own and makes the plan of the same job, 1,000,000 chunks of ten.
The article's builds the whole list and its JSON text, as a control Lambda does; ours goes through
the plan chunk by chunk. Exits 1 where ours is the slower or takes more than a tenth of the memory.
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


def ours() -> None:
    """The same chunks, one by one."""
    from fan_out.runtime import plan

    for _ in plan(CHUNKS * SIZE - 5, SIZE):
        pass


def measure(name: str) -> tuple[float, float]:
    """Seconds and MB of one side, from a process of its own."""
    done = subprocess.run(
        [sys.executable, __file__, name], check=True, capture_output=True, text=True
    )
    seconds, megabytes = done.stdout.split()
    return float(seconds), float(megabytes)


def main() -> None:
    """Measure both and print the ratios."""
    theirs, own = measure("article"), measure("ours")
    print(f"planning {CHUNKS:,} chunks")
    for name, (seconds, megabytes) in (("the article's control", theirs), ("fan_out", own)):
        print(f"  {name:24} {seconds:6.2f} s {megabytes:7.0f} MB")
    faster, smaller = theirs[0] / own[0], theirs[1] / own[1]
    print(f"  {'ratio':24} {faster:6.1f} ×  {smaller:6.1f} ×")
    sys.exit(0 if faster > 1 and smaller > 10 else 1)


if __name__ == "__main__":
    if len(sys.argv) == 1:
        main()
    start = time.perf_counter()
    {"article": article, "ours": ours}[sys.argv[1]]()
    print(time.perf_counter() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
