"""What stands in the store at the moment that Prometheus asks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from prometheus_client import start_http_server
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from sqlalchemy.exc import SQLAlchemyError

from hub import pulse
from hub.metrics.counted import REGISTRY
from hub.operating import Metrics
from hub.store import stands

if TYPE_CHECKING:
    from hub.app import Hub


class Standing(Collector):
    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    def describe(self) -> list[Any]:
        """Nothing beforehand: registering must not ask the database."""
        return []

    def collect(self) -> Iterator[Any]:
        hub, up = self._hub, GaugeMetricFamily("hub_database_up", "Whether the database answers.")
        try:
            with hub.reading() as conn:
                now, names = hub.time.now(), list(hub.config.connections)
                found = stands.counts(conn, now)
                lanes = stands.connections(conn, names)
            tick = pulse.ticked_at(hub)
        except SQLAlchemyError:
            up.add_metric([], 0)
            yield up
            return
        up.add_metric([], 1)
        yield up
        for name, (says, value) in found.items():
            yield GaugeMetricFamily(f"hub_{name}", says, value)
        if tick is not None:
            yield GaugeMetricFamily(
                "hub_last_tick_age_seconds", "Since the clock last ticked.", (now - tick).total_seconds()
            )
        yield GaugeMetricFamily(
            "hub_configuration_refused", "Whether a changed configuration is refused.", int(bool(hub.refused))
        )
        families = {
            "failures": ("hub_connection_failures", "Runs that failed since the last good one."),
            "held": ("hub_connection_held", "Whether a run waits for a person."),
            "quarantined": ("hub_connection_quarantined", "Records and fields that cannot be translated."),
            "late": ("hub_connection_late_seconds", "How long it is due; 0 where it is not."),
            "calls_left": (
                "hub_connection_calls_left",
                "Calls that the system allows the hub today, as of its last run.",
            ),
        }
        for key, (name, says) in families.items():
            family = GaugeMetricFamily(name, says, labels=["connection"])
            for lane in lanes:
                number = lane.value(key, now)
                if number is not None:
                    family.add_metric([lane.name], number)
            yield family


def serve(hub: Hub, metrics: Metrics) -> tuple[int, Any] | None:
    """Listen where the configuration says: the port and the server, which has a ``shutdown``; None where nothing is to listen.
    OSError where the port cannot be used."""
    if metrics.port is None:
        return None
    collector = Standing(hub)
    REGISTRY.register(collector)
    server, _thread = start_http_server(metrics.port, addr=metrics.host, registry=REGISTRY)

    def end() -> None:
        REGISTRY.unregister(collector)
        server.shutdown()
        server.server_close()

    return server.server_port, end
