"""Many generated programs: `python tests/generated/campaign.py --count 2000 --seed 1`; prints all that disagree."""

from __future__ import annotations

import argparse
import sys
import time
import warnings
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from agreement import examine, shrink
from programs import program


def main() -> int:
    """0 where everything agrees."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--size", type=int, default=8)
    parser.add_argument("--shrink", action="store_true", help="leave out lines of what disagrees")
    parser.add_argument("--show", type=int, default=20, help="how many disagreements to print in full")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    start, bad, counts = time.perf_counter(), 0, Counter[str]()
    for k in range(arguments.count):
        seed = arguments.seed * 1_000_000 + k
        generated = program(seed, arguments.size)
        report = examine(generated, seed)
        counts.update(slopes=report.slopes, kinks=report.kinks, summed=report.summed > 0, columns=report.size)
        if report.wrong:
            bad += 1
            counts[f"wrong: {report.wrong[0].split(chr(10))[0][:70]}"] += 1
            if bad <= arguments.show:
                shown = shrink(generated, seed) if arguments.shrink else generated
                reasons = examine(shown, seed).wrong
                print(f"--- seed {seed}\n{shown.text}{shown.data}", *reasons, sep="\n", flush=True)
    seconds = time.perf_counter() - start
    print(f"{arguments.count} programs, {bad} disagree; {dict(counts)}; {seconds:.0f} s")
    return int(bad > 0)


if __name__ == "__main__":
    raise SystemExit(main())
