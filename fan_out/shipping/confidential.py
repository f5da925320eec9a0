"""Whether a file looks like a secret: by its name, or by what it holds."""

import re
from pathlib import Path

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

STEMS = {"secret", "secrets", "credential", "credentials"}
SUFFIXES_OF_DATA = {"", ".cfg", ".conf", ".csv", ".ini", ".json", ".toml", ".txt", ".yaml", ".yml"}
"""``secrets.json`` looks like a secret, and ``secrets.py`` does not."""

SUFFIXES = {".env", ".jks", ".kdbx", ".keystore", ".p12", ".pfx", ".ppk"}
"""Of password stores, private keys, and environment variables."""

TERRAFORM = {".tfstate", ".tfvars"}
"""Anywhere in a name: ``terraform.tfstate.backup``, ``prod.tfvars.json``."""

KEYS = {".key", ".pem"}
CERTIFICATES = {".cer", ".cert", ".crt", *KEYS}
CODE = {".py", ".pyc", ".so"}

BLOCK = re.compile(rb"-----BEGIN ")
PRIVATE_KEY = re.compile(rb"-----BEGIN [A-Z0-9 ]*PRIVATE KEY")
PRIVATE_KEY_ALONE = re.compile(rb"\s*" + PRIVATE_KEY.pattern)
SERVICE_ACCOUNT = re.compile(rb'"private_key"\s*:\s*"-----BEGIN ')

HEAD = 16_384
BUNDLE = 1_048_576
"""Bytes that are looked at: of any file, and of certificates, which a key may follow."""


def looks_like_a_secret(file: Path) -> bool:
    """Whether a file is likely to hold a key or a password, by its name or by its content.

    A public certificate does not, nor does code. Raises OSError where the file cannot be read.
    """
    name, suffix = file.name.lower(), file.suffix.lower()
    if suffix in CODE:
        return False
    if name in NAMES or suffix in SUFFIXES or not TERRAFORM.isdisjoint(Path(name).suffixes):
        return True
    if name.removesuffix(suffix) in STEMS and suffix in SUFFIXES_OF_DATA:
        return True
    with file.open("rb") as opened:
        content = opened.read(BUNDLE if suffix in CERTIFICATES else HEAD)
    if suffix in CERTIFICATES and PRIVATE_KEY.search(content):
        return True
    if suffix in KEYS:
        return not BLOCK.search(content)  # in a form that cannot be told from a private key
    return bool(PRIVATE_KEY_ALONE.match(content) or SERVICE_ACCOUNT.search(content))
