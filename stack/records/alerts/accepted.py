"""What Alertmanager refuses in its file beside wrong keys and types: receivers, groups, time intervals.

Source: https://prometheus.io/docs/alerting/latest/configuration/
"""

import re
from collections.abc import Iterator
from zoneinfo import ZoneInfo

from stack.text.durations import seconds
from stack.text.view import View

Problem = tuple[View, str]

_SLACK = (
    "api_url api_url_file app_token app_token_file "
    "global.slack_api_url global.slack_api_url_file global.slack_app_token global.slack_app_token_file"
)
_NEEDED: dict[str, tuple[str, ...]] = {
    "discord_configs": ("webhook_url webhook_url_file",),
    "email_configs": ("to", "smarthost global.smtp_smarthost", "from global.smtp_from"),
    "mattermost_configs": (
        "webhook_url webhook_url_file global.mattermost_webhook_url global.mattermost_webhook_url_file",
    ),
    "msteams_configs": ("webhook_url webhook_url_file",),
    "msteamsv2_configs": ("webhook_url webhook_url_file",),
    "opsgenie_configs": ("api_key api_key_file global.opsgenie_api_key global.opsgenie_api_key_file",),
    "pagerduty_configs": ("routing_key routing_key_file service_key service_key_file",),
    "pushover_configs": ("user_key user_key_file", "token token_file"),
    "rocketchat_configs": (
        "token token_file global.rocketchat_token global.rocketchat_token_file",
        "token_id token_id_file global.rocketchat_token_id global.rocketchat_token_id_file",
    ),
    "slack_configs": (_SLACK,),
    "sns_configs": ("topic_arn phone_number target_arn",),
    "telegram_configs": (
        "bot_token bot_token_file global.telegram_bot_token global.telegram_bot_token_file",
        "chat_id chat_id_file",
    ),
    "victorops_configs": ("api_key api_key_file global.victorops_api_key global.victorops_api_key_file", "routing_key"),
    "webex_configs": ("room_id",),
    "webhook_configs": ("url url_file",),
    "wechat_configs": (
        "api_secret api_secret_file global.wechat_api_secret global.wechat_api_secret_file",
        "corp_id global.wechat_api_corp_id",
    ),
}
"""What each integration cannot do without: of every line one key is enough."""

_DURATION = re.compile(r"(\d+(ms|[smhdwy]))+|0")
_WEEKDAYS = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
_MONTHS = (
    "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december",
)  # fmt: skip
_TIME = re.compile(r"([01]\d|2[0-3]):([0-5]\d)|24:00")


def refusals(root: View) -> Iterator[Problem]:
    """Why Alertmanager refuses a file, each with the place."""
    for receiver in root["receivers"].objects():
        for kind, configs in receiver.fields():
            for config in configs.objects() if kind.endswith("_configs") and configs.is_a(list) else ():
                yield from _integration(kind, config, root["global"])
    yield from _two_ways(root["global"])
    named = [*root["time_intervals"].objects(), *root["mute_time_intervals"].objects()]
    names = [one["name"].text() for one in named]
    for one in named:
        if names.count(one["name"].text()) > 1:
            yield one, f"two time intervals have the name `{one['name'].text()}`"
        for interval in one["time_intervals"].objects():
            yield from _interval(interval)
    yield from _route(root["route"], frozenset(names), first=True)
    for inhibition in root["inhibit_rules"].objects():
        yield from _without_pattern(inhibition, "source_match_re")
        yield from _without_pattern(inhibition, "target_match_re")


def _integration(kind: str, config: View, common: View) -> Iterator[Problem]:
    yield from _two_ways(config)
    for line in _NEEDED.get(kind, ()):
        keys = line.split()
        of_global = [key.removeprefix("global.") for key in keys if key.startswith("global.")]
        if not any(config[key] for key in keys) and not any(common[key] for key in of_global):
            own = " or ".join(f"`{key}`" for key in keys if "." not in key)
            inherited = f", and `global` has no {' or '.join(f'`{key}`' for key in of_global)}" if of_global else ""
            yield config, f"`{config.place}` has no {own}{inherited}"


