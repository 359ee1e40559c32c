"""Checks a proof of the books without Footfall: `python3 check_proof.py` in the folder where it was unpacked.

Every entry has the hash it was sealed with, none was put in or taken out, each comes to zero at each location, all of
them of these days come to the trial balance, and every file is the one that the manifest names.
"""

import csv
import hashlib
import json
import sys
from collections import defaultdict
from pathlib import Path

ours = Path(sys.argv[1] if len(sys.argv) > 1 else ".")
manifest = json.loads((ours / "manifest.json").read_bytes())
for file in manifest["files"]:
    if hashlib.sha256((ours / file["name"]).read_bytes()).hexdigest() != file["sha256"]:
        sys.exit(f"{file['name']} is not the file that the manifest names.")
number, before = manifest["first_number"] - 1, manifest["first_prev_hash"]
moved: dict[tuple[str, str], int] = defaultdict(int)
for line in (ours / "chain.txt").read_bytes().splitlines():
    told, digest, entry = line.split(b"\t", 2)
    number += 1
    before = hashlib.sha256(before.encode() + entry).hexdigest()
    if (int(told), digest.decode()) != (number, before):
        sys.exit(f"The chain breaks at number {number}.")
    contents = json.loads(entry)
    sums: dict[str, int] = defaultdict(int)
    in_range = manifest["from"] <= contents["business_date"] <= manifest["to"]
    for posting in contents["postings"]:
        sums[posting["location_id"]] += posting["amount_cents"]
        moved[str(posting["account"]), posting["location_id"]] += posting["amount_cents"] if in_range else 0
    if any(sums.values()):
        sys.exit(f"Entry {number} does not come to zero.")
if f"{number}:{before}" != manifest["chain_head"]:
    sys.exit("The chain does not end with the head that the manifest names.")
for row in csv.DictReader((ours / "trial_balance.csv").open(encoding="utf-8")):
    if moved.pop((row["account"], row["location_id"]), 0) != int(row["moved_cents"]):
        sys.exit(f"Account {row['account']} is not what its entries come to.")
if any(moved.values()):
    sys.exit("An account is missing in the trial balance.")
sys.stdout.write(f"In order: {manifest['entries']} entries of these days, the chain to {manifest['chain_head']}.\n")
