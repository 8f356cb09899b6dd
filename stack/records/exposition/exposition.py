"""What a service exposes at its metrics endpoint: the exposition and its metric families, as rules judge them.

One parser reads both formats; it never raises and reports every fault it finds.
"""

from collections import Counter
from collections.abc import Iterator, KeysView, Mapping
from dataclasses import dataclass, field, fields
from itertools import chain
from operator import itemgetter
from typing import Any, NamedTuple, Self, cast

from stack.garbage import no_collection
from stack.records.exposition.body import TEXT_AS_OPENMETRICS, Parsed, parse_text, read_body
from stack.records.exposition.family import FamilyDraft, Lone
from stack.records.exposition.faults import Fault, FaultKind
from stack.records.exposition.model import Format, Labels, Sample
from stack.records.rows import named, plain


class MetricFamily(NamedTuple):
    """One metric family: its metadata and its samples in exposed order.

    `type` is one of counter, gauge, histogram, gaugehistogram, stateset, info, summary, unknown (`untyped` of the
    text format and invalid types read as unknown). In OpenMetrics `name` is without the sample suffix
    (`http_requests`), in the text format as exposed (`http_requests_total`). Lines
    count from 1, 0 means that the metadata line is absent. `exposed_name` is the name to use in queries: a counter's
    `_total` and an info's `_info` may be left out of `name`.
    """

    name: str
    type: str
    help: str | None
    unit: str | None
    samples: tuple[Sample, ...]
    format: Format
    line: int = 0
    type_line: int = 0
    help_line: int = 0
    exposed_name: str = ""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the one family in `text`; raises ValueError where there is none or more than one."""
        families = Exposition.parse(text).families
        if len(families) != 1:
            raise ValueError(f"expected one metric family, found {[family.name for family in families]}")
        return cast(Self, families[0])

    def __reduce__(self) -> tuple[object, ...]:
        """How pickle writes it: there may be very many samples."""
        return _restored, (*self[:4], plain(self.samples), *self[5:])


def _restored(*parts: Any) -> MetricFamily:
    """Restore what `__reduce__` gave."""
    return _new(MetricFamily, (*parts[:4], named(Sample, parts[4]), *parts[5:]))


@dataclass(frozen=True, slots=True)
class Exposition:
    """A parsed exposition: every family, and every fault of the format found while reading.

    `text` is the body as decoded (undecodable bytes replaced), `size` its length in bytes, `series_count` the
    number of sample lines read. `faults` are in line order; at most `MAX_FAULTS` distinct ones of one kind are kept,
    `fault_counts` has the full numbers. `content_type` is None where the text is not from a response, and empty where
    the response had no such header. `only_to` is the `Accept` of the request where the faults are those of its answer
    alone, and not of the usual one. What is read is always one of the two subclasses below.
    """

    format: Format
    families: tuple[MetricFamily, ...]
    faults: Mapping[FaultKind, tuple[Fault, ...]]
    fault_counts: Mapping[FaultKind, int]
    text: str
    size: int
    series_count: int
    content_type: str | None = None
    only_to: str = ""
    cache: dict[str, object] = field(default_factory=dict, compare=False, repr=False)

    def __getstate__(self) -> list[object]:
        """The state for pickle: all fields, without what was only computed from them."""
        return [{} if part.name == "cache" else getattr(self, part.name) for part in fields(self)]

    def __setstate__(self, state: list[object]) -> None:
        """Restore what `__getstate__` gave."""
        for part, value in zip(fields(self), state, strict=True):
            object.__setattr__(self, part.name, value)

    @property
    def nothing_to_judge(self) -> str:
        """Why there is nothing that a rule could pass on; empty where there are samples."""
        if self.series_count:
            return ""
        return "the body is not an exposition" if "unparsable" in self.faults else "the exposition has no sample"

    def samples(self) -> Iterator[Sample]:
        """All samples of all families, family by family."""
        for family in self.families:
            yield from family.samples

    @property
    def label_values(self) -> Mapping[str, Mapping[str, Mapping[str, int]]]:
        """Per family and label name the distinct values, each with its number of samples; made once, when asked.

        `exposition.label_values["http_requests_total"]["path"]["/login"]` is a number of samples.
        """
        if "label_values" not in self.cache:
            self.cache["label_values"] = _LabelValues(self.families)
        return cast("Mapping[str, Mapping[str, Mapping[str, int]]]", self.cache["label_values"])

    @property
    def label_pairs(self) -> KeysView[tuple[str, str]]:
        """All pairs of label name and value, whatever their family, in exposed order; made once, when asked."""
        if "label_pairs" not in self.cache:
            labels = (sample[1] for family in self.families for sample in family[4])
            # In the order of memory: a set of a million pairs would be walked at a cache miss for each.
            self.cache["label_pairs"] = dict.fromkeys(chain.from_iterable(labels))
        return cast("dict[tuple[str, str], None]", self.cache["label_pairs"]).keys()

    @property
    def label_names(self) -> frozenset[str]:
        """All label names, whatever their family; made once, when asked."""
        if "label_names" not in self.cache:
            self.cache["label_names"] = frozenset(map(itemgetter(0), self.label_pairs))
        return cast("frozenset[str]", self.cache["label_names"])

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read an exposition from text, optionally headed like an HTTP response.

        The body may be preceded by a line `Content-Type: …` and an empty line; without them the body is
        OpenMetrics when its last line is `# EOF`, else text 0.0.4. On a subclass the format is that subclass's,
        whatever the text looks like. Never raises.
        """
        with no_collection():
            return cast(Self, _record(parse_text(text, _only_format(cls))))

    @classmethod
    def read(cls, body: bytes, content_type: str | None) -> Self:
        """Read the body of a response whose Content-Type header was `content_type` (None: it had none).

        The header decides the format, or, where it names no exposition format, the body as in `parse`. Never
        raises: whatever is wrong with the bytes becomes a fault.
        """
        with no_collection():
            return cast(Self, _record(read_body(body, content_type, _only_format(cls))))


