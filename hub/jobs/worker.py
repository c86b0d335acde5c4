"""One worker of several: takes from the queue of its configuration as long as it fits in with the others."""

from __future__ import annotations

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING

from hub.door.watch import Folders
from hub.jobs import queue
from hub.jobs.presence import Presence
from hub.reload import Files

if TYPE_CHECKING:
    from hub.app import Hub

log = logging.getLogger("hub.jobs")
LOOK = 1.0
AGAIN = 3.0
"""Seconds before it tries again what the database refused."""


class Worker:
    """``places``: runs at the same time. ``run`` returns after ``stop``, when those under way are done."""

    def __init__(self, hub: Hub, places: int) -> None:
        self._hub = hub
        self._places = places
        self._presence = Presence(hub, "worker")
        self._files = Files(hub)
        self._folders = Folders(hub)
        self._told: asyncio.Event | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def run(self) -> None:
        queue.prepare(self._hub.engine)
        self._presence.begin()
        try:
            asyncio.run(self._main())
        finally:
            self._presence.end()

    def stop(self) -> None:
        """From any thread or signal handler. Runs under way end at their next safe place."""
        self._hub.stopping.set()
        if self._loop is not None and self._told is not None:
            self._loop.call_soon_threadsafe(self._told.set)

    async def _main(self) -> None:
        self._loop, self._told = asyncio.get_running_loop(), asyncio.Event()
        if self._hub.stopping.is_set():
            return  # told so before there was a loop to tell
        # A place each for the runs, and some for dispatch, chores and looking round.
        self._loop.set_default_executor(ThreadPoolExecutor(self._places + 4, thread_name_prefix="sync"))
        while not self._told.is_set():
            if await self._fits():
                try:
                    await self._take()
                except Exception as error:
                    log.warning("The queue cannot be reached (%s: %s); trying again.", type(error).__name__, error)
                    await self._rest(AGAIN)
            else:
                await self._rest(LOOK)

    async def _rest(self, seconds: float) -> None:
        assert self._told is not None
        with suppress(TimeoutError):
            await asyncio.wait_for(self._told.wait(), seconds)

    async def _fits(self) -> bool:
        try:
            return await asyncio.to_thread(self._look)
        except Exception as error:
            log.warning("The database cannot be reached (%s); trying again.", type(error).__name__)
            return False

    def _look(self) -> bool:
        self._files.look()
        self._presence.show()
        self._hub.ticked_at = self._hub.time.now()
        return self._presence.unfit() is None

    async def _take(self) -> None:
        """Work off the queue until told to stop, or until the configuration changes or does not fit any more."""
        assert self._told is not None
        name = queue.name_of(self._hub)
        app = queue.app(self._hub, self._folders, self._places, self._presence.id)
        async with app.open_async():
            working = asyncio.create_task(
                app.run_worker_async(
                    queues=[name],
                    concurrency=self._places + 1,
                    delete_jobs="always",
                    install_signal_handlers=False,
                    fetch_job_polling_interval=5.0,
                    update_heartbeat_interval=10.0,
                    stalled_worker_timeout=queue.STALLED,
                )
            )
            while not working.done() and not self._told.is_set():
                await self._rest(LOOK)
                if not await self._fits() or queue.name_of(self._hub) != name:
                    break
            if not working.done():
                working.cancel()  # graceful: it takes nothing new, and what runs comes to its end
            with suppress(asyncio.CancelledError):
                await working
