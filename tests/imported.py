"""Importing this imports all that the hub imports or sets up on first use, and leaves nothing open."""

from sqlalchemy.orm import configure_mappers

from connectors import registry
from connectors.clock import ManualTime
from hub.app import open_hub
from hub.config import Config
from hub.sync.run import sync_all
from mappings.lenses.countries import names
from schemas.money import minor_units
from schemas.places import is_subdivision
from tests import compiled

configure_mappers()
compiled.once()
for name in registry.names():
    registry.load(name)
_hub = open_hub(Config("sqlite://", {}, {}), time=ManualTime())
sync_all(_hub)
names()
is_subdivision("JO-AM")
minor_units("JOD")
_hub.engine.dispose()