class TextExposition(Exposition):
    """An exposition in Prometheus text 0.0.4; for rules on that format alone."""

    __slots__ = ()


class OpenMetricsExposition(Exposition):
    """An exposition in OpenMetrics 1.0; for rules on that format alone."""

    __slots__ = ()

    @property
    def nothing_to_judge(self) -> str:
        """Why there is nothing that a rule on the format could pass on."""
        if any(fault.subject == TEXT_AS_OPENMETRICS for fault in self.faults.get("bad_eof", ())):
            return "the body is in the text format, see `metrics/openmetrics-eof`"
        return super().nothing_to_judge


def _only_format(cls: type[Exposition]) -> Format | None:
    if issubclass(cls, TextExposition):
        return Format.TEXT
    return Format.OPENMETRICS if issubclass(cls, OpenMetricsExposition) else None


def _record(parsed: Parsed) -> Exposition:
    record = OpenMetricsExposition if parsed.format is Format.OPENMETRICS else TextExposition
    return record(
        format=parsed.format,
        families=tuple(map(_family, parsed.families)),
        faults=parsed.faults.by_kind(),
        fault_counts=parsed.faults.counts,
        text=parsed.text,
        size=parsed.size,
        series_count=sum(len(family.samples) for family in parsed.families),
        content_type=parsed.content_type,
    )


def _family(draft: FamilyDraft | Lone) -> MetricFamily:
    if type(draft) is Lone:
        return _new(MetricFamily, draft)
    draft = cast(FamilyDraft, draft)
    name, kind, samples, lines = draft.name, draft.type, tuple(draft.samples), draft.lines
    named_alike = kind not in _EXPOSED_SUFFIX or (samples and samples[0][0] == name)
    exposed = name if named_alike else _exposed_name(draft)
    at = lines["first"], lines.get("TYPE", 0), lines.get("HELP", 0)
    # As `MetricFamily(…)` would, in half the time: there may be very many.
    return _new(MetricFamily, (name, kind, draft.help, draft.unit, samples, draft.format, *at, exposed))


_new = tuple.__new__
_EXPOSED_SUFFIX = {"counter": "_total", "info": "_info"}


def _exposed_name(draft: FamilyDraft) -> str:
    full = draft.name + _EXPOSED_SUFFIX[draft.type]
    first = draft.samples[0][0] if draft.samples else ""
    if first == full:
        return full
    return draft.name if draft.format is Format.TEXT or first == draft.name else full


class _LabelValues(Mapping[str, Mapping[str, Mapping[str, int]]]):
    """The label values of families by name, each counted when it is first asked for: most never are."""

    def __init__(self, families: tuple[MetricFamily, ...]) -> None:
        self._families = {family.name: family for family in families}
        self._counted: dict[str, dict[str, dict[str, int]]] = {}

    def __getitem__(self, name: str) -> Mapping[str, Mapping[str, int]]:
        if name not in self._counted:
            self._counted[name] = _label_values(self._families[name])
        return self._counted[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._families)

    def __len__(self) -> int:
        return len(self._families)


def _label_values(family: MetricFamily) -> dict[str, dict[str, int]]:
    label_sets = list(map(itemgetter(1), family.samples))
    if len(family.samples) > 1 and (columns := _columns(label_sets)) is not None:
        return columns
    values: dict[str, dict[str, int]] = {}
    for (label, value), count in Counter(chain.from_iterable(label_sets)).items():
        values.setdefault(label, {})[value] = count
    return values


def _columns(label_sets: list[Labels]) -> dict[str, dict[str, int]] | None:
    """The values per label where all series have the same labels in the same order, as nearly always; else None.

    Label by label: a million series are then counted without a look at the pairs that all of them share.
    """
    if len(set(map(len, label_sets))) > 1:
        return None
    values: dict[str, dict[str, int]] = {}
    for place in range(len(label_sets[0])):
        pairs = list(map(itemgetter(place), label_sets))
        names = set(map(itemgetter(0), pairs))
        if len(names) > 1 or names <= values.keys():
            return None
        values[names.pop()] = dict(Counter(map(itemgetter(1), pairs)))
    return values
