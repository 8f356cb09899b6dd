"""Alertmanager's files: refused here where Alertmanager refuses them, and nowhere else; asked of amtool where found."""

import subprocess
from pathlib import Path

import pytest

from stack.records.alerts.alertmanager import AlertmanagerConfig
from tests.support.real_servers import need

NIGHT = "{start_time: '00:00', end_time: '06:00'}"

ROUTES = {
    "group_by: ['...', job]": "beside `...`",
    "group_by: ['...']": "",
    "group_by: []": "",
    "group_wait: 0s": "",
    "group_interval: 0s": "is zero",
    "repeat_interval: 0s": "is zero",
    "repeat_interval: 90": "no duration",
    "repeat_interval: 1.5h": "no duration",
    "repeat_interval: 1d12h": "",
    "mute_time_intervals: [night]": "first route",
    "active_time_intervals: [night]": "first route",
    "continue: true": "first route",
    "continue: false": "",
    "routes: [{match_re: {a: null}}]": "no pattern",
    "routes: [{match_re: {a: b}}]": "",
    "routes: [{mute_time_intervals: [night]}]": "",
    "routes: [{routes: [{active_time_intervals: [nights]}]}]": "`nights`",
}
INTERVALS = {
    f"times: [{NIGHT}]": "",
    "times: [{start_time: '22:00', end_time: '06:00'}]": "midnight",
    "times: [{start_time: '06:00', end_time: '06:00'}]": "midnight",
    "times: [{start_time: '00:00', end_time: '24:00'}]": "",
    "times: [{start_time: 13:00, end_time: 24:00}]": "",
    "times: [{start_time: 08:00, end_time: 17:30}]": "",
    "times: [{start_time: '8:00', end_time: '17:00'}]": "needs",
    "times: [{start_time: '08:00'}]": "needs",
    "weekdays: [monday:friday, Sunday]": "",
    "weekdays: [mon]": "weekdays",
    "weekdays: [friday:monday]": "backwards",
    "weekdays: ['1:5']": "weekdays",
    "days_of_month: ['1:5', '-3:-1', 31]": "",
    "days_of_month: ['1:-1']": "",
    "days_of_month: ['0']": "days of month",
    "days_of_month: ['32']": "days of month",
    "days_of_month: ['5:1']": "backwards",
    "months: [january:march, '12', '5:august']": "",
    "months: ['13']": "",
    "months: [sept]": "months",
    "months: [december:january]": "backwards",
    "years: ['2024:2030', 2031]": "",
    "years: ['2030:2024']": "backwards",
    "location: Europe/Berlin": "",
    "location: Local": "",
    "location: UTC": "",
    "location: CEST": "`CEST`",
    "location: ../zone": "../zone",
}
RECEIVERS = {
    "webhook_configs: [{url: 'http://a/'}]": "",
    "webhook_configs: [{}]": "`url`",
    "webhook_configs: [{url: 'http://a/', url_file: /a}]": "both",
    "slack_configs: [{channel: '#a'}]": "slack_api_url",
    "slack_configs: [{channel: '#a', api_url_file: /a}]": "",
    "email_configs: [{to: a@b.c, from: a@b.c}]": "smarthost",
    "email_configs: [{to: a@b.c, from: a@b.c, smarthost: 'a:25', require_tls: false}]": "",
    "email_configs: [{from: a@b.c, smarthost: 'a:25'}]": "`to`",
    "pagerduty_configs: [{severity: error}]": "routing_key",
    "pagerduty_configs: [{service_key_file: /a}]": "",
    "opsgenie_configs: [{}]": "api_key",
    "telegram_configs: [{bot_token_file: /a}]": "chat_id",
    "telegram_configs: [{bot_token_file: /a, chat_id: -100}]": "",
    "discord_configs: [{}]": "webhook_url",
    "msteams_configs: [{webhook_url_file: /a}]": "",
    "msteamsv2_configs: [{webhook_url: 'http://a/', webhook_url_file: /a}]": "both",
    "pushover_configs: [{user_key_file: /a}]": "token",
    "victorops_configs: [{api_key_file: /a}]": "routing_key",
    "mattermost_configs: [{}]": "webhook_url",
    "rocketchat_configs: [{token_id_file: /a}]": "`token`",
    "wechat_configs: [{corp_id: a}]": "api_secret",
    "webex_configs: [{http_config: {authorization: {credentials_file: /a}}}]": "room_id",
    "sns_configs: [{sigv4: {region: eu-west-1}}]": "topic_arn",
}


def files() -> dict[str, tuple[str, str]]:
    """The text of each file, and a part of why it is refused, empty where it is not."""
    team = "receivers: [{name: team, webhook_configs: [{url: 'http://a/'}]}]"
    night = f"time_intervals: [{{name: night, time_intervals: [{{times: [{NIGHT}]}}]}}]"
    route = "route: {receiver: team, group_by: [job]}"
    return {
        **{part: (f"route: {{receiver: team, {part}}}\n{team}\n{night}\n", why) for part, why in ROUTES.items()},
        **{
            part: (f"{route}\n{team}\ntime_intervals: [{{name: n, time_intervals: [{{{part}}}]}}]\n", why)
            for part, why in INTERVALS.items()
        },
        **{part: (f"{route}\nreceivers: [{{name: team, {part}}}]\n", why) for part, why in RECEIVERS.items()},
        "an interval twice": (f"{route}\n{team}\n{night}\nmute_{night}\n", "`night`"),
        "an address in global": (
            f"global: {{slack_api_url: 'http://a/'}}\n{route}\nreceivers: [{{name: team, slack_configs: [{{}}]}}]\n",
            "",
        ),
        "two ways in global": (
            f"global: {{slack_api_url: 'http://a/', slack_api_url_file: /a}}\n{route}\n{team}\n",
            "both",
        ),
    }


FILES = files()


@pytest.mark.parametrize("case", FILES)
def test_what_alertmanager_refuses(case: str) -> None:
    text, why = FILES[case]
    problems = [message for _, message in AlertmanagerConfig.read(text, "alertmanager.yml").problems]
    assert [message for message in problems if why and why in message] == problems
    assert bool(problems) == bool(why)


def test_amtool_says_so_too(tmp_path: Path) -> None:
    (amtool,) = need("amtool")
    wrong = []
    for case, (text, why) in FILES.items():
        file = tmp_path / "alertmanager.yml"
        file.write_text(text, encoding="utf-8")
        asked = subprocess.run([amtool.path, "check-config", file], capture_output=True, text=True, check=False)
        wrong += [(case, asked.stdout, asked.stderr)] if bool(asked.returncode) != bool(why) else []
    assert wrong == []
