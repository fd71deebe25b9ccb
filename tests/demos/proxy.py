"""Reverse proxies that show a server below a path, which they take away before they ask: a small one, and nginx."""

from __future__ import annotations

import http.client
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import pytest

CONF = Path(__file__).parents[2] / "deploy" / "nginx.conf"
HOP_BY_HOP = ("connection", "keep-alive", "transfer-encoding")


@contextmanager
def proxied(address: str, prefix: str) -> Iterator[str]:
    """The server at ``address``, shown below ``prefix`` (``/lab``) of the address that is given; ``Host`` goes on."""
    behind = urlsplit(address)
    assert behind.hostname is not None

    class Proxy(BaseHTTPRequestHandler):
        def _pass_on(self) -> None:
            if not self.path.startswith(f"{prefix}/"):
                self.send_error(404, "not below the prefix")
                return
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            connection = http.client.HTTPConnection(behind.hostname or "", behind.port, timeout=60)
            connection.putrequest(
                self.command, self.path.removeprefix(prefix), skip_host=True, skip_accept_encoding=True
            )
            for name, value in self.headers.items():
                if name.lower() not in HOP_BY_HOP:
                    connection.putheader(name, value)
            connection.endheaders(body)
            answer = connection.getresponse()
            self.send_response(answer.status)
            for name, value in answer.getheaders():
                if name.lower() not in (*HOP_BY_HOP, "date", "server"):
                    self.send_header(name, value)
            self.send_header("Connection", "close")
            self.end_headers()
            try:
                while part := answer.read1(65536):  # events go on as they come
                    self.wfile.write(part)
                    self.wfile.flush()
            except (OSError, http.client.HTTPException):
                pass  # the browser has left, or the server has ended
            finally:
                connection.close()

        do_GET = do_HEAD = do_POST = _pass_on  # noqa: N815

        def log_message(self, *_: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Proxy)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}{prefix}/"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def behind_nginx(address: str, folder: Path) -> Iterator[str]:
    """The server at ``address`` below /lab of the address that is given: by nginx, with the lab's own configuration."""
    if shutil.which("nginx") is None:
        pytest.skip("there is no nginx on the path")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    locations = CONF.read_text(encoding="utf-8")
    assert "http://127.0.0.1:7860/" in locations
    locations = locations.replace("http://127.0.0.1:7860/", address if address.endswith("/") else f"{address}/")
    kept = "".join(
        f"{kind}_temp_path {folder}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (folder / "nginx.conf").write_text(
        f"daemon off;\nmaster_process off;\npid {folder}/pid;\nerror_log {folder}/errors;\nevents {{}}\n"
        f"http {{\naccess_log off;\n{kept}server {{\nlisten 127.0.0.1:{port};\n{locations}}}\n}}\n",
        encoding="utf-8",
    )
    process = subprocess.Popen(["nginx", "-c", folder / "nginx.conf", "-p", folder], stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and process.poll() is None:
            with socket.socket() as asking:
                if asking.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        assert process.poll() is None, (folder / "errors").read_text(encoding="utf-8")
        yield f"http://127.0.0.1:{port}/lab/"
    finally:
        process.terminate()
        process.wait(60)
