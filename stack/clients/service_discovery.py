"""Reads of what knows which services run: Consul's catalog, the containers of Docker, pods and services of Kubernetes.

Each client's `services` sends GET requests only, a bounded number of them. Sources:
https://developer.hashicorp.com/consul/api-docs/catalog#list-services
https://docs.docker.com/reference/api/engine/version/v1.44/
https://kubernetes.io/docs/reference/using-api/api-concepts/#retrieving-large-results-sets-in-chunks
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import httpx

from stack.clients.server_client import ServerClient, ServerError, excerpt, place
from stack.records.live.discovery import SeenService

MARK = "prometheus.io/scrape"
"""The annotation, in Docker the label, of what is to be scraped."""
OF_CONSUL, PROXY = "consul", "-sidecar-proxy"
"""What Consul registers by itself."""
OF_DOCKER = ("com.docker.compose.service", "com.docker.swarm.service.name")
OF_KUBERNETES = ("app.kubernetes.io/name", "app", "k8s-app", "app.kubernetes.io/instance")
"""Labels that name a service, the best first."""
PAGE, MOST = 500, 10_000
"""Objects of Kubernetes that one answer has, and that are read of each kind."""


class DiscoveryError(ServerError):
    """A source of services did not answer as it should."""


class _Client(ServerClient):
    error = DiscoveryError

    async def read(self, path: str, kind: type[Any], **parameters: str | int) -> Any:
        """The JSON of an answer, a `kind`; raises DiscoveryError for any other."""
        answer = await self.send("GET", path, params=parameters)
        if answer.status_code != httpx.codes.OK:
            raise self.error(f"{place(answer)}: {excerpt(answer)}")
        return self.json(answer, kind)

    def shaped(self, seen: Iterator[SeenService]) -> tuple[SeenService, ...]:
        """What an answer says, which must have the shape that its API describes."""
        try:
            return tuple(seen)
        except (AttributeError, KeyError, TypeError, ValueError) as malformed:
            raise self.error(f"{self.url}: an answer of another shape: {malformed!r}") from None


class ConsulClient(_Client):
    """Consul's catalog."""

    async def services(self) -> tuple[SeenService, ...]:
        """Every registered service, but for Consul itself and the proxies of its mesh; raises DiscoveryError."""
        found = await self.read("/v1/catalog/services", dict)
        if not found:
            raise DiscoveryError(f"{self.url}: it shows no service, not even Consul: the token may read none")
        names = [name for name in found if name != OF_CONSUL and not name.endswith(PROXY)]
        return tuple(SeenService((name,), f"service {name}") for name in names)


class DockerClient(_Client):
    """The containers of a Docker Engine."""

    async def services(self) -> tuple[SeenService, ...]:
        """Every container that runs; raises DiscoveryError.

        The version of the API is the one that the engine names: releases since 29 refuse those below 1.44.
        """
        ping = await self.send("GET", "/_ping")
        if ping.status_code != httpx.codes.OK:
            raise DiscoveryError(f"{place(ping)}: {excerpt(ping)}")
        version = ping.headers.get("api-version", "")
        found = await self.read(f"/v{version}/containers/json" if version else "/containers/json", list)
        return self.shaped(_container(one) for one in found)


class KubernetesClient(_Client):
    """Pods that run, and services, of the given namespaces, or of all."""

    async def services(self, namespaces: Iterable[str] = ()) -> tuple[SeenService, ...]:
        """Every pod that runs and every service; raises DiscoveryError."""
        seen: list[SeenService] = []
        for part in [f"/namespaces/{name}" for name in namespaces] or [""]:
            pods = await self._all(f"/api/v1{part}/pods", fieldSelector="status.phase=Running")
            services = await self._all(f"/api/v1{part}/services")
            seen += self.shaped(_object(one, "pod") for one in pods)
            seen += self.shaped(_object(one, "service") for one in services)
        return tuple(seen)

    async def _all(self, path: str, **parameters: str) -> list[Mapping[str, Any]]:
        found: list[Mapping[str, Any]] = []
        more = ""
        while len(found) < MOST:
            rest = {"continue": more} if more else {}
            page = await self.read(path, dict, limit=PAGE, **parameters, **rest)
            found += page.get("items") or ()
            more = (page.get("metadata") or {}).get("continue", "")
            if not more:
                return found
        raise DiscoveryError(f"{self.url}{path}: more than {MOST} objects; name `namespaces` in the target file")


def _container(one: Mapping[str, Any]) -> SeenService:
    labels, names = one.get("Labels") or {}, [name.lstrip("/") for name in one["Names"]]
    return SeenService(
        _named([labels.get(label) for label in OF_DOCKER], names), f"container {names[0]}", _is_marked(labels)
    )


def _object(one: Mapping[str, Any], kind: str) -> SeenService:
    about = one["metadata"]
    labels, annotations = about.get("labels") or {}, about.get("annotations") or {}
    hashed = f"-{labels['pod-template-hash']}" if "pod-template-hash" in labels else ""
    owners = [owner["name"].removesuffix(hashed) for owner in about.get("ownerReferences") or ()]
    names = _named([labels.get(label) for label in OF_KUBERNETES], [*owners, about["name"]])
    return SeenService(names, f"{kind} {about['namespace']}/{about['name']}", _is_marked(annotations))


def _named(by_label: Iterable[str | None], others: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(str(name) for name in (*by_label, *others) if name))


def _is_marked(texts: Mapping[str, Any]) -> bool:
    return str(texts.get(MARK, "")).lower() == "true"
