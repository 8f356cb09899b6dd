"""The jobs in Prometheus' target files, and those that should be there: the catalog's and the components'."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar, Self

from stack.text.json_text import read_json
from stack.text.yaml_text import ConfigError, read_mapping


@dataclass(frozen=True, slots=True)
class ScrapeJobs:
    """`jobs` gives the target file of every job; `catalog` and `components` are the job names expected."""

    judged_per: ClassVar[tuple[str, ...]] = ("component",)

    jobs: tuple[tuple[str, str], ...]
    catalog: tuple[str, ...]
    components: tuple[str, ...] = ()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read YAML with the keys `jobs` (job: file), `catalog` and `components` (lists of names)."""
        data = read_mapping(text).data
        jobs = tuple((str(job), str(file)) for job, file in (data.get("jobs") or {}).items())
        return cls(jobs, tuple(data.get("catalog") or ()), tuple(data.get("components") or ()))


def jobs_of(text: str, file: str) -> Iterable[tuple[str, str]]:
    """The jobs that one file_sd target file names, each with `file`.

    Source: https://prometheus.io/docs/prometheus/latest/configuration/configuration/#file_sd_config

    Raises:
        ConfigError: the text is not a list of target groups; the message names the group.

    """
    groups = read_json(text)
    if not isinstance(groups, list):
        raise ConfigError("expected a list of target groups")
    found = []
    for number, group in enumerate(groups, 1):
        labels = group.get("labels") if isinstance(group, dict) else None
        if not isinstance(labels, dict) or not isinstance(labels.get("job"), str):
            raise ConfigError(f"target group {number} has no label `job`")
        found.append((labels["job"], file))
    return found
