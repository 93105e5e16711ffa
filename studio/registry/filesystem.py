"""Which kind of file system a folder is on: SQLite's write-ahead log needs memory that all readers share, and that
is not to be had over a network."""

from __future__ import annotations

import re
from pathlib import Path

MOUNTINFO = Path("/proc/self/mountinfo")
NETWORK = frozenset({
    "9p", "afs", "afpfs", "beegfs", "ceph", "cifs", "coda", "davfs", "davfs2", "drvfs", "fhgfs", "gfs", "gfs2",
    "glusterfs", "gpfs", "lustre", "ncpfs", "nfs", "nfs3", "nfs4", "ocfs2", "orangefs", "panfs", "prl_fs",
    "pvfs2", "smb", "smb2", "smb3", "smbfs", "sshfs", "vboxsf", "virtiofs", "vmhgfs", "webdav", "wekafs",
})  # fmt: skip
LOCAL_FUSE = frozenset({"fuse.fuse-overlayfs", "fuse.mergerfs", "fuse.ntfs-3g", "fuse.bindfs"})


def is_network(folder: Path) -> bool:
    """Whether `folder` is on a network file system, or on one that shares files with another machine."""
    return network_kind(kind_of(folder.resolve(), mounts()))


def network_kind(kind: str) -> bool:
    """Whether a type such as `nfs4` names a network file system. A FUSE one counts unless it is known as local."""
    kind = kind.lower()
    return kind in NETWORK or (kind.startswith("fuse.") and kind not in LOCAL_FUSE)


def kind_of(folder: Path, mounted: list[tuple[str, str]]) -> str:
    """The type of the file system that holds `folder`: of its longest mount point, the last mounted there."""
    parents = {str(place) for place in [folder, *folder.parents]}
    best, kind = "", ""
    for place, its_kind in mounted:
        if place in parents and len(place) >= len(best):
            best, kind = place, its_kind
    return kind


def mounts() -> list[tuple[str, str]]:
    """Mount points and the types of their file systems, in the order they were mounted."""
    if MOUNTINFO.exists():
        return parse_mountinfo(MOUNTINFO.read_text(errors="surrogateescape"))
    import psutil

    return [(part.mountpoint, part.fstype) for part in psutil.disk_partitions(all=True)]


def parse_mountinfo(text: str) -> list[tuple[str, str]]:
    """The mount points and types of `/proc/self/mountinfo` (proc_pid_mountinfo(5)); blanks in it are octal."""
    found = []
    for line in text.splitlines():
        left, dash, right = line.partition(" - ")
        place, kind = left.split(" "), right.split(" ")
        if dash and len(place) > 4:
            found.append((re.sub(r"\\([0-7]{3})", lambda octal: chr(int(octal[1], 8)), place[4]), kind[0]))
    return found
