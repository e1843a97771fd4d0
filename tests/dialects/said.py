"""What a dialect said, and how a checker of it is run: first on documents that it must refuse, then on all of them."""

import json
import sys


def check(dialect, faults, good, broken):
    """`faults(body)` lists what is wrong. `good` are documents that must pass, `broken` ones that must not, by what is wrong with them."""
    failed = 0
    for body in good:
        for fault in faults(body):
            failed += 1
            print(f"{dialect}: the checker refuses what is right: {fault}: {body}", file=sys.stderr)
    for what, body in broken.items():
        if not faults(body):
            failed += 1
            print(f"{dialect}: the checker takes what is broken ({what}): {body}", file=sys.stderr)
    count = 0
    with open(sys.argv[1], encoding="utf-8") as lines:
        for line in lines:
            said = json.loads(line)
            if said["dialect"] != dialect:
                continue
            count += 1
            found = faults(said["body"])
            failed += bool(found)
            for fault in found:
                print(f"{said['case']}: {dialect}: {fault}\n  {said['body']}", file=sys.stderr)
    if count < 100:
        failed += 1
        print(f"{dialect}: only {count} documents were said", file=sys.stderr)
    print(f"{dialect}: {count} documents, {failed} refused; {len(broken)} broken ones shown to the checker")
    sys.exit(1 if failed else 0)
