"""Whether a file looks like a secret: by its name, or by what it holds."""

import re
from pathlib import Path, PurePath

NAMES = {
    "credentials",
    "htpasswd",
    "id_dsa",
    "id_ecdsa",
    "id_ed25519",
    "id_rsa",
    "kubeconfig",
    "netrc",
    "_netrc",
    "pgpass.conf",
    "rootkey.csv",
}

FIRST_WORDS = {"secrets", "credentials"}
LAST_WORDS = {*FIRST_WORDS, "secret", "credential", "passwd", "password", "passwords"}
"""Of a file of data, without its suffix: ``secrets.prod.json``, ``aws-credentials``."""

EXAMPLES = {"example", "sample", "schema", "template"}
"""A file that has one of these words in its name shows what a secret's file would look like."""

SUFFIXES_OF_DATA = {
    *("", ".cfg", ".conf", ".csv", ".db", ".ini", ".json", ".jsonl", ".properties", ".sqlite"),
    *(".toml", ".tsv", ".txt", ".xml", ".yaml", ".yml"),
}
"""``secrets.json`` looks like a secret, and ``secrets.py`` does not."""

SUFFIXES_OF_COPIES = {".backup", ".bak", ".copy", ".local", ".old", ".orig", ".save"}
"""``secrets.json.bak`` looks like what it is a copy of."""

SUFFIXES = {".env", ".jks", ".kdbx", ".keystore", ".p12", ".pfx", ".ppk"}
"""Of password stores, private keys, and environment variables."""

TERRAFORM = {".tfstate", ".tfvars"}
"""Anywhere in a name: ``terraform.tfstate.backup``, ``prod.tfvars.json``."""

KEYS = {".key", ".pem"}
CERTIFICATES = {".cer", ".cert", ".crt", *KEYS}
CODE = {".py", ".pyc", ".so"}

BLOCK = re.compile(rb"-----BEGIN ")
PRIVATE_KEY = re.compile(rb"-----BEGIN [A-Z0-9 ]*PRIVATE KEY")
PRIVATE_KEY_AS_DATA = re.compile(
    rb"""(?m)(?:^[ \t]*|:\s*["']+|=[ \t]*["']*)""" + PRIVATE_KEY.pattern
)
"""At the start of a line, or as a value; a sentence may tell how a key begins."""


HEAD = 16_384
BUNDLE = 1_048_576
"""Bytes that are looked at: of any file, and of certificates, which a key may follow."""


def looks_like_a_secret(file: Path) -> bool:
    """Whether a file is likely to hold a key or a password, by its name or by its content.

    A public certificate does not, nor does code. Raises OSError where the file cannot be read.
    """
    name = PurePath(file.name.lower())
    if name.suffix in CODE:
        return False
    while name.suffix in SUFFIXES_OF_COPIES:
        name = name.with_suffix("")
    if _is_named_as_a_secret(name):
        return True
    with file.open("rb") as opened:
        content = opened.read(BUNDLE if name.suffix in CERTIFICATES else HEAD)
    if name.suffix in CERTIFICATES and PRIVATE_KEY.search(content):
        return True
    if name.suffix in KEYS:
        return not BLOCK.search(content)  # in a form that cannot be told from a private key
    return bool(PRIVATE_KEY_AS_DATA.search(content))


def _is_named_as_a_secret(name: PurePath) -> bool:
    if name.name in NAMES or name.suffix in SUFFIXES or not TERRAFORM.isdisjoint(name.suffixes):
        return True
    words = re.split("[._-]", name.name.removesuffix(name.suffix))
    if name.suffix not in SUFFIXES_OF_DATA or not EXAMPLES.isdisjoint(words):
        return False
    return words[0] in FIRST_WORDS or words[-1] in LAST_WORDS
