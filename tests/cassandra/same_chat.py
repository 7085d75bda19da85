"""Compares messages as a node's SELECT gives them with what msgscan prints: same_chat.py SELECTED SCANNED"""
import datetime
import json
import sys

DERIVED = {"timestamp", "bucket"}
RENAMED = {"author": "author_name"}


def plain(column, value):
    """One form for both sides: numbers and times as text, a tuple as a list."""
    if column == "edited_timestamp":
        value = value.replace("Z", "").replace("T", " ")
        time = datetime.datetime.fromisoformat(value)
        return time.isoformat(timespec="milliseconds")
    if column == "reference":
        if isinstance(value, dict):
            value = [value.get("channel_id"), value.get("message_id")]
        return [None if v is None else str(v) for v in value]
    if isinstance(value, list):
        return [str(v) for v in value]
    if isinstance(value, dict):
        return {k: str(v) for k, v in value.items()}
    return str(value)


def read(path):
    rows = {}
    for line in open(path, encoding="utf-8"):
        row = {RENAMED.get(k, k): v for k, v in json.loads(line).items()}
        if row.get("author_id") is None:
            continue  # a ghost: msgscan does not show it
        key = (str(row["channel_id"]), str(row["message_id"]))
        if key in rows:
            sys.exit("%s: message %s is there twice" % (path, key))
        rows[key] = {k: plain(k, v) for k, v in row.items() if v is not None and k not in DERIVED}
    return rows


def main():
    selected, scanned = read(sys.argv[1]), read(sys.argv[2])
    bad = [k for k in selected.keys() | scanned.keys() if selected.get(k) != scanned.get(k)]
    for key in sorted(bad)[:5]:
        print("%s: SELECT %s, msgscan %s" % (key, selected.get(key), scanned.get(key)))
    print("%d messages compared, %d differ" % (len(selected), len(bad)))
    sys.exit(bool(bad) or not selected)


main()
