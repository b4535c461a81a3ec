"""Several workers behind one socket: one that dies is replaced for as long as the server is to run."""

import logging
import socket

import uvicorn
from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors.multiprocess import Multiprocess, Process

LOG = logging.getLogger("gatelodge.serving.run")


class Supervisor(Multiprocess):
    """uvicorn's supervisor, which ends the whole server when one worker cannot start.

    That is right at the first start, when something is set up wrongly. Later on it would let one crash during an outage
    of the database end the service for good, so then a worker that cannot start is tried again.
    """

    def __init__(self, settings: uvicorn.Config, sockets: list[socket.socket]) -> None:
        super().__init__(settings, sockets)
        self.has_served = False
        self.has_failed = False

    def init_processes(self) -> None:
        """Start the first workers."""
        self.processes = [self._hire() for _ in range(self.processes_num)]

    def keep_subprocess_alive(self) -> None:
        """Replace every worker that has died or hangs."""
        for place, worker in enumerate(self.processes):
            if self.should_exit.is_set():
                return
            if worker.is_alive(self.config.timeout_worker_healthcheck):
                self.has_served = self.has_served or worker.is_ready()
            else:
                self._replace(place, worker)

    def terminate_all(self) -> None:
        """Take nothing new, then tell every worker to finish: connections must be refused and not left waiting."""
        for listener in self.sockets:
            listener.close()
        super().terminate_all()

    def _replace(self, place: int, worker: Process) -> None:
        worker.kill()
        worker.join()
        if worker.exitcode == STARTUP_FAILURE and not self.has_served:
            self.has_failed = True
            self.should_exit.set()
            return
        LOG.warning("worker %s ended with %s and is replaced", worker.pid, worker.exitcode)
        self.processes[place] = self._hire()

    def _hire(self) -> Process:
        worker = Process(self.config, self.sockets)
        worker.start()
        worker.child_conn.close()  # the worker's end: kept open here, its death would be noticed by a timeout only
        return worker


def supervise(settings: uvicorn.Config, listener: socket.socket) -> None:
    """Run `settings.workers` workers until told to stop. Raises `SystemExit` if none can start."""
    supervisor = Supervisor(settings, [listener])
    supervisor.run()
    if supervisor.has_failed:
        raise SystemExit(STARTUP_FAILURE)
