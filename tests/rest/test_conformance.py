"""Two shapes of declaration keep what the hub relies on, whatever goes wrong between it and the system."""

from __future__ import annotations

from hub.conformance import kit
from tests.rest import subjects

TestRest = kit.suite(subjects.Rest)
TestRestCompared = kit.suite(subjects.RestCompared)
