#!/usr/bin/env bash
# The containers backend on a real engine: the suite on the shipped compose file, and the tests that need an engine.
#
# Uses the engine that answers, else starts one of its own and stops it again. Where there is none and none can be
# started (not root, no packages, a sandbox that forbids it) it says so and leaves the rest of CI as it is.
set -euo pipefail
cd "$(dirname "$0")/.."
python=.venv/bin/python

say() { printf 'containers: %s\n' "$*"; }

ours() { "$python" -c 'from tests.support.images import engine; exit(not engine.answers(f"unix://{engine.home()}/docker.sock"))'; }

if ours; then
  say "our engine runs already, and is left running"
else
  trap '"$python" -m tests.support.images.engine stop' EXIT
fi
if ! engine=$("$python" -m tests.support.images.engine start); then
  say "NOT RUN: no container engine can be had here, see the lines above"
  exit 0
fi
eval "$engine"
say "engine $(docker version --format '{{.Server.Version}}'), compose $(docker compose version --short)"

# Images of the programs on this machine, so that no registry is needed.
if ! images=$("$python" -m tests.support.images.build); then
  say "the images could not all be built, see the lines above"
  # As root on Debian everything was installed before, so this is a fault; elsewhere programs may rightly be missing.
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then exit 1; fi
  say "NOT RUN: without these images there is no stack to judge"
  exit 0
fi
while IFS='=' read -r name value; do export "$name=$value"; done <<<"$images"

"$python" -m pytest suites/ --stack containers --no-retention-trial --report-dir reports/out/containers
delivery=(live loki=container promtail=container)
if grep -qE '^(LOKI|PROMTAIL)_IMAGE=none$' <<<"$images"; then
  delivery=(none)
  say "DELIVERY NOT EVALUATED in containers: no Loki and Promtail here to make images of, see docs/real-servers.md"
fi
"$python" .ci/evidence.py reports/out/containers/report.json "${delivery[@]}" prometheus=container
"$python" -m pytest tests/ -m engine -p no:cacheprovider
