#!/usr/bin/env python3
"""Verifies the audit log of a stopped or running cloud on SQLite, from docs/protocol/audit.md alone.

usage: audit-verifier.py DATA-FOLDER PUBLIC-KEY-HEX

Needs Python 3.9 and the program openssl (3.0). Ends with 0 when the log is intact, 1 when it is not, saying why.
"""
import base64
import hashlib
import json
import os
import sqlite3
import subprocess
import sys
import tempfile
from datetime import datetime, timezone

EMPTY_ROOT = hashlib.sha256(b"").digest()


class Fault(Exception):
    pass


def node(left, right):
    return hashlib.sha256(b"\x01" + left + right).digest()


def root(leaves):
    if not leaves:
        return EMPTY_ROOT
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return node(root(leaves[:split]), root(leaves[split:]))


def moment(ms):
    return datetime.fromtimestamp(ms / 1000, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.") + "%03dZ" % (ms % 1000)


def is_signed(head, folder):
    text = '{"at":%s,"root":%s,"size":%d}' % (json.dumps(head["at"]), json.dumps(head["root"]), head["size"])
    spki = bytes.fromhex("302a300506032b6570032100") + bytes.fromhex(head["key"])  # RFC 8410
    files = {"key": spki, "text": text.encode(), "signature": base64.b64decode(head["signature"])}
    for name, content in files.items():
        with open(os.path.join(folder, name), "wb") as file:
            file.write(content)
    command = ["openssl", "pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey", "key", "-rawin", "-in", "text", "-sigfile", "signature"]
    return subprocess.run(command, cwd=folder, capture_output=True).returncode == 0


def check_entry(place, row, erased):
    if row["idx"] != place:
        raise Fault("entry %d: its place is %s" % (place, row["idx"]))
    if row["payload"] is None:
        if row["salt"] is not None or row["actor_id"] != "" or row["resource_id"] is not None:
            raise Fault("entry %d: half erased" % place)
        erased[row["uuid"]] = place
        return
    content = bytes.fromhex(row["salt"]) + row["payload"].encode()
    if hashlib.sha256(b"\x00" + content).hexdigest() != row["leaf"]:
        raise Fault("entry %d: content and leaf differ" % place)
    said = json.loads(row["payload"])
    resource = said["resource"]["uuid"] if said["resource"] else None
    columns = (row["uuid"], row["at"], row["action"], row["project_id"], row["actor_id"], row["resource_id"])
    if columns != (said["uuid"], said["at"], said["action"], said["project"], said["actor"]["uuid"], resource):
        raise Fault("entry %d: columns and content differ" % place)
    if said["action"] == "audit.erase":
        erased.pop(resource, None)


def read(folder):
    database = sqlite3.connect("file:%s?mode=ro" % os.path.join(folder, "database", "cloud.sqlite"), uri=True)
    database.row_factory = sqlite3.Row
    entries = database.execute("select * from audit_entries where idx is not null order by idx, uuid").fetchall()
    heads = [dict(row, at=moment(row["at"])) for row in database.execute("select * from audit_heads order by size")]
    witness = []
    with open(os.path.join(folder, "witness.jsonl"), encoding="utf8") as file:
        for line in file:
            try:
                witness.append(json.loads(line))
            except ValueError:
                pass  # torn by a power cut
    return entries, heads, witness


def verify(folder, key):
    entries, heads, witness = read(folder)
    erased = {}
    for place, row in enumerate(entries):
        check_entry(place, row, erased)
    if erased:
        raise Fault("entry %d: emptied, and nothing says so" % min(erased.values()))
    leaves = [bytes.fromhex(row["leaf"]) for row in entries]
    with tempfile.TemporaryDirectory() as scratch:
        for head in heads + [line["head"] for line in witness]:
            if head["key"] != key or not is_signed(head, scratch):
                raise Fault("head %d: not signed by the key" % head["size"])
            if head["size"] > len(leaves):
                raise Fault("head %d: the log ends before it" % head["size"])
            if root(leaves[: head["size"]]).hex() != head["root"]:
                raise Fault("head %d: another root" % head["size"])
    sizes = [line["head"]["size"] for line in witness]
    if sizes != sorted(set(sizes)) or sizes != [head["size"] for head in heads]:
        raise Fault("log and witness have different heads")
    for line in witness:
        end = line["head"]["size"]
        if [leaf.hex() for leaf in leaves[end - len(line["leaves"]) : end]] != line["leaves"]:
            raise Fault("witness %d: other leaves" % end)
    if len(leaves) != (sizes[-1] if sizes else 0):
        raise Fault("entry %d stands outside of every head" % (len(leaves) - 1))
    print("intact: %d entries, %d heads" % (len(entries), len(heads)))


if __name__ == "__main__":
    try:
        verify(sys.argv[1], sys.argv[2])
    except (Fault, ValueError, KeyError, TypeError) as fault:
        print("not intact: %s" % fault)
        sys.exit(1)
