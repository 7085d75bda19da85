"""Runs statements.cql and holds what comes of each against statements.out: statements.py HOST PORT [-u]

statements.out is what a real Cassandra answered; -u writes it anew.
"""
import os
import re
import sys

from cassandra.cluster import NoHostAvailable

from client import Client, said

HERE = os.path.dirname(os.path.abspath(__file__))
CODES = {"SyntaxException": "2000", "Unauthorized": "2100", "InvalidRequest": "2200", "ConfigurationException": "2300",
         "AlreadyExists": "2400"}


def code(error):
    """The code that the server gave; the driver hides some of them behind classes."""
    if isinstance(error, NoHostAvailable):
        error = list(error.errors.values())[0]
    found = re.search(r"code=([0-9a-f]{4})", str(error))
    return found.group(1) if found else CODES.get(type(error).__name__, type(error).__name__)


def answers(session, statement):
    """The lines that stand for an answer, and the text of an error."""
    try:
        result = session.execute(statement)
        names = [" | ".join(result.column_names)] if result.column_names else []
        return names + [" | ".join(map(said, row)) for row in result], ""
    except Exception as e:
        return ["error " + code(e)], " (%s)" % str(e)[:200]


def blocks(path):
    """The statements of a transcript, each with the lines that follow it."""
    found = []
    for line in open(path, encoding="utf-8").read().splitlines():
        if line.startswith("> "):
            found.append((line[2:], []))
        else:
            found[-1][1].append(line)
    return found


def main():
    client = Client(sys.argv[1], int(sys.argv[2]), "4")
    if sys.argv[3:] == ["-u"]:
        with open(HERE + "/statements.out", "w", encoding="utf-8") as out:
            for line in open(HERE + "/statements.cql", encoding="utf-8").read().splitlines():
                if line and not line.startswith("--"):
                    print("\n".join(["> " + line] + answers(client.s, line)[0]), file=out)
    passed = failed = 0
    for statement, want in blocks(HERE + "/statements.out"):
        got, text = answers(client.s, statement)
        if got == want:
            passed += 1
            continue
        failed += 1
        print("FAILED: %s\n  got  %s%s\n  want %s" % (statement, "\n       ".join(got) or "nothing", text,
                                                     "\n       ".join(want) or "nothing"))
    client.close()
    print("%d passed, %d failed, 0 skipped" % (passed, failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
