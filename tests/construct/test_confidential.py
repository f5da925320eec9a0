"""A file that looks like a secret stops the synth unless it is named; one that sounds so ships."""

from collections.abc import Callable
from pathlib import Path

import pytest
from zips import HANDLER, own_files

Write = Callable[[dict[str, str]], Path]

# put together here, so that no scanner of secrets takes this file for one
BEGIN, PRIVATE = "-----BEGIN ", "PRIVATE KEY-----\n"
CERTIFICATE = f"# the bundle\n{BEGIN}CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
SERVICE_ACCOUNT = f'{{"type": "service_account", "private_key": "{BEGIN}{PRIVATE[:-1]}"}}'


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("credentials", ""),
        ("id_rsa", ""),
        ("ID_RSA", ""),
        ("id_ed25519", ""),
        ("key.pem", ""),
        ("key.pem", "AAAA"),
        ("server.key", "AAAA"),
        ("chain.pem", f"{CERTIFICATE}{BEGIN}RSA {PRIVATE}"),
        ("site.crt", f"{CERTIFICATE}{BEGIN}EC {PRIVATE}"),
        ("store.p12", ""),
        ("store.PFX", ""),
        ("store.jks", ""),
        ("all.kdbx", ""),
        ("prod.env", ""),
        ("secrets.json", "{}"),
        ("secrets.yaml", ""),
        ("secret.yml", ""),
        ("secrets.toml", ""),
        ("credentials.json", "{}"),
        ("credentials.csv", ""),
        ("terraform.tfstate", "{}"),
        ("terraform.tfstate.backup", "{}"),
        ("prod.tfvars", ""),
        ("prod.auto.tfvars.json", ""),
        ("_netrc", ""),
        ("prod.env.local", ""),
        ("id_rsa.bak", ""),
        ("secrets.prod.json", "{}"),
        ("secrets.json.bak", "{}"),
        ("aws-credentials", ""),
        ("service-credentials.json", "{}"),
        ("my_credentials.xml", ""),
        ("credentials-prod.properties", ""),
        ("client_secret.json", "{}"),
        ("db_password.txt", ""),
        ("settings.yaml", f"tls:\n  key: |\n    {BEGIN}RSA {PRIVATE}"),
        ("settings.toml", f'key = """{BEGIN}RSA {PRIVATE}'),
        ("settings.cfg", f"KEY={BEGIN}{PRIVATE}"),
        ("all.json", f'{{"a": 1, "key": "{BEGIN}EC {PRIVATE[:-1]}"}}'),
        ("sa.json", SERVICE_ACCOUNT),
        ("deploy", f"{BEGIN}OPENSSH {PRIVATE}"),
        ("notes.txt", f"\n{BEGIN}{PRIVATE}"),
    ],
)
def test_what_looks_like_a_secret_stops_the_synth_unless_it_is_named(
    name: str, text: str, importable: Write
) -> None:
    importable({"job/w.py": HANDLER, f"job/deep/{name}": text})
    with pytest.raises(ValueError) as error:
        own_files("job.w.handler")
    assert f"job/deep/{name} looks like a secret, and would be in the zip: " in str(error.value)
    assert "\n" not in str(error.value)
    # a folder that is named does not name what is in it
    with pytest.raises(ValueError, match="looks like a secret"):
        own_files("job.w.handler", ["job.deep"])
    both = {"job/w.py", f"job/deep/{name}"}
    assert own_files("job.w.handler", [f"job/deep/{name}"]) == both


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("secrets.py", "TOKEN = None\n"),
        ("credentials.py", f"BEGIN = '{BEGIN}{PRIVATE[:-1]}'\n"),
        ("token.py", ""),
        ("keys.json", '{"private_keyboards": 3}'),
        ("tokenizer.json", "{}"),
        ("cacert.pem", CERTIFICATE),
        ("site.crt", CERTIFICATE),
        ("public.key", f"{BEGIN}PUBLIC KEY-----\n"),
        ("environment.json", "{}"),
        ("README.md", f"A key begins with {BEGIN}{PRIVATE}"),
        ("secrets.example.json", "{}"),
        ("passwords_to_refuse.txt", "123456"),
        ("secretary.csv", ""),
        ("credentials_schema.json", "{}"),
        ("no_secrets_here.txt", ""),
        ("password_policy.json", "{}"),
    ],
)
def test_what_only_sounds_like_a_secret_ships(name: str, text: str, importable: Write) -> None:
    importable({"job/w.py": HANDLER, f"job/{name}": text})
    assert own_files("job.w.handler") == {"job/w.py", f"job/{name}"}


def test_a_secret_that_would_not_ship_stops_nothing(importable: Write) -> None:
    importable({"job/w.py": HANDLER, "job/.env": "A=1", "key.pem": "", "job/venv/key.pem": ""})
    assert own_files("job.w.handler") == {"job/w.py"}
