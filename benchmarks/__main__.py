"""`make bench`: run every benchmark, print the table and write it to `benchmarks/RESULTS.md`.

Each module of this folder that has a `measure() -> Iterator[Row]` is one benchmark; name some to run only those.
"""

import importlib
import sys
from pathlib import Path

from benchmarks.table import Row, as_markdown

HERE = Path(__file__).resolve().parent


def main(chosen: list[str]) -> int:
    """Measure, print and write; exit 1 when a promise was not kept."""
    rows: list[Row] = []
    for path in sorted(HERE.glob("*.py")):
        if path.stem.startswith("_") or (chosen and path.stem not in chosen):
            continue
        module = importlib.import_module(f"benchmarks.{path.stem}")
        if not hasattr(module, "measure"):
            continue
        print(f"{path.stem} …", file=sys.stderr, flush=True)
        for row in module.measure():
            print(f"  {row.what}: {row.ratio:.3g} × {row.against} (promised ≤ {row.promise:.3g})", file=sys.stderr)
            rows.append(row)
    text = as_markdown(rows)
    print(text)
    if not chosen:
        (HERE / "RESULTS.md").write_text(f"# Benchmarks\n\n{text}", encoding="utf-8")
    return 0 if rows and all(row.kept for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
