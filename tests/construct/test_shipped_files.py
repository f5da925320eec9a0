"""The files of a zip are regular, readable, and the same on every machine."""

import os
import socket
import stat
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import aws_cdk as cdk
import pytest
from zips import ARM, HANDLER, dist_info, importing, names, own_files, write

from fan_out.handlers import find_handler
from fan_out.package import staged
from fan_out.shipping.normal import normalize

Write = Callable[[dict[str, str]], Path]


def test_a_link_ships_what_it_leads_to_if_that_ships(importable: Write) -> None:
    folder = importable(
        {"job/flow.py": importing("import common"), "job/a.csv": "1", "common/__init__.py": ""}
    )
    (folder / "job/b.csv").symlink_to("a.csv")
    (folder / "job/shared").symlink_to("../common")
    (folder / "job/node_modules").symlink_to("..")
    (folder / "job/.hidden").symlink_to("/etc/passwd")
    assert own_files("job.flow.handler") == {
        "job/flow.py",
        "job/a.csv",
        "job/b.csv",
        "job/shared/__init__.py",
        "common/__init__.py",
    }


@pytest.mark.parametrize(
    "target",
    [".env", "../outside.csv", "test_w.py", "nowhere", ".", "..", "../job", "data", "../o"],
)
def test_a_link_to_what_would_not_ship_is_refused(target: str, importable: Write) -> None:
    folder = importable(
        {
            "job/w.py": HANDLER,
            "job/.env": "A=1",
            "job/test_w.py": "",
            "outside.csv": "",
            "o/x": "",
        }
    )
    (folder / "job/data").symlink_to(target)
    with pytest.raises(
        ValueError, match=f"job/data must be a link to what ships, got one to {target}$"
    ):
        own_files("job.w.handler")


def fifo(path: Path) -> None:
    os.mkfifo(path)


def a_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as made, pytest.MonkeyPatch.context() as patch:
        patch.chdir(path.parent)  # the path of a socket has at most 108 bytes
        made.bind(path.name)


@pytest.mark.parametrize(("make", "what"), [(fifo, "a FIFO"), (a_socket, "a socket")])
def test_what_is_not_a_file_is_refused(
    make: Callable[[Path], None], what: str, importable: Write
) -> None:
    folder = importable({"job/w.py": HANDLER})
    make(folder / "job/pipe")
    with pytest.raises(ValueError, match=f"job/pipe must be a file to be shipped, got {what}$"):
        own_files("job.w.handler")


@contextmanager
def without_rights() -> Iterator[None]:
    """Be a user who may not read everything, which root may."""
    user = os.geteuid()
    if user == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(user)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("data.csv", HANDLER),
        ("more.py", HANDLER),
        ("more.py", importing("from unreadable import more")),
        ("folder", HANDLER),
    ],
)
def test_what_cannot_be_read_is_named(
    name: str, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        locked = Path(folder, "unreadable", name)
        write(Path(folder), {"unreadable/w.py": code})
        if name == "folder":
            locked.mkdir()
        else:
            locked.write_text("")
        locked.chmod(0)
        monkeypatch.syspath_prepend(folder)
        with without_rights(), pytest.raises(ValueError, match=f"{name} must be readable to be "):
            own_files("unreadable.w.handler")
        locked.chmod(0o700)


def test_the_same_code_is_the_same_asset_whatever_machine_packs_it(importable: Write) -> None:
    """Neither times, nor modes, nor the order of writing tell two of them apart."""
    files = {"job/w.py": importing("import common"), "job/z.csv": "1", "common/__init__.py": ""}
    folder = importable(files)
    seen = []
    for umask, order in ((0o022, 1), (0o077, -1)):
        before = os.umask(umask)
        try:
            for name in files:
                (folder / name).unlink()
            importable(dict(list(files.items())[::order]))
            os.utime(folder / "job/z.csv", (order + 2, order + 2))
            (folder / "job/z.csv").chmod(0o600 if order == 1 else 0o664)
            with staged(find_handler("worker", "job.w.handler"), ARM) as package:
                modes = {
                    (str(path.relative_to(package.folder)), stat.S_IMODE(path.stat().st_mode))
                    for path in [package.folder, *package.folder.rglob("*")]
                }
                seen.append((cdk.FileSystem.fingerprint(str(package.folder)), modes))
                assert names(package.folder) == set(files)
        finally:
            os.umask(before)
    assert seen[0] == seen[1]
    assert {mode for _, mode in seen[0][1]} == {0o755, 0o644}


def test_what_pip_notes_of_this_machine_does_not_ship(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            **dist_info(
                "needed", "needed.py", "../../bin/tool", "needed-1.0.dist-info/direct_url.json"
            ),
            "needed-1.0.dist-info/direct_url.json": '{"url": "file:///home/me/needed"}',
            "bare-1.0.dist-info/METADATA": "",
        },
    )
    normalize(tmp_path)
    assert not (tmp_path / "needed-1.0.dist-info/direct_url.json").exists()
    assert (tmp_path / "needed-1.0.dist-info/RECORD").read_text() == "needed.py,,\n"
