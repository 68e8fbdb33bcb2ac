"""Secrets that must be read again (search passwords, one-time password seeds), sealed with
AES-256-GCM under the installation's key: a copy of the database alone does not hold them."""

import base64
import os
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from openbureau.base.errors import OperatorError
from openbureau.base.keys import installation_key

KEY_NAME = "secrets"
_NONCE_BYTES = 12


def sealed(data: Path, text: str) -> str:
    """The text as it may be stored; `data` is the data directory with the key."""
    nonce = os.urandom(_NONCE_BYTES)
    cipher = AESGCM(installation_key(data, KEY_NAME)).encrypt(nonce, text.encode(), None)
    return base64.b64encode(nonce + cipher).decode("ascii")


def unsealed(data: Path, stored: str) -> str:
    """The text that was sealed.

    Raises OperatorError: it was sealed under another key, or changed since.
    """
    try:
        raw = base64.b64decode(stored, validate=True)
        key = installation_key(data, KEY_NAME)
        return AESGCM(key).decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], None).decode()
    except (InvalidTag, ValueError) as fault:
        raise OperatorError(
            "KEY-001",
            "一项加密保存的内容无法打开：密钥 keys/secrets.key 与保存时的不同，或内容被改动过。"
            "其余内容不受影响。请从备份恢复 keys 目录，或重新填写这项内容。",
            "A sealed value cannot be opened: keys/secrets.key is not the key it was sealed with, "
            "or the value was changed. Nothing else is affected. Restore the keys folder from a "
            "backup, or enter the value again.",
        ) from fault
