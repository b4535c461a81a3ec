"""Several workers behind one socket: one that dies is replaced for as long as the server is to run."""

import logging
import signal
import socket
import time
from collections.abc import Callable

import uvicorn
from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors.multiprocess import Multiprocess, Process

from gatelodge.serving.settings import GRACE
from gatelodge.serving.signals import leave_when_told
from gatelodge.telemetry import metrics

LOG = logging.getLogger(__name__)

START_SECONDS = 60.0  # that a new worker gets until it serves, before the one it is to replace is kept
END_SECONDS = GRACE + 5.0  # that a worker gets from being told to finish until it is killed


class Worker(Process):
    """One worker, which ends as whoever told it to expects. Nobody but the supervisor begins it anew."""

    def target(self, sockets: list[socket.socket] | None = None) -> None:
        """Serve; called in the worker's own process."""
        leave_when_told(heeds_hangup=False)
        super().target(sockets)


class Supervisor(Multiprocess):
    """uvicorn's supervisor, which ends the whole server when one worker cannot start.

    That is right at the first start, when something is set up wrongly. Later on it would let one crash during an outage
    of the database end the service for good, so then a worker that cannot start is tried again.
    """

    def __init__(
        self, settings: uvicorn.Config, sockets: list[socket.socket], renew: Callable[[], uvicorn.Config] | None
    ) -> None:
        super().__init__(settings, sockets)
        self.has_served = False
        self.has_failed = False
        self.accepting = 0  # workers that answered when they were last asked, and accept connections
        self._renew = renew

    def init_processes(self) -> None:
        """Start the first workers."""
        self.processes = [self._hire() for _ in range(self.processes_num)]

    def keep_subprocess_alive(self) -> None:
        """Replace every worker that has died or hangs."""
        accepting = 0
        for place, worker in enumerate(self.processes):
            if self.should_exit.is_set():
                return
            if worker.is_alive(self.config.timeout_worker_healthcheck):
                accepting += worker.is_ready()
            else:
                self._replace(place, worker)
        self.accepting = accepting
        self.has_served = self.has_served or accepting > 0

    def handle_hup(self) -> None:
        """Begin anew, or end where nobody knows with what."""
        if self._renew is None:
            self.handle_term()
            return
        before = self.config
        try:
            self.config = self._renew()
            self.restart_all()
        except Exception as error:  # noqa: BLE001 - whatever is wrong with what is new, what is old serves
            self.config = before  # for whoever replaces one that dies
            LOG.error("refused to begin anew: %s", error)

    def restart_all(self) -> None:
        """Replace one worker after the other; each goes when its successor accepts connections."""
        for place, old in enumerate(self.processes):
            new = self._hire()
            if not self._serves(new):
                self._dismiss(new)
                if self._is_told_to_end():
                    return
                raise RuntimeError(f"worker {new.pid} does not start, the others stay as they are")
            self.processes[place] = new
            old.terminate()
            self._see_off(old, END_SECONDS)

    def terminate_all(self) -> None:
        """Take nothing new, then tell every worker to finish: connections must be refused and not left waiting."""
        self.accepting = 0
        for listener in self.sockets:
            listener.close()
        super().terminate_all()

    def join_all(self) -> None:
        """Wait until every worker has finished, and for none that hangs."""
        deadline = time.monotonic() + END_SECONDS
        for worker in self.processes:
            self._see_off(worker, deadline - time.monotonic())

    def _serves(self, new: Process) -> bool:
        """Whether it accepts connections in time, and nobody tells the server to end meanwhile."""
        deadline = time.monotonic() + START_SECONDS
        while new.process.is_alive() and time.monotonic() < deadline and not self._is_told_to_end():
            if new.wait_until_ready(1.0):
                return True
        return False

    def _is_told_to_end(self) -> bool:
        """Whether a signal waits that ends the server: signals are heeded between two rounds."""
        return not {signal.SIGTERM, signal.SIGINT}.isdisjoint(self.signal_queue)

    def _replace(self, place: int, worker: Process) -> None:
        self._dismiss(worker)
        if worker.exitcode == STARTUP_FAILURE and not self.has_served:
            self.has_failed = True
            self.should_exit.set()
            return
        LOG.warning("worker %s ended with %s and is replaced", worker.pid, worker.exitcode)
        try:
            self.processes[place] = self._hire()
        except OSError as error:  # no memory, no process left: the next round tries again
            LOG.error("no worker can be started: %s", error)

    def _see_off(self, worker: Process, seconds: float) -> None:
        """Wait until a worker that was told to finish has ended; one that does not is killed."""
        worker.process.join(max(seconds, 0.0))
        if worker.process.is_alive():
            LOG.warning("worker %s does not finish and is killed", worker.pid)
        self._dismiss(worker)

    @staticmethod
    def _dismiss(worker: Process) -> None:
        worker.kill()
        worker.join()
        metrics.forget_the_dead()

    def _hire(self) -> Process:
        worker = Worker(self.config, self.sockets)
        worker.start()
        worker.child_conn.close()  # the worker's end: kept open here, its death would be noticed by a timeout only
        return worker
