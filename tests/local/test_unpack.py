"""What is unpacked of zips that nobody can trust."""

import io
import os
import stat
import struct
import zipfile
from itertools import permutations
from pathlib import Path

import pytest

from fan_out.local.lambda_service import InvalidPackage, PackageTooLarge, check_unpacked_size
from fan_out.local.lambda_service import unpack as unpacking
from fan_out.local.lambda_service.unpack import UNPACKED_BYTES, unpack
from fan_out.quotas import LAMBDA_UNPACKED_BYTES

LINK = stat.S_IFLNK | 0o777


def packed(*members: tuple[str, str] | tuple[str, str, int]) -> bytes:
    """A zip of (name, content) or (name, content, mode), in this order."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content, *mode in members:
            member = zipfile.ZipInfo(name)
            member.compress_type = zipfile.ZIP_DEFLATED
            member.external_attr = (mode[0] if mode else stat.S_IFREG | 0o644) << 16
            archive.writestr(member, content)
    return stream.getvalue()


def tree(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): path.read_text()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "deep" / "down" / "opt"
    folder.mkdir(parents=True)
    return folder


def refused(folder: Path, *zips: bytes) -> str:
    """Why the zips are refused; nothing of them may be outside of the folder."""
    root = folder.parents[2]
    with pytest.raises(InvalidPackage) as refusal:
        unpack(zips, folder, "a layer of worker")
    outside = [path for path in root.rglob("*") if not path.is_relative_to(folder)]
    assert set(outside) == set(folder.parents) & set(root.rglob("*"))
    return str(refusal.value)


WAYS_OUT = {
    "link to a folder above": [[("x", "..", LINK)], [("x/file", "1")]],
    "link in a folder": [[("python/x", "../../..", LINK)], [("python/x/file", "1")]],
    "absolute link": [[("x", "/tmp", LINK)], [("x/file", "1")]],
    "absolute link that nobody writes through": [[("x", "/etc/passwd", LINK)]],
    "link to a link": [[("a", "..", LINK), ("b", "a", LINK)], [("b/file", "1")]],
    "link by way of a link": [[("a/b/up", "..", LINK)], [("x", "a/b/up/../..", LINK)]],
    "link to what is not there": [[("x", "../later", LINK)], [("x/later/file", "1")]],
    "folders in each other's paths": [
        [("a/link", "../b/c/../../..", LINK), ("b/c/file", "1")],
        [("a/link/file", "2")],
    ],
    "link that a later layer turns outwards": [
        [("a/x", "sub/../../ok", LINK), ("a/sub", "1")],
        [("a/sub", "..", LINK)],
    ],
    "file over a link's folder": [[("x", "../..", LINK)], [("x/", "")], [("x/y/file", "1")]],
}


@pytest.mark.parametrize("layers", WAYS_OUT.values(), ids=WAYS_OUT)
def test_layers_cannot_write_or_lead_outside_whatever_their_order(
    tmp_path: Path, layers: list[list[tuple[str, str]]]
) -> None:
    for n, order in enumerate(permutations(layers)):
        folder = tmp_path / str(n) / "deep" / "down" / "opt"
        folder.mkdir(parents=True)
        root = folder.parents[2]
        try:
            unpack([packed(*members) for members in order], folder, "a layer of worker")
        except InvalidPackage:
            pass
        else:
            inside = [os.path.realpath(path) for path in folder.rglob("*")]
            assert all(Path(path).is_relative_to(folder) for path in inside)
            assert order != tuple(layers), "as they are given, they lead outside"
        assert [path.name for path in root.rglob("*") if path.is_file()] == [
            path.name for path in folder.rglob("*") if path.is_file()
        ]


def test_a_link_out_is_refused_with_what_it_leads_to(folder: Path) -> None:
    message = "a layer of worker must stay in its folder, got a link to '../..'"
    assert refused(folder, packed(("x", "../..", LINK))) == message


def test_a_file_behind_a_link_out_is_refused_with_its_name(folder: Path) -> None:
    layers = packed(("x", "../..", LINK)), packed(("x/y", "1"))

    message = "a layer of worker must stay in its folder, got a file 'x/y' behind a link"
    assert refused(folder, *layers) == message


def test_links_that_stay_inside_are_written_through(folder: Path) -> None:
    first = packed(("lib/a.so", "a"), ("lib64", "lib", LINK), ("python/up", "../lib64", LINK))

    unpack([first, packed(("lib64/b.so", "b")), packed(("python/up/c.so", "c"))], folder, "")

    lib = {"lib/a.so": "a", "lib/b.so": "b", "lib/c.so": "c"}
    assert {name: text for name, text in tree(folder).items() if name in lib} == lib
    assert (folder / "lib64").is_symlink()


def test_a_link_that_dangles_inside_is_kept(folder: Path) -> None:
    unpack([packed(("current", "releases/3", LINK))], folder, "")

    assert (folder / "current").readlink() == Path("releases/3")


def test_links_in_a_circle_hurt_nobody(folder: Path) -> None:
    unpack([packed(("a", "b", LINK), ("b", "a", LINK))], folder, "")

    assert "got 'a/x'" in refused(folder, packed(("a/x", "1")))


def test_a_later_layer_s_file_takes_the_place_of_a_link(folder: Path) -> None:
    unpack([packed(("a", "1"), ("b", "a", LINK)), packed(("b", "2"))], folder, "")

    assert tree(folder) == {"a": "1", "b": "2"}


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_of_members_of_one_name_the_last_counts(folder: Path) -> None:
    unpack([packed(("a", "1"), ("a", "2"))], folder, "")

    assert tree(folder) == {"a": "2"}


@pytest.mark.parametrize(
    "members",
    [
        [("a", "1"), ("a/b", "2")],
        [("a/b", "2"), ("a", "1")],
        [("a", "1"), ("a/", "")],
        [("a/b", "1"), ("a", "c", LINK)],
    ],
)
def test_what_is_both_a_file_and_a_folder_is_refused(
    folder: Path, members: list[tuple[str, str]]
) -> None:
    for zips in ([packed(*members)], [packed(member) for member in members]):
        assert "must have no file and folder of one name" in refused(folder, *zips)


@pytest.mark.parametrize("name", ["", ".", "./."])
def test_a_file_without_a_name_is_refused(folder: Path, name: str) -> None:
    assert "must stay in its folder, got a file" in refused(folder, packed((name, "1")))


@pytest.mark.parametrize("target", ["", "a\0b", "x" * 5_000])
def test_a_link_to_nowhere_is_refused(folder: Path, target: str) -> None:
    assert "a layer of worker must " in refused(folder, packed(("link", target, LINK)))


def test_a_name_that_no_file_can_have_is_refused(folder: Path) -> None:
    assert "names of at most 255 bytes" in refused(folder, packed(("x" * 256, "1")))


def test_other_ways_to_compress_are_refused(folder: Path) -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("a", "1")

    assert "must be stored or deflated, got 'a'" in refused(folder, stream.getvalue())


def test_a_name_in_no_encoding_is_refused(folder: Path) -> None:
    content = packed(("é", "1")).replace("é".encode(), b"\xff\xff")

    assert "must be a zip file" in refused(folder, content)
    check_unpacked_size(content)


def test_a_full_disk_is_no_fault_of_the_package(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "symlink_to", full)
    with pytest.raises(OSError, match="No space left"):
        unpack([packed(("a", "b", LINK))], folder, "")


def test_more_members_than_a_machine_can_hold_are_refused(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unpacking, "MOST_MEMBERS", 2)
    three = packed(("a", ""), ("b", ""), ("c", ""))

    assert refused(folder, three) == "a layer of worker must have at most 2 members, got 3"
    assert list(folder.iterdir()) == []


@pytest.fixture(scope="module")
def bomb() -> bytes:
    """600 KB that unpack to 600 MB."""
    stream = io.BytesIO()
    with (
        zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("zeros", "w") as member,
    ):
        for _ in range(600):
            member.write(bytes(1 << 20))
    return stream.getvalue()


def test_the_synth_and_the_embedded_aws_know_one_limit() -> None:
    assert UNPACKED_BYTES == LAMBDA_UNPACKED_BYTES == 262_144_000


def test_code_that_unpacks_to_more_than_250_mb_is_refused_in_lambda_s_words(bomb: bytes) -> None:
    assert len(bomb) < 700_000
    with pytest.raises(
        PackageTooLarge, match="^Unzipped size must be smaller than 262144000 bytes$"
    ):
        check_unpacked_size(bomb)
    with pytest.raises(PackageTooLarge, match="^Unzipped size"):
        check_unpacked_size(b"", [bomb])


def test_code_and_layers_count_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpacking, "UNPACKED_BYTES", 5)
    three = packed(("a", "123"))

    check_unpacked_size(packed(("a", "12")), [three])
    with pytest.raises(PackageTooLarge, match=r"size of 5 bytes\. The actual size is 6 bytes\.$"):
        check_unpacked_size(three, [three])


def test_members_that_share_their_bytes_count_each(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpacking, "UNPACKED_BYTES", 5)

    with pytest.raises(PackageTooLarge, match="^Unzipped size"):
        check_unpacked_size(packed(("a", "123"), ("b", "123")))


def test_no_more_is_written_than_may_be_whatever_a_zip_declares(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unpacking, "UNPACKED_BYTES", 1_000)

    assert "got more in 'b'" in refused(folder, packed(("a", "x" * 900), ("b", "x" * 900)))
    assert sum(map(len, tree(folder).values())) <= 1_000


def test_a_version_of_zip_that_is_not_known_is_no_zip(folder: Path) -> None:
    newer = packed(("a", "x"))
    at = newer.index(b"PK\x01\x02") + 6  # of the version that is needed to unpack it
    newer = newer[:at] + struct.pack("<H", 99) + newer[at + 2 :]

    check_unpacked_size(newer)
    assert "must be a zip file: zip file version 9.9" in refused(folder, newer)


def test_a_size_that_is_a_lie_is_refused(folder: Path) -> None:
    honest = packed(("a", "x" * 5_000))
    lie = honest.replace(struct.pack("<L", 5_000), struct.pack("<L", 5))

    check_unpacked_size(lie)
    assert "must be a zip file: bad crc-32" in refused(folder, lie)
    assert sum(map(len, tree(folder).values())) <= 5
