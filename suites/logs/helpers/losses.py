"""Why lines were lost, as far as the agent and the store counted it, and what to change."""

from collections.abc import Iterator, Sequence

from stack.records.logs.delivery import Delivery
from stack.records.logs.entry import EmittedLine
from stack.records.logs.losses import Losses
from suites.logs.helpers.delivered import STORE

_REFUSED = {
    "rate_limited": "raise `ingestion_rate_mb` and `ingestion_burst_size_mb`, or log less",
    "per_stream_rate_limit": "raise `per_stream_rate_limit` and `per_stream_rate_limit_burst`, or log less",
    "stream_limit": "raise `max_global_streams_per_user`, or take out labels with many values",
    "line_too_long": "raise `max_line_size`, set `max_line_size_truncate: true`, or write less in one line",
    "max_label_names_per_series": "send fewer labels, or raise `max_label_names_per_series`",
    "label_name_too_long": "shorten the names of labels, or raise `max_label_name_length`",
    "label_value_too_long": "shorten the values of labels, or raise `max_label_value_length`",
    "missing_labels": "send at least one label",
    "invalid_labels": "send labels with valid names and values",
    "duplicate_label_names": "send each label once",
    "disallowed_structured_metadata": "set `allow_structured_metadata: true`",
    "structured_metadata_too_large": "send less structured metadata, or raise `max_structured_metadata_size`",
    "structured_metadata_too_many": ("send less structured metadata, or raise `max_structured_metadata_entries_count`"),
    "blocked_ingestion": "take out `block_ingestion_until`",
}
_REFUSED_BY_TIME = {
    "greater_than_max_sample_age": "the lines are older than `reject_old_samples_max_age` allows",
    "too_far_in_future": "the lines are further in the future than `creation_grace_period` allows",
    "too_far_behind": (
        "the lines are further behind the newest one of their stream than half of `ingester.max_chunk_age` allows"
    ),
    "out_of_order": "the lines are older than the newest one of their stream: set `unordered_writes: true`",
}
_STAGES = {
    "drop_stage": "stage `drop`",
    "ratelimit_drop_stage": "stage `limit`",
    "sampling_stage": "stage `sampling`",
    "match_stage": "stage `match` with `action: drop`",
    "global_rate_limiter_drop": "`limits_config.readline_rate`",
}
_DROPPED = {
    "line_too_long": "raise `limits_config.max_line_size` of the agent, or write less in one line",
    "stream_limited": "raise `limits_config.max_streams` of the agent",
    "rate_limited": "let it retry longer (`backoff_config`)",
}
_ANSWERS = {
    "-1": "correct the address in `clients.url`",
    "401": "it requires a tenant: set `auth_enabled: false` there, or `tenant_id` in `clients` and the same in queries",
    "403": "give the agent an account that may push",
    "404": "nothing is at that path: `clients.url` ends in `/loki/api/v1/push`",
    "405": "that path takes no pushes: `clients.url` ends in `/loki/api/v1/push`",
}


def reasons(lost: Sequence[EmittedLine], delivery: Delivery) -> Iterator[str]:
    """Each counted reason why `lost` lines may be missing, with what to change; those that only time explains last."""
    counted = delivery.losses
    if counted is None:
        return
    if unread(lost, delivery):
        yield f"the agent has not read {lost[0].file}: no `__path__` of a job in {delivery.agent} matches it"
        return
    found = [*_pushes(counted, delivery), *_refused(counted, lost, delivery), *_dropped(counted, delivery)]
    yield from found or _by_time(counted)


def unread(lines: Sequence[EmittedLine], delivery: Delivery) -> bool:
    """Whether the agent is known not to have read the files of `lines`."""
    counted = delivery.losses
    if counted is None or not counted.agent_known:
        return False
    return not any(_is(path, line.file) for line in lines for path in counted.read)


def _is(path: str, file: str | None) -> bool:
    """Whether the agent's `path` is `file`, which has other folders in a container and another suffix once rotated."""
    return file is not None and "/".join(file.split("/")[-3:]).startswith("/".join(path.split("/")[-3:]))


def _pushes(counted: Losses, delivery: Delivery) -> Iterator[str]:
    for status in counted.answers:
        what = f"the store answers pushes with {status}" if status != "-1" else "pushes reach no store"
        if status in _ANSWERS:
            yield f"{what}: {_ANSWERS[status]} ({delivery.agent})"
        elif status.startswith("5"):
            yield f"{what}: see its log"


def _refused(counted: Losses, lost: Sequence[EmittedLine], delivery: Delivery) -> Iterator[str]:
    longest = max((line.length for line, _ in delivery.found), default=0)
    for reason, number in counted.refused.items():
        if reason == "invalid_labels" and len(counted.refused) > 1:
            continue  # Loki counts it beside the reason that it has for labels
        fits = reason != "line_too_long" or any(line.length > longest for line in lost)
        if fits and reason not in _REFUSED_BY_TIME:
            hint = _REFUSED.get(reason, "see `limits_config`")
            yield f"the store refused lines as `{reason}` (counted {number:,}, with retries): {hint} ({STORE})"


def _dropped(counted: Losses, delivery: Delivery) -> Iterator[str]:
    for reason, number in counted.stages.items():
        stage = _STAGES.get(reason, f"a stage with the reason `{reason}`")
        yield f"{stage} of {delivery.agent} drops lines (counted {number:,})"
    for reason, number in counted.dropped.items():
        if reason in _DROPPED:
            yield f"the agent gave up lines as `{reason}` (counted {number:,}): {_DROPPED[reason]} ({delivery.agent})"


def _by_time(counted: Losses) -> Iterator[str]:
    for reason, number in counted.refused.items():
        if reason in _REFUSED_BY_TIME:
            yield f"the store refused lines as `{reason}` (counted {number:,}): {_REFUSED_BY_TIME[reason]} ({STORE})"
