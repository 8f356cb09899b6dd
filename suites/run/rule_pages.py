"""Writes what is generated from the rules: one page per rule in `docs/rules/`, and the table of all of them.

python -m suites.run.rule_pages           writes
python -m suites.run.rule_pages --check   exits 1 when something is stale, and names it
"""

import sys
from itertools import groupby
from pathlib import Path

from suites.core.discovery import rules
from suites.core.rule import Bad, Good, Level, NotCollected, Rule, Unjudged

ROOT = Path(__file__).resolve().parents[2]
PAGES = ROOT / "docs" / "rules"
LONG = 60
"""An example of more lines is shown in part, …"""
ENDS_SHOWN = (6, 3)
"""… namely so many of its first and last lines."""
MEANING = {
    Level.MUST: "a breach fails the gate",
    Level.SHOULD: "a breach warns; it fails under `--fail-on warning`",
}


def page(rule: Rule) -> str:
    """The rule's page, in Markdown."""
    parts = [
        f"# {rule.id}",
        f"**{rule.title}**",
        rule.why,
        f"- Level: **{rule.level}** ({MEANING[rule.level]})"
        + ("; of an attached stack a **SHOULD**, since sites have other conventions" * rule.convention),
        f"- Judges: `{rule.record.__name__}`",
        f"- Source: <{rule.source}>",
        f"- Code: [`suites/{rule.area}/rules/{_stem(rule)}.py`](../../../suites/{rule.area}/rules/{_stem(rule)}.py)",
        "",
    ]
    parts[3:7] = ["\n".join(parts[3:7])]
    parts = [part for part in parts if part]
    parts += ["## Accepted", *(_example(good) for good in rule.good)]
    parts += ["## Rejected", *(_rejected(bad) for bad in rule.bad)]
    parts += ["## No verdict"] * bool(rule.unjudged) + [_unjudged(example) for example in rule.unjudged]
    return "\n\n".join(parts) + "\n"


def _stem(rule: Rule) -> str:
    return rule.id.partition("/")[2].replace("-", "_")


def _example(example: Good | Bad | Unjudged) -> str:
    """Fence an example so that no line of it can end the fence; what cannot be printed is shown escaped.

    Of an example of many lines, as one that breaks a budget has, the first and the last are shown.
    """
    text = "".join(char if char.isprintable() or char == "\n" else ascii(char)[1:-1] for char in example.text)
    lines = [
        line if len(line) <= 400 else f"{line[:400]}… ({len(line)} characters)" for line in text.rstrip().split("\n")
    ]
    if len(lines) > LONG:
        first, last = ENDS_SHOWN
        lines[first:-last] = [f"… ({len(lines) - first - last:,} lines left out)"]
    text = "\n".join(lines)
    fence = "~~~~" if "```" in text else "```"
    return f"{fence}text\n{text}\n{fence}"


def _rejected(bad: Bad) -> str:
    says = "\n".join(f"> {message}  " for message in bad.messages)
    return f"{_example(bad)}\n\n{says}"


def _unjudged(example: Unjudged) -> str:
    gap = isinstance(example.raised, NotCollected)
    return f"{_example(example)}\n\n> {'not evaluated' if gap else 'does not apply'}: {example.raised}  "


def table() -> str:
    """The table of all rules with their levels and titles, by area, in Markdown."""
    rows = ["# The rules\n\nWritten by `make docs` from `suites/*/rules/`: a MUST fails the gate, a SHOULD warns.\n"]
    for area, members in groupby(rules().values(), key=lambda rule: rule.area):
        listed = list(members)
        rows.append(f"## {area}: {len(listed)} rules\n")
        rows.append("| rule | level | what it asks for |\n|---|---|---|")
        for rule in listed:
            name = rule.id.partition("/")[2]
            rows.append(f"| [{name}]({rule.id}.md) | {rule.level} | {rule.title.replace('|', '&#124;')} |")
        rows.append("")
    return "\n".join(rows)


def outputs() -> dict[Path, str]:
    """Every generated file with its text."""
    made = {PAGES / f"{rule.id}.md": page(rule) for rule in rules().values()}
    made[PAGES / "README.md"] = table()
    return made


def stale() -> list[Path]:
    """The generated files that are missing, differ from what would be written, or belong to no rule."""
    made = outputs()
    different = [path for path, text in made.items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    orphans = [path for path in PAGES.glob("*/*.md") if path not in made]
    return different + orphans


def main() -> int:
    """Write everything that is stale, or with `--check` name it."""
    made = outputs()
    changed = stale()
    for path in changed:
        name = path.relative_to(ROOT)
        if "--check" in sys.argv:
            print(f"stale: {name} (run `make docs`)")  # noqa: T201  # the command's output
        elif path in made:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(made[path], encoding="utf-8")
            print(f"wrote {name}")  # noqa: T201  # the command's output
        else:
            path.unlink()
            print(f"removed {name}")  # noqa: T201  # the command's output
    return 1 if changed and "--check" in sys.argv else 0


if __name__ == "__main__":
    sys.exit(main())
