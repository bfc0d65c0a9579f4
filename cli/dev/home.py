"""What `tocsin dev` keeps under `TOCSIN_HOME`: paths, the lock, the credentials, and how to reach it."""

import contextlib
import fcntl
import json
import os
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

from cli.dev.errors import StartError
from config.sealing import new_secret_key
from config.settings import EMBEDDED_FILE


@dataclass(frozen=True)
class Credentials:
    """Secrets of one home, made at its first start. Mode 0600."""

    admin_token: str
    admin_email: str
    admin_password: str
    postgres_password: str
    postgres_port: int
    """Kept, so that a tool once pointed at the database finds it again; 0 until one was chosen."""
    secret_key: str = ""
    """Seals what is stored sealed; a home of an earlier version gets one at its next start."""


@dataclass(frozen=True)
class Home:
    """Paths of one embedded installation. `root` is absolute, exists and belongs to nobody else."""

    root: Path

    @classmethod
    def at(cls, path: Path) -> "Home":
        """The home at `path`, made (0700) when there is none.

        Raises:
            StartError: it cannot be made or written.
        """
        root = path.expanduser().resolve()
        try:
            root.mkdir(mode=0o700, parents=True, exist_ok=True)
            root.chmod(0o700)
            home = cls(root)
            home.logs.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise StartError(
                f"cannot use {root}: {error.strerror}. Choose another directory with TOCSIN_HOME"
            ) from error
        return home

    @property
    def logs(self) -> Path:
        """One file for each child."""
        return self.root / "logs"

    @property
    def temporal_database(self) -> Path:
        """The SQLite file of the Temporal server."""
        return self.root / "temporal.db"

    @property
    def credentials_file(self) -> Path:
        """Secrets, made once."""
        return self.root / "credentials.json"

    @property
    def embedded_file(self) -> Path:
        """How to reach what runs, while it runs."""
        return self.root / EMBEDDED_FILE

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Hold this home alone. The kernel lets go of it with the process, however that ends.

        Raises:
            StartError: another `tocsin dev` holds it.
        """
        # Python opens with CLOEXEC: a child that outlives us must not keep the lock.
        descriptor = os.open(self.root / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                holder = os.read(descriptor, 32).decode(errors="replace").strip() or "unknown"
                raise StartError(
                    f"another `tocsin dev` (pid {holder}) is running on {self.root}. "
                    "Stop it, or choose another directory with TOCSIN_HOME"
                ) from error
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
            yield
        finally:
            os.close(descriptor)

    def credentials(self, *, given: Mapping[str, str] | None = None) -> Credentials:
        """The credentials of this home, made and written down at its first start.

        Args:
            given: `admin_token`, `admin_email` or `admin_password` set by the operator; they go first.

        Raises:
            StartError: the file is there and is not ours to understand.
        """
        from_operator = {name: value for name, value in (given or {}).items() if value}
        try:
            stored = json.loads(self.credentials_file.read_text())
            names = [field.name for field in fields(Credentials)]
            kept = Credentials(**{name: stored[name] for name in names if name in stored or name != "secret_key"})
            if not kept.secret_key:
                kept = replace(kept, secret_key=new_secret_key())
                self.keep(kept)
        except FileNotFoundError:
            kept = Credentials(
                admin_token=from_operator.get("admin_token") or f"tocsin_{secrets.token_urlsafe(24)}",
                admin_email=from_operator.get("admin_email") or "admin@example.com",
                admin_password=from_operator.get("admin_password") or secrets.token_urlsafe(9),
                postgres_password=secrets.token_urlsafe(24),
                postgres_port=0,
                secret_key=new_secret_key(),
            )
            self.keep(kept)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise StartError(
                f"{self.credentials_file} cannot be read ({error!r}). It holds the password of the database beside it: "
                "put the file back, or start with an empty TOCSIN_HOME"
            ) from error
        return Credentials(**{**asdict(kept), **from_operator})

    def keep(self, credentials: Credentials) -> None:
        """Write `credentials` down for the next start."""
        _write_private(self.credentials_file, asdict(credentials))

    def publish(self, facts: Mapping[str, str | None]) -> None:
        """Tell the processes that share this home how to reach what runs; names are Settings fields."""
        _write_private(self.embedded_file, {name: value for name, value in facts.items() if value is not None})

    def unpublish(self) -> None:
        """Take that back; also what a killed `tocsin dev` left behind."""
        self.embedded_file.unlink(missing_ok=True)


def _write_private(path: Path, content: Mapping[str, Any]) -> None:
    """Write JSON, readable by the owner only, so that a reader sees the old or the new file and never half of one."""
    new = path.with_name(f"{path.name}.new")
    new.unlink(missing_ok=True)  # one left by a kill may have another mode
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump(content, file, indent=2)
        file.write("\n")
        file.flush()
        os.fsync(descriptor)
    new.replace(path)
