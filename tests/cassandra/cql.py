"""Runs CQL statements on a node and prints their rows as JSON lines: cql.py ADDRESS [FILE]"""
import json
import re
import sys

from cassandra.cluster import Cluster, ExecutionProfile, EXEC_PROFILE_DEFAULT
from cassandra.policies import WhiteListRoundRobinPolicy
from cassandra.query import dict_factory

# a string, a quoted name, a comment, or one other character
TOKEN = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|--[^\n]*|/\*.*?\*/|.", re.S)


def statements(text):
    """The statements of a text, split at semicolons that are neither quoted nor in a comment."""
    one = []
    for token in TOKEN.findall(text):
        if token == ";":
            yield "".join(one).strip()
            one = []
        elif not token.startswith(("--", "/*")):
            one.append(token)
    yield "".join(one).strip()


def plain(value):
    if hasattr(value, "items"):  # the driver's own map
        return dict(value.items())
    return value.hex() if isinstance(value, bytes) else str(value)


def main():
    address = sys.argv[1]
    text = open(sys.argv[2], encoding="utf-8").read() if len(sys.argv) > 2 else sys.stdin.read()
    profile = ExecutionProfile(load_balancing_policy=WhiteListRoundRobinPolicy([address]),
                               request_timeout=120, row_factory=dict_factory)
    cluster = Cluster([address], protocol_version=4, connect_timeout=60,
                      execution_profiles={EXEC_PROFILE_DEFAULT: profile})
    session = cluster.connect()
    session.default_fetch_size = 2000
    failed = 0
    for statement in filter(None, statements(text)):
        try:
            for row in session.execute(statement):
                print(json.dumps(row, default=plain, ensure_ascii=False))
        except Exception as error:  # say it, go on, fail at the end
            print("%s: %s: %s" % (type(error).__name__, error, statement[:200]), file=sys.stderr)
            failed = 1
    cluster.shutdown()
    return failed


if __name__ == "__main__":
    sys.exit(main())
