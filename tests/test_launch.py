"""What a catalog entry says is run for a service: sidecars first, every placeholder filled in, nothing started."""

from __future__ import annotations

from pathlib import Path

import pytest

from fixtures.catalog import load
from fixtures.launch import Place, launches, log_file
from fixtures.placeholders import MissingBinaryError

SHIPPED = Path(__file__).resolve().parents[1] / "fixtures" / "services"
MINIMAL = """\
name: shop
system: demo
owner: {team: Shop, contact: shop@example.com}
metrics: {}
"""


def put(folder: Path, text: str) -> Path:
    (folder / "cat" / "shop").mkdir(parents=True)
    (folder / "cat" / "shop" / "service.yaml").write_text(text, encoding="utf-8")
    return folder / "cat"


WITH_A_REDIS = """
start:
  local:
    sidecars:
      - {name: redis, argv: ["{binary:redis}", --bind, "{host}", --port, "{port}"]}
    argv: ["{binary:redis-exporter}", "--web.listen-address={host}:{port}", "--redis.addr=redis://{host}:{port:redis}"]
"""


def test_a_launch_has_its_sidecars_first_and_every_placeholder_filled(tmp_path: Path) -> None:
    (service,) = load(put(tmp_path, MINIMAL + WITH_A_REDIS)).services
    place = Place(9121, Path("/w"), Path("/l"), sidecar_ports={"redis": 6399})
    redis, exporter = launches(service, place, lambda name: f"/bin/{name}")
    assert redis.argv[:5] == ("/bin/redis", "--bind", "127.0.0.1", "--port", "6399")
    assert (redis.ready_url, redis.port) == (None, 6399)
    assert exporter.argv[1:] == ("--web.listen-address=127.0.0.1:9121", "--redis.addr=redis://127.0.0.1:6399")
    assert exporter.ready_url == "http://127.0.0.1:9121/metrics"
    with pytest.raises(MissingBinaryError, match="no program 'redis' was found"):
        launches(service, place, lambda _name: None)
    with pytest.raises(ValueError, match="no port was chosen for redis"):
        launches(service, Place(9121, Path("/w"), Path("/l")), lambda name: name)


def test_a_stack_component_needs_no_process_and_a_go_service_its_build() -> None:
    services = {service.name: service for service in load(SHIPPED).services}
    place = Place(1, Path("/w"), Path("/l"))
    assert launches(services["prometheus"], place, lambda name: name) == ()
    with pytest.raises(ValueError, match="_dante_go has not been built"):
        launches(services["storage"], place, lambda name: name)
    assert log_file(services["docaiche-api"], Path("/l")) == Path("/l/docaiche-api.log")


def test_braces_can_be_written_plainly(tmp_path: Path) -> None:
    text = MINIMAL + 'start: {local: {argv: ["{{port}}={port}"]}}\n'
    (service,) = load(put(tmp_path, text)).services
    (launch,) = launches(service, Place(8, Path("/w"), Path("/l")), lambda name: name)
    assert launch.argv == ("{port}=8",)
