"""Who Postgres runs as. It refuses uid 0, and `tocsin dev` is often root: in containers, in CI.

As root the first choice is a user namespace in which the child sees itself as `nobody` while the
files it touches stay root's own: no directory has to be opened and no data handed over. Where the
kernel or a container forbids that, the child becomes a real other user, who needs a way to the data.
"""

import ctypes
import os
import pwd
import shutil
import stat
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from cli.dev.errors import StartError

_CLONE_NEWUSER = 0x10000000
_NOBODY = 65534
_libc = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True)
class Identity:
    """The ids that own Postgres' files, and how its processes come to them."""

    uid: int
    gid: int
    namespace: bool = False
    """Enter a user namespace, seen from outside still as `uid`."""

    def assume(self) -> None:
        """Become it. For a process between fork and exec: it has one thread, which a new user namespace asks for."""
        if self.namespace:
            if _libc.unshare(_CLONE_NEWUSER) != 0:
                raise OSError(ctypes.get_errno(), "unshare")
            _write("/proc/self/setgroups", b"deny")
            _write("/proc/self/uid_map", b"%d %d 1" % (_NOBODY, self.uid))
            _write("/proc/self/gid_map", b"%d %d 1" % (_NOBODY, self.gid))
        elif os.geteuid() != self.uid:
            os.setgroups([])
            os.setresgid(self.gid, self.gid, self.gid)
            os.setresuid(self.uid, self.uid, self.uid)

    @property
    def foreign(self) -> bool:
        """Whether its files are not ours."""
        return self.uid != os.geteuid()


def choose(data: Path, program: Path) -> Identity:
    """Who runs Postgres here.

    Args:
        data: its data directory, if there is one already.
        program: an executable of Postgres, to try the namespace with.
    """
    mine = Identity(os.geteuid(), os.getegid())
    if mine.uid != 0:
        return mine
    if data.exists() and (owner := data.stat()).st_uid != 0:
        return Identity(owner.st_uid, owner.st_gid)  # made by an earlier start as that user: theirs it stays
    confined = Identity(mine.uid, mine.gid, namespace=True)
    if _possible(confined, program):
        return confined
    return other_user()


def other_user() -> Identity:
    """User `postgres` where there is one, else `nobody`."""
    for name in ("postgres", "nobody"):
        try:
            user = pwd.getpwnam(name)
        except KeyError:
            continue
        return Identity(user.pw_uid, user.pw_gid)
    return Identity(_NOBODY, _NOBODY)


def give_access(identity: Identity, home: Path, data: Path, program: Path) -> None:
    """Let another user reach the data, without touching any parent directory.

    The data directory changes hands, and our own home lets that user's group pass.

    Raises:
        StartError: some parent directory keeps that user out.
    """
    if not identity.foreign:
        return
    os.chown(home, -1, identity.gid)
    home.chmod(0o710)
    if data.exists() and data.stat().st_uid != identity.uid:
        for path in (data, *data.rglob("*")):
            os.chown(path, identity.uid, identity.gid, follow_symlinks=False)
    who = _name(identity.uid)
    advice = "Choose another TOCSIN_HOME, start as an ordinary user, or set TOCSIN_DATABASE_URL"
    if closed := closed_parent(home / "x", identity):
        raise StartError(f"Postgres does not run as root, and user {who} may not enter {closed}. {advice}")
    if closed := closed_parent(program, identity):
        raise StartError(
            f"Postgres does not run as root, and user {who} may not enter {closed}, where its program is. "
            "Put Tocsin into a directory that all may read, start as an ordinary user, or set TOCSIN_DATABASE_URL"
        )


def closed_parent(path: Path, identity: Identity) -> Path | None:
    """The topmost directory above `path` that `identity` may not enter."""
    for directory in reversed(path.absolute().parents):
        status = directory.stat()
        if status.st_uid == identity.uid:
            bit = stat.S_IXUSR
        elif status.st_gid == identity.gid:
            bit = stat.S_IXGRP
        else:
            bit = stat.S_IXOTH
        if not status.st_mode & bit:
            return directory
    return None


def make_directory(path: Path, identity: Identity) -> None:
    """An empty 0700 directory of `identity`'s, in place of whatever was there."""
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir(mode=0o700)
    if identity.foreign:
        os.chown(path, identity.uid, identity.gid)


def _possible(identity: Identity, program: Path) -> bool:
    if sys.platform != "linux":
        return False
    try:
        tried = subprocess.run(
            [program, "--version"], preexec_fn=identity.assume, capture_output=True, timeout=10, check=False
        )
    except (OSError, subprocess.SubprocessError):
        return False
    return tried.returncode == 0


def _name(uid: int) -> str:
    try:
        return f"`{pwd.getpwuid(uid).pw_name}`"
    except KeyError:
        return str(uid)


def _write(path: str, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY)
    try:
        os.write(descriptor, content)
    finally:
        os.close(descriptor)
