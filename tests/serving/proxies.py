"""The usual reverse proxies in front of a server: found on this machine, or installed once if that is possible."""

import shutil
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import pytest
from tests.packages import install
from tests.ports import free_port
from tests.server_process import eventually
from tests.serving.raw import is_open

INSTALL_SECONDS = 180

# With the lines that everybody copies for WebSockets: they pass every offer of an upgrade on.
NGINX = """
daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log; worker_processes 1; master_process off;
events {{ worker_connections 64; }}
http {{
  access_log off; client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  map $http_upgrade $connection_upgrade {{ default upgrade; '' ''; }}
  upstream server {{ server 127.0.0.1:{server}; keepalive 4; }}
  server {{
    listen 127.0.0.1:{port};
    location / {{
      proxy_pass http://server; proxy_http_version 1.1; proxy_request_buffering off; proxy_set_header Host $http_host;
      proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $connection_upgrade;
    }}
  }}
}}
"""

HAPROXY = """
defaults
  mode http
  timeout connect 10s
  timeout client 30s
  timeout server 30s
listen front
  bind 127.0.0.1:{port}
  http-reuse always
  server one 127.0.0.1:{server}
"""

PROGRAMS = {
    "nginx": (NGINX, ("-p", "{folder}", "-c", "{configuration}")),
    "haproxy": (HAPROXY, ("-db", "-f", "{configuration}")),
}


@contextmanager
def proxy(name: str, folder: Path, server: int) -> Generator[int]:
    """Run a proxy in front of the port `server`, and yield its own. Skips the test if it cannot be had."""
    program = find(name)
    if program is None:
        pytest.skip(f"NO {name}: framing was not tried through it; install the package {name}")
    template, words = PROGRAMS[name]
    port, configuration = free_port(), folder / f"{name}.conf"
    configuration.write_text(template.format(folder=folder, port=port, server=server))
    arguments = [word.format(folder=folder, configuration=configuration) for word in words]
    with (folder / f"{name}.log").open("wb") as log:
        process = subprocess.Popen([program, *arguments], stdout=log, stderr=log)
    try:
        eventually(lambda: is_open(port), f"{name} listens")
        yield port
    finally:
        process.terminate()
        process.wait()


@cache
def find(name: str) -> str | None:
    """Return the program, or `None` if there is none and none can be installed."""
    return _there(name) or (install(name, INSTALL_SECONDS) and _there(name)) or None


def _there(name: str) -> str | None:
    return shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")