def _two_ways(config: View) -> Iterator[Problem]:
    for key, value in config.fields():
        if value and config[f"{key}_file"]:
            yield value, f"`{config.place}` has both `{key}` and `{key}_file`"


def _route(route: View, intervals: frozenset[str], *, first: bool = False) -> Iterator[Problem]:
    yield from _without_pattern(route, "match_re")
    groups = route["group_by"].texts()
    if "..." in groups and len(groups) > 1:
        yield route["group_by"], f"`{route.place}.group_by` has other labels beside `...`, which stands for all of them"
    for key in ("group_wait", "group_interval", "repeat_interval"):
        text = route[key].text()
        if text and not _DURATION.fullmatch(text):
            yield route[key], f"`{route.place}.{key}` is `{text}`, which is no duration, such as `5m`"
        elif text and key != "group_wait" and seconds(text) == 0:
            yield route[key], f"`{route.place}.{key}` is zero"
    for key in ("mute_time_intervals", "active_time_intervals"):
        names = route[key].texts()
        if names and first:
            yield route[key], f"`{route.place}` is the first route, which cannot have `{key}`"
        for name in names:
            if name not in intervals:
                yield route[key], f"`{route.place}.{key}` names `{name}`, which is not among the time intervals"
    if first and route["continue"].value is True:
        yield route["continue"], f"`{route.place}` is the first route, which cannot have `continue`"
    for one in route["routes"].objects():
        yield from _route(one, intervals)


def _without_pattern(view: View, key: str) -> Iterator[Problem]:
    for name, value in view[key].fields():
        if value.value is None:
            yield view[key], f"`{view.place}.{key}` has no pattern for `{name}`"


def _interval(interval: View) -> Iterator[Problem]:
    for one in interval["times"].objects():
        start, end = _minutes(one["start_time"]), _minutes(one["end_time"])
        if start is None or end is None:
            yield one, f"`{one.place}` needs a `start_time` and an `end_time`, such as `09:00`, at most `24:00`"
        elif start >= end:
            yield one, f"`{one.place}` starts at or after its end: it cannot go over midnight"
    for key, known in (("weekdays", _WEEKDAYS), ("months", _MONTHS), ("days_of_month", ()), ("years", ())):
        for item in interval[key].items() if interval[key].is_a(list) else ():
            bounds = [_position(part.strip().lower(), known) for part in item.text().split(":")]
            wrong = None in bounds or len(bounds) > 2
            wrong = wrong or (key == "days_of_month" and any(not 1 <= abs(one or 0) <= 31 for one in bounds))
            ordered = [one or 0 for one in bounds]
            backwards = ordered != sorted(ordered) and ordered[0] * ordered[-1] >= 0
            if wrong or backwards:
                why = "runs backwards" if backwards and not wrong else f"is none of {key.replace('_', ' ')}"
                yield item, f"`{item.place}` is `{item.text()}`, which {why}"
    location = interval["location"].text()
    if location and not _known(location):
        yield interval["location"], f"`{location}` is no location of the time zone database, such as `Europe/Berlin`"


def _minutes(time: View) -> int | None:
    """A time of day in minutes. YAML 1.1 reads `13:00` without quotes as a number to the base 60: its minutes."""
    if time.is_a(int) and 0 <= time.value <= 24 * 60:
        return int(time.value)
    text = time.text() if time.is_a(str) else ""
    return int(text[:2]) * 60 + int(text[3:]) if _TIME.fullmatch(text) else None


def _position(text: str, known: tuple[str, ...]) -> int | None:
    if text in known:
        return known.index(text) + (known is _MONTHS)
    number = known is not _WEEKDAYS and re.fullmatch(r"-?\d{1,4}", text)
    return int(text) if number else None


def _known(location: str) -> bool:
    """Whether a location is in the database of time zones; yes where this machine has none."""
    for name in (location, "Europe/Berlin"):
        try:
            ZoneInfo(name)
        except (ValueError, OSError):  # the first is not a path below the database, the second a folder of it
            return False
        except KeyError:
            continue
        return name == location or location == "Local"
    return True
