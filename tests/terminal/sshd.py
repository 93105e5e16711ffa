"""A throw-away sshd on the loopback, with keys of its own: nothing of the system's or the user's is touched."""

from __future__ import annotations

import getpass
import os
import shlex
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest

SSHD = shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")


def needs_sshd() -> pytest.MarkDecorator:
    """Skip where there is no sshd, except in CI: there its lack is a failure."""
    return pytest.mark.skipif(SSHD is None and not os.environ.get("CI"), reason="sshd is not installed")


class Sshd:
    """A server for this user. Leaving the context ends it; sessions that are open go on."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="sshd-"))
        with socket.create_server(("127.0.0.1", 0)) as found:
            self._port = found.getsockname()[1]

    def __enter__(self) -> Self:
        for key in ("host", "id"):
            words = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(self._folder / key)]
            subprocess.run(words, check=True, stdin=subprocess.DEVNULL)
        shutil.copy(self._folder / "id.pub", self._folder / "authorized")
        (self._folder / "config").write_text(
            f"Port {self._port}\nListenAddress 127.0.0.1\nHostKey {self._folder}/host\nPidFile none\n"
            f"AuthorizedKeysFile {self._folder}/authorized\nStrictModes no\nUsePAM no\nPrintMotd no\n"
            "PasswordAuthentication no\nPermitRootLogin prohibit-password\n"
        )
        if os.geteuid() == 0:
            Path("/run/sshd").mkdir(exist_ok=True)  # where it locks its helpers in
        self._server = subprocess.Popen(
            [SSHD or "sshd", "-D", "-f", str(self._folder / "config"), "-E", str(self._folder / "log")]
        )
        end = time.monotonic() + 30
        while True:
            try:
                socket.create_connection(("127.0.0.1", self._port), 1).close()
                return self
            except OSError:
                log = self._folder / "log"
                assert time.monotonic() < end, log.read_text() if log.exists() else "sshd does not answer"
                time.sleep(0.05)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.terminate()
        self._server.wait()
        shutil.rmtree(self._folder, ignore_errors=True)

    def words(self, command: Sequence[str], environment: Mapping[str, str]) -> list[str]:
        """The words that run a command over there, on a terminal."""
        told = [f"{name}={value}" for name, value in environment.items()]
        return [
            shutil.which("ssh") or "ssh", "-tt", "-F", "none", "-p", str(self._port), "-i", str(self._folder / "id"),
            "-o", f"UserKnownHostsFile={self._folder}/known", "-o", "StrictHostKeyChecking=accept-new",
            "-o", "LogLevel=ERROR", f"{getpass.getuser()}@127.0.0.1", shlex.join(["env", *told, *command]),
        ]  # fmt: skip
