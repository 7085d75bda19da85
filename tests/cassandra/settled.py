"""settled.py THEIRS OURS: whether two dumps of sstabledump say the same, but for cells that have expired, of
which Cassandra makes tombstones in any compaction.  ostraka waits with that while a write of the same time
may lie outside of the merge, to whose later expiry the cell has to lose."""
import datetime
import json
import sys

FORM = "%Y-%m-%dT%H:%M:%SZ"


def settle(theirs, cell, row):
    """What becomes of an expired cell.  One that names no TTL has that of its row, but an expiry of its own,
    which is not printed: the other side is believed."""
    if "value" not in cell or not (cell if "ttl" in cell else row.get("liveness_info", {})).get("expired"):
        return cell
    settled = {k: v for k, v in cell.items() if k not in ("value", "ttl", "expires_at", "expired")}
    settled["deletion_info"] = theirs.get("deletion_info")
    if "ttl" in cell:
        written = datetime.datetime.strptime(cell["expires_at"], FORM) - datetime.timedelta(seconds=cell["ttl"])
        settled["deletion_info"] = {"local_delete_time": written.strftime(FORM)}
    return settled


def same_row(theirs, ours):
    cells = theirs.get("cells", []), ours.get("cells", [])
    if len(cells[0]) != len(cells[1]):
        return False
    if any(x not in (y, settle(x, y, ours)) for x, y in zip(*cells)):
        return False
    return {k: v for k, v in theirs.items() if k != "cells"} == {k: v for k, v in ours.items() if k != "cells"}


def load(name):
    with open(name, encoding="utf-8") as f:
        partitions = json.load(f)
    for partition in partitions:
        partition["partition"].pop("position", None)
        for row in partition["rows"]:
            row.pop("position", None)
    return partitions


def main():
    theirs, ours = load(sys.argv[1]), load(sys.argv[2])
    if not theirs or [p["partition"] for p in theirs] != [p["partition"] for p in ours]:
        sys.exit("other partitions")
    for a, b in zip(theirs, ours):
        if len(a["rows"]) != len(b["rows"]):
            sys.exit("other rows in %s" % a["partition"]["key"])
        for x, y in zip(a["rows"], b["rows"]):
            if not same_row(x, y):
                sys.exit("they differ:\n%s\n%s" % (json.dumps(x), json.dumps(y)))


if __name__ == "__main__":
    main()
