"""Cloud Custodian's side of the rules benchmark: the policies and attachments on standard input as filters and resources.

    pip install c7n
    LETHE_BENCH_PYTHON=/path/to/python scripts/bench rules

Times are datetimes, which c7n compares ten times faster than text. What is timed is filter_resources alone,
in time on the processor.
"""
import datetime
import json
import logging
import sys
import time

from c7n.config import Config
from c7n.policy import PolicyCollection
from c7n.resources import load_resources


def filters(policy):
    found = []
    if policy.get("line"):
        found.append({"type": "value", "key": "Line", "value": policy["line"]})
    if policy.get("direction"):
        found.append({"type": "value", "key": "Direction", "value": policy["direction"]})
    if policy.get("mime"):
        operator = "glob" if policy["mime"].endswith("*") else "eq"
        found.append({"type": "value", "key": "Mime", "op": operator, "value": policy["mime"]})
    if policy.get("atLeast"):
        found.append({"type": "value", "key": "Size", "op": "ge", "value": policy["atLeast"]})
    found.append({"type": "value", "key": "Created", "value_type": "age", "op": "ge", "value": policy["days"]})
    return found


def main():
    logging.disable(logging.CRITICAL)
    task = json.load(sys.stdin)
    load_resources(("aws.ebs-snapshot",))
    data = [
        {"name": policy["name"], "resource": "aws.ebs-snapshot", "filters": filters(policy)}
        for policy in task["policies"]
    ]
    config = Config.empty(region="us-east-1", account_id="1" * 12, output_dir=sys.argv[1])
    managers = [policy.resource_manager for policy in PolicyCollection.from_data({"policies": data}, config)]
    resources = [
        {
            "SnapshotId": str(number), "Line": it["line"], "Direction": it["direction"], "Mime": it["mime"],
            "Size": it["size"], "Created": datetime.datetime.fromtimestamp(it["created"], datetime.timezone.utc),
        }
        for number, it in enumerate(task["resources"])
    ]
    seconds = []
    for _ in range(task["runs"]):
        start = time.process_time()
        matched = [len(manager.filter_resources(resources)) for manager in managers]
        seconds.append(time.process_time() - start)
    print(json.dumps({"seconds": seconds, "matched": matched}))


main()
