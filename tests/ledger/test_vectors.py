"""The published vectors are what the code makes, and it takes the valid ones and refuses the others."""

import json
from base64 import b64decode
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from ledger.completeness import ProofError, check_entries
from ledger.proofs import are_consistent, root_from_inclusion
from tests.ledger.vectors import FILE, make

VECTORS: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
KEY = Ed25519PublicKey.from_public_bytes(b64decode(VECTORS["public_key"]))


def test_published_vectors_are_what_the_code_makes() -> None:
    assert json.loads(json.dumps(make())) == VECTORS


@pytest.mark.parametrize("name", VECTORS["valid"])
def test_valid_proof_is_taken(name: str) -> None:
    case = VECTORS["valid"][name]

    assert check_entries(case["lines"], case["proof"], KEY).entries == len(case["lines"])


@pytest.mark.parametrize("name", VECTORS["invalid"])
def test_invalid_proof_is_refused(name: str) -> None:
    case = VECTORS["invalid"][name]

    with pytest.raises(ProofError):
        check_entries(case["lines"], case["proof"], KEY)


@pytest.mark.parametrize("case", VECTORS["inclusion"], ids=lambda case: str(case["index"]))
def test_inclusion_path_leads_to_the_root(case: dict[str, Any]) -> None:
    leaf = bytes.fromhex(VECTORS["leaf_hashes"][case["index"]])
    path = [bytes.fromhex(node) for node in case["path"]]

    assert root_from_inclusion(leaf, case["index"], case["size"], path).hex() == VECTORS["roots"][-1]


def test_trees_are_consistent() -> None:
    case, roots = VECTORS["consistency"], [bytes.fromhex(root) for root in VECTORS["roots"]]
    path = [bytes.fromhex(node) for node in case["path"]]

    assert are_consistent(5, roots[4], 9, roots[8], path)
