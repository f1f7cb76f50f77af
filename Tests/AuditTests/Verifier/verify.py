#!/usr/bin/env python3
"""A second verifier of lethe-audit exports, v1 and v2, written from docs/audit-log.md alone.

It shares no code with Lethe: Python's standard library for SHA-256 and HMAC, the openssl command line for Ed25519.

    verify.py LOG.jsonl --vkey V [--root-key HEX] [--checkpoint FILE]...
    verify.py --batch < requests        one JSON object a line: {"log", "vkey", "root_key", "checkpoints"}

Prints one JSON object a log: {"result", "exit", "records", "failures": [{"seq", "code"}]}. Exits with that status.
"""

import argparse
import base64
import binascii
import datetime
import hashlib
import hmac
import json
import os
import re
import subprocess
import sys
import tempfile

ZEROS = "0" * 64
OUTCOMES = (
    "deleted deleted_after_retry already_absent expired_by_vendor not_found_unproven withheld_hold "
    "withheld_retention withheld_shared changed_since_plan invalid_id refused_by_vendor failed_exhausted "
    "failed_unexpected not_attempted"
).split()
DELETED = OUTCOMES[:2]
CLASSES = "deleted not_ready absent invalid refused throttled unknown not_sent unexpected".split()
ACTS = "limit.raise canary.skip policy.unlock plan.cancel plan.expire plan.close clock.accept account.accept segment.remove key.rotate".split()

# Every value is matched by a regular expression over the bytes of the line.
ESCAPE = r'\\"|\\\\|\\u(?!00[2-6][0-9a-f]|007[0-9a-e])(?!d[89a-f])[0-9a-f]{4}|\\ud[89ab][0-9a-f]{2}\\ud[c-f][0-9a-f]{2}'
TEXT = r'"(?:[ !#-\[\]-~]|' + ESCAPE + r')*"'
COUNT = r"(?:0|[1-9][0-9]{0,15})"
HEX = lambda n: r'"[0-9a-f]{%d}"' % n
UUID = r'"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"'
TIME = r'"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z"'
ONE_OF = lambda words: '"(?:' + "|".join(map(re.escape, words)) + ')"'
NULL = lambda kind: "(?:null|" + kind + ")"
RULE = r'"(?:drill|(?:policy|erasure):(?:[ !#-\[\]-~]|' + ESCAPE + r')+)"'
PSEUDONYMS = r'\[(?:"[0-9a-f]{64}"(?:,"[0-9a-f]{64}")*)?\]'
PREVIOUS = (
    r'(?:null|\{"origin":' + TEXT + ',"size":' + COUNT + ',"root":' + HEX(64) + ',"mac":' + HEX(64) + ',"lost":' + COUNT + r"\})"
)

TYPES = {
    "log.open": [("origin", TEXT), ("vkey", TEXT), ("kid", HEX(16)), ("prev_log", PREVIOUS), ("tool", TEXT)],
    "config": [("sha256", HEX(64))],
    "plan.created": [
        ("plan", HEX(32)), ("kind", ONE_OF(["retention", "erasure", "drill"])), ("digest", HEX(64)), ("items", COUNT),
        ("policy", HEX(64)),
    ],
    "plan.approved": [
        ("plan", HEX(32)), ("digest", HEX(64)), ("by", TEXT), ("how", ONE_OF(["cli", "web", "schedule"])),
    ],
    "run.start": [("run", HEX(32)), ("plan", HEX(32)), ("digest", HEX(64)), ("policy", HEX(64))],
    "delete.intent": [("run", HEX(32)), ("op", HEX(32)), ("try", COUNT), ("att", UUID), ("rule", RULE)],
    "delete.outcome": [
        ("op", HEX(32)), ("try", COUNT), ("att", UUID), ("class", ONE_OF(CLASSES)), ("http", COUNT), ("err", NULL(TEXT)),
        ("trace", NULL(TEXT)), ("final", NULL(ONE_OF(OUTCOMES))),
    ],
    "item.closed": [("run", HEX(32)), ("att", UUID), ("outcome", ONE_OF(OUTCOMES)), ("reason", NULL(TEXT))],
    "delete.verified": [("run", HEX(32)), ("att", UUID), ("http", COUNT), ("grade", ONE_OF("ABCDEX"))],
    "run.end": [("run", HEX(32))] + [(k, COUNT) for k in ("items", "deleted", "absent", "withheld", "failed", "open")],
    "run.halt": [("run", HEX(32)), ("cause", TEXT)],
    "hold.placed": [("hold", TEXT), ("scope", TEXT), ("until", NULL(TIME)), ("by", TEXT), ("reason", NULL(TEXT))],
    "hold.released": [("hold", TEXT), ("by", TEXT), ("reason", NULL(TEXT))],
    "request.opened": [
        ("req", TEXT), ("subs", PSEUDONYMS), ("jurisdiction", TEXT), ("scope", TEXT), ("received", TIME), ("due", TIME),
        ("by", TEXT),
    ],
    "request.updated": [
        ("req", TEXT), ("state", TEXT), ("due", NULL(TIME)), ("by", NULL(TEXT)), ("reason", NULL(TEXT)),
    ],
    "policy.locked": [("id", TEXT), ("sha256", HEX(64))],
    "archive.stored": [("run", HEX(32)), ("att", UUID), ("ok", "(?:true|false)")],
    "vendor.sample": [("checked", COUNT), ("present", COUNT)],
    "operator.act": [("act", ONE_OF(ACTS)), ("ref", TEXT), ("by", TEXT), ("reason", NULL(TEXT))],
    "subject.forget": [("sub", HEX(64))],
    "clock.step": [("from", TIME)],
    "epoch.seal": [("n", COUNT)],
    "log.close": [("reason", TEXT)],
}

ACTS_V2 = ACTS + (
    "clock.override state.lost state.restore host.stopped inventory.rebuild tail.reject aside.lift key.backup user.add user.role "
    "user.disable"
).split()
HOW = ("how", ONE_OF(["cli", "web", "schedule"]))
BY = [("by", TEXT), HOW]
REASON = ("reason", NULL(TEXT))
BOOLEAN = "(?:true|false)"
# What v2 adds to the fields of v1.
ADDED = {
    "log.open": [("workspace", HEX(32)), ("partner", TEXT)],
    "plan.approved": [("when_free", BOOLEAN)],
    "hold.placed": [HOW],
    "hold.released": [HOW],
    "request.opened": [HOW],
    "request.updated": [("how", NULL(HOW[1]))],
    "archive.stored": [("archive", TEXT)],
    "operator.act": [HOW],
    "subject.forget": BY,
    "log.close": BY,
}
TYPES_V2 = {kind: fields + ADDED.get(kind, []) for kind, fields in TYPES.items()}
TYPES_V2["operator.act"] = [("act", ONE_OF(ACTS_V2))] + TYPES_V2["operator.act"][1:]
TYPES_V2.update({
    "lookup.miss": [("run", NULL(HEX(32))), ("att", UUID), ("http", COUNT), ("trace", NULL(TEXT))],
    "absence.proved": [("att", UUID), ("outcome", ONE_OF(OUTCOMES)), REASON, ("trace", NULL(TEXT))],
    "absence.accepted": [("ref", TEXT), ("most", COUNT)] + BY + [REASON],
    "reconcile.end": [("line", NULL(TEXT)), ("checked", COUNT), ("absent", COUNT)],
    "item.aside": [("plan", HEX(32)), ("att", UUID), ("nights", COUNT)],
    "run.idle": [("policy", HEX(64))],
    "plan.announced": [("sha256", HEX(64)), ("items", COUNT), ("due", TIME)] + BY,
    "egress.check": [("host", TEXT), ("reached", BOOLEAN), ("other", TEXT), ("blocked", BOOLEAN)] + BY,
    "archive.shredded": [("att", UUID), ("archive", TEXT), ("rule", RULE)],
    "archive.removed": [("att", UUID), ("archive", TEXT), ("ok", BOOLEAN)],
    "archive.read": [("att", UUID), ("archive", TEXT)] + BY + [REASON],
    "archive.checked": [("archive", TEXT), ("checked", COUNT), ("bad", COUNT)],
    "archive.rekeyed": [("objects", COUNT)],
    "category.set": [("name", TEXT), ("subs", PSEUDONYMS), ("complete", BOOLEAN)] + BY,
    "event.recorded": [("name", TEXT), ("scope", TEXT), ("at", TIME)] + BY,
})
VERSIONS = {"1": TYPES, "2": TYPES_V2}

HEAD = re.compile(
    r'\{"v":([12]),"seq":(%s),"t":(%s),"ep":(%s),"prev":"([0-9a-f]{64})","type":"([a-z.]+)"' % (COUNT, TIME, COUNT)
)
PATTERNS = {
    (version, name): re.compile(
        HEAD.pattern + "".join(',"%s":(%s)' % (key, kind) for key, kind in fields) + r',"mac":"([0-9a-f]{64})"\}'
    )
    for version, types in VERSIONS.items()
    for name, fields in types.items()
}


def moment(text):
    """The instant of a `t`, None where there is no such day or hour."""
    try:
        return datetime.datetime.strptime(text, '"%Y-%m-%dT%H:%M:%S.%fZ"')
    except ValueError:
        return None


def parse(line):
    """The record as (version, seq, time, ep, prev, type, {field: raw}, mac), or None for what is no record."""
    try:
        text = line.decode("ascii")
    except UnicodeDecodeError:
        return None
    head = HEAD.match(text)
    if len(line) > 65535 or not head or head.group(1, 6) not in PATTERNS:
        return None
    match = PATTERNS[head.group(1, 6)].fullmatch(text)
    if not match:
        return None
    version, *values = match.groups()
    types = VERSIONS[version]
    fields = dict(zip((key for key, _ in types[values[4]]), values[5:-1]))
    numbers = re.findall(r'[:,\[](\d+)', re.sub(TEXT, '""', text))
    times = [values[1]] + [fields[k] for k, kind in types[values[4]] if TIME in kind and fields[k] != "null"]
    if any(int(n) > 2**53 - 1 for n in numbers) or any(moment(t) is None or t[1:5] == "0000" for t in times):
        return None
    return version, int(values[0]), values[1], int(values[2]), values[3], values[4], fields, values[-1]


def decode_base64(text):
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return raw if base64.b64encode(raw).decode() == text else None


class Key:
    """A vkey: name+8 hex+base64(0x01 || 32 bytes)."""

    def __init__(self, text):
        self.name, _, rest = text.partition("+")
        hash_hex, _, encoded = rest.partition("+")
        raw = decode_base64(encoded)
        if raw is None or len(raw) != 33 or raw[0] != 1 or not re.fullmatch("[!-*,-~]+", self.name):
            raise ValueError("not a vkey")
        self.public = raw[1:]
        if self.id(self.name).hex() != hash_hex:
            raise ValueError("not a vkey")

    def id(self, name):
        return hashlib.sha256(name.encode() + b"\n\x01" + self.public).digest()[:4]

    def configured_name(self):
        return origin_name(self.name) or self.name


def origin_name(origin):
    match = re.fullmatch(r"([A-Za-z0-9._/-]{1,100})/[0-9a-f]{16}", origin)
    return match.group(1) if match else None


SIGNATURES = {}


def ed25519(public, message, signature):
    """openssl pkeyutl -verify, remembered."""
    case = (public, message, signature)
    if case not in SIGNATURES:
        with tempfile.TemporaryDirectory() as folder:
            der = bytes.fromhex("302a300506032b6570032100") + public
            for name, data in (("key", der), ("text", message), ("sig", signature)):
                with open(os.path.join(folder, name), "wb") as file:
                    file.write(data)
            command = "openssl pkeyutl -verify -pubin -keyform DER -inkey key -rawin -in text -sigfile sig"
            done = subprocess.run(command.split(), cwd=folder, capture_output=True)
            SIGNATURES[case] = done.returncode == 0
    return SIGNATURES[case]


def checkpoint_text(body):
    """origin, size and root of a checkpoint's text without its last LF."""
    lines = body.split("\n")
    root = decode_base64(lines[2]) if len(lines) >= 3 else None
    if root is None or "" in lines or not re.fullmatch("0|[1-9][0-9]*", lines[1]):
        raise ValueError("not a checkpoint")
    if int(lines[1]) >= 2**63 or not re.fullmatch("[!-*,-~]+", lines[0]):
        raise ValueError("not a checkpoint")
    return lines[0], int(lines[1]), root


def is_unsigned(raw):
    """The three lines of a checkpoint alone."""
    try:
        checkpoint_text(raw[:-1].decode("utf-8"))
    except ValueError:
        return False
    return raw.endswith(b"\n") and raw.count(b"\n") == 3


class Checkpoint:
    """origin LF size LF base64(root) LF LF then `— name base64(id || signature)` lines."""

    def __init__(self, raw):
        text = raw.decode("utf-8")
        if not text.endswith("\n") or any(c < " " and c != "\n" for c in text) or len(raw) > 1 << 20:
            raise ValueError("not a note")
        body, gap, signatures = text.rpartition("\n\n")
        if not gap or not signatures:
            raise ValueError("not a note")
        self.text = body + "\n"
        self.signatures = []
        for line in signatures[:-1].split("\n"):
            match = re.fullmatch("\u2014 ([^\\s+]+) (\\S+)", line)
            data = decode_base64(match.group(2)) if match else None
            if data is None or len(data) < 5:
                raise ValueError("not a note")
            self.signatures.append((match.group(1), data[:4], data[4:]))
        if len(self.signatures) > 100:
            raise ValueError("not a note")
        self.origin, self.size, self.root = checkpoint_text(body)
        if len(self.root) != 32:
            raise ValueError("not a checkpoint")

    def verdict(self, key):
        named = [s for s in self.signatures if s[0] == self.origin]
        own = [s for s in named if s[1] == key.id(self.origin)]
        if not named:
            return "unsigned"
        if not own:
            return "other key"
        good = all(len(s[2]) == 64 and ed25519(key.public, self.text.encode(), s[2]) for s in own)
        return "valid" if good else "forged"


def node(left, right):
    return hashlib.sha256(b"\x01" + left + right).digest()


def tree_root(leaves):
    """RFC 9162, 2.1.1, as it is written there."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    split = 1 << (len(leaves) - 1).bit_length() - 1
    return node(tree_root(leaves[:split]), tree_root(leaves[split:]))


def mac(key, text):
    return hmac.new(key, text, hashlib.sha256).digest()


GROUPS = {"deleted": OUTCOMES[:2], "absent": OUTCOMES[2:4], "withheld": OUTCOMES[5:9], "open": OUTCOMES[-1:]}
GONE = [None] + OUTCOMES[1:5]
SPENT = [None, "failed_exhausted"]
# Class: the statuses and the final outcomes that go with it.
ANSWERS = {
    "deleted": ([204], ["deleted"]),
    "absent": ([404], GONE),
    "invalid": ([400], ["invalid_id"]),
    "refused": ([401, 403], [None, "refused_by_vendor"]),
    "not_ready": ([404], SPENT),
    "throttled": ([429], SPENT),
    "not_sent": ([0], SPENT),
    "unknown": ([0, 404, 408, 500, 502, 503, 504], SPENT),
}


def group(outcome):
    return next((name for name, outcomes in GROUPS.items() if outcome in outcomes), "failed")


# What may become of a request. Each state may be said again.
LIVES = {
    "received": "planned refused withdrawn",
    "planned": "approved received refused withdrawn",
    "approved": "planned applying received refused withdrawn",
    "applying": "completed completed_with_exceptions received withdrawn",
    "completed": "planned received withdrawn",
    "completed_with_exceptions": "planned received withdrawn",
    "refused": "",
    "withdrawn": "",
}
UNKNOWN = "?"


class Ledger:
    """Section 6, "The ledger": whether what the records say adds up. Values are as they stand in the line."""

    def __init__(self):
        self.forget(partial=False)

    def forget(self, partial=True):
        self.partial, self.plans, self.runs, self.holds = partial, {}, {}, set()
        # The state of each request; whether the key of each copy was destroyed; what a 204 ended.
        self.requests, self.copies, self.deleted = {}, {}, set()

    def contradicts(self, kind, f, run):
        """`run`: that of the intent which a delete.outcome answers."""
        rule = getattr(self, "on_" + kind.replace(".", "_"), None)
        return bool(rule(f, run)) if rule else False

    def unbegun(self, f):
        return f["run"] not in self.runs and not self.partial

    def unrecorded(self, plan):
        return plan not in self.plans and not self.partial

    def has_ended(self, plan, item):
        return bool(plan) and (plan["ended"] or item in plan["closed"])

    def on_plan_created(self, f, _):
        new = {"kind": f["kind"], "digest": f["digest"], "items": int(f["items"]), "approved": False}
        new.update(ended=False, stopped=False, closed=set(), found=set(), counts={})
        return self.plans.setdefault(f["plan"], new)["digest"] != f["digest"]

    def on_plan_approved(self, f, _):
        plan = self.plans.get(f["plan"])
        if plan and plan["digest"] == f["digest"]:
            plan["approved"] = True
        return plan["digest"] != f["digest"] if plan else not self.partial

    def on_run_start(self, f, _):
        plan = self.plans.get(f["plan"])
        if plan is None:
            return not self.partial
        again = f["run"] in self.runs
        self.runs[f["run"]] = plan
        return again or plan["digest"] != f["digest"] or plan["stopped"] or not plan["approved"]

    def on_delete_intent(self, f, _):
        plan = self.runs.get(f["run"])
        if plan is None:
            return not self.partial
        word, _, request = f["rule"][1:-1].partition(":")
        kind = {"drill": "drill", "erasure": "erasure"}.get(word, "retention")
        if json.loads(plan["kind"]) != kind or self.has_ended(plan, f["att"]):
            return True
        if kind != "erasure":
            return False
        state = self.requests.get('"%s"' % request)
        return state in ("refused", "withdrawn") if state else not self.partial

    def on_delete_outcome(self, f, run):
        word, status, final = json.loads(f["class"]), int(f["http"]), json.loads(f["final"])
        if word == "unexpected":
            fits = status not in (0, 204) and final == "failed_unexpected"
        else:
            fits = status in ANSWERS[word][0] and final in ANSWERS[word][1]
        if fits and final == "deleted":
            self.deleted.add(f["att"])
        return not fits or (final is not None and run is not None and self.ends(f["att"], final, run))

    def on_item_closed(self, f, _):
        outcome = json.loads(f["outcome"])
        return outcome == "deleted" or self.ends(f["att"], outcome, f["run"])

    def on_delete_verified(self, f, _):
        grade, plan = json.loads(f["grade"]), self.runs.get(f["run"])
        if self.unbegun(f):
            return True
        if grade == "X":
            if plan and f["att"] in plan["closed"]:
                plan["found"].add(f["att"])
            self.deleted.discard(f["att"])
            return f["http"] != "200"
        if grade in "AB" and f["http"] != "404":
            return True
        return grade in "ABC" and f["att"] not in self.deleted and not self.partial

    def on_run_end(self, f, _):
        return self.adds_up_wrongly(f)

    def on_run_halt(self, f, _):
        return self.unbegun(f)

    def on_hold_placed(self, f, _):
        self.holds.add(f["hold"])

    def on_hold_released(self, f, _):
        return f["hold"] not in self.holds and not self.partial

    def on_request_opened(self, f, _):
        self.requests.setdefault(f["req"], UNKNOWN if self.partial else "received")

    def on_request_updated(self, f, _):
        state, before = json.loads(f["state"]), self.requests.get(f["req"])
        if state not in LIVES:
            return True
        self.requests[f["req"]] = state
        if before is None:
            return not self.partial
        return before not in (UNKNOWN, state) and state not in LIVES[before].split()

    def on_operator_act(self, f, _):
        act, ref = json.loads(f["act"]), f["ref"]
        if act in ("plan.cancel", "plan.expire") and ref in self.plans:
            self.plans[ref]["stopped"] = True
        if act in ("plan.close", "limit.raise", "canary.skip"):
            return not re.fullmatch(HEX(32), ref) or self.unrecorded(ref)

    def counts_more(self, f, part):
        return int(f[part]) > int(f["checked"])

    on_vendor_sample = lambda self, f, _: self.counts_more(f, "present")
    on_reconcile_end = lambda self, f, _: self.counts_more(f, "absent")
    on_archive_checked = lambda self, f, _: self.counts_more(f, "bad")
    on_egress_check = lambda self, f, _: f["host"] == f["other"]

    def on_lookup_miss(self, f, _):
        if f["http"] != "404":
            return True
        return f["run"] != "null" and (self.unbegun(f) or self.has_ended(self.runs.get(f["run"]), f["att"]))

    def on_absence_proved(self, f, _):
        return json.loads(f["outcome"]) not in OUTCOMES[2:5] or f["att"] in self.deleted

    def on_absence_accepted(self, f, _):
        return re.fullmatch(HEX(32), f["ref"]) and self.unrecorded(f["ref"])

    def on_item_aside(self, f, _):
        return self.unrecorded(f["plan"]) or self.has_ended(self.plans.get(f["plan"]), f["att"])

    def on_archive_stored(self, f, _):
        if f["ok"] == "true":
            self.copies[f["att"], f.get("archive", '""')] = False
        return self.unbegun(f)

    def copy(self, f):
        """Whether its key was destroyed; None where it was not stored. A line of v1 did not say in which archive."""
        return self.copies.get((f["att"], f["archive"]), self.copies.get((f["att"], '""')))

    def on_archive_removed(self, f, _):
        return self.copy(f) is None and not self.partial

    def on_archive_read(self, f, _):
        return self.copy(f) is True or self.on_archive_removed(f, _)

    def on_archive_shredded(self, f, _):
        if self.copy(f) is None:
            return not self.partial
        self.copies[f["att"], f["archive"]] = True

    def ends(self, item, outcome, run):
        plan = self.runs.get(run)
        if plan is None:
            return not self.partial
        if plan["ended"]:
            return True
        counts = plan["counts"]
        if item in plan["closed"]:
            if group(outcome) != "failed" or item not in plan["found"]:
                return True
            plan["found"].discard(item)
            counts["deleted"] = counts.get("deleted", 0) - 1
        plan["closed"].add(item)
        counts[group(outcome)] = counts.get(group(outcome), 0) + 1
        return len(plan["closed"]) > plan["items"]

    def adds_up_wrongly(self, f):
        names = ("deleted", "absent", "withheld", "failed")
        items, totals = int(f["items"]), [int(f[name]) for name in names]
        if items != sum(totals) + int(f["open"]):
            return True
        plan = self.runs.get(f["run"])
        if plan is None:
            return not self.partial
        if items != plan["items"] or totals != [plan["counts"].get(name, 0) for name in names]:
            return True
        plan["ended"] = len(plan["closed"]) == items
        return False


class Verifier:
    def __init__(self, vkey, root_key):
        self.key = Key(vkey) if vkey else None
        self.root_key = bytes.fromhex(root_key) if root_key else None
        self.failures = []
        self.tampered = False

    def fail(self, code, seq=None, tampering=True):
        self.failures.append({"seq": seq, "code": code})
        self.tampered |= tampering

    def verify(self, path, held_paths):
        with open(path, "rb") as file:
            data = file.read()
        own = os.path.join(os.path.dirname(path) or ".", "checkpoint")
        checkpoints = []
        for name, held in [(p, True) for p in held_paths] + ([(own, False)] if os.path.exists(own) else []):
            with open(name, "rb") as file:
                raw = file.read()
            try:
                checkpoints.append((Checkpoint(raw), held))
            except ValueError:
                unsigned = not held and is_unsigned(raw)
                self.fail("signature" if unsigned else "format", None, not unsigned)
        lines = data.split(b"\n")
        if lines[-1] == b"":
            lines.pop()
        elif data:
            self.fail("format", len(lines) - 1)
        self.records(lines)
        self.checkpoints(lines, checkpoints)
        return self.answer(lines)

    def records(self, lines):
        expected, previous, epoch, in_epoch, last_time = 0, ZEROS, 0, 0, None
        certain, self.origin, self.kid, pending, version = True, None, None, {}, None
        self.ledger, self.last = Ledger(), (None, None)
        keyed = []
        for position, line in enumerate(lines):
            record = parse(line)
            # Every line has the version of the first that can be read.
            if record is None or record[0] != (version or record[0]):
                self.fail("line", expected)
                tail = re.fullmatch(rb'.*([0-9a-f]{64})..', line, re.S)
                previous = tail.group(1).decode() if tail else None
                expected, in_epoch, certain, self.last = expected + 1, in_epoch + 1, False, (None, None)
                self.ledger.forget()
                continue
            version, seq, time, ep, prev, kind, fields, stated = record
            if seq != expected:
                self.fail("seq", expected)
                self.ledger.forget()
            elif previous is not None and prev != previous:
                self.fail("link", expected)
                self.ledger.forget()
            expected = seq
            if ep != epoch:
                if certain or ep != epoch + 1:
                    self.fail("epoch", seq)
                else:
                    epoch, in_epoch = epoch + 1, 0
            certain = True
            if kind == "clock.step":
                if fields["from"] != last_time:
                    self.fail("clock", seq)
            elif last_time is not None and time < last_time:
                self.fail("clock", seq)
            last_time = time
            if position == 0 or kind == "log.open":
                self.opening(position, kind, fields, seq)
            self.operation(kind, fields, seq, pending)
            keyed.append((seq, epoch, line, stated))
            previous, expected, in_epoch = stated, seq + 1, in_epoch + 1
            if kind == "epoch.seal":
                if int(fields["n"]) != in_epoch:
                    self.fail("epoch", seq)
                epoch, in_epoch = epoch + 1, 0
        self.macs(keyed)

    def opening(self, position, kind, fields, seq):
        if position or kind != "log.open":
            return self.fail("origin", seq)
        self.origin, self.kid = json.loads(fields["origin"]), json.loads(fields["kid"])
        name = origin_name(self.origin)
        try:
            vkey = Key(json.loads(fields["vkey"]))
        except ValueError:
            vkey = None
        previous = json.loads(fields["prev_log"])
        if previous:
            # What the segments before it tell is not here.
            self.ledger.forget()
        if name is None or vkey is None or vkey.name != self.origin:
            self.fail("origin", seq)
        elif previous and origin_name(previous["origin"]) is None:
            self.fail("origin", seq)
        elif self.key and (name != self.key.configured_name() or vkey.public != self.key.public):
            self.fail("origin", seq)

    def operation(self, kind, fields, seq, pending):
        intent = pending.get(fields.get("att"), (None, None, None))
        run = intent[2] if kind == "delete.outcome" and intent[0] == fields["op"] else None
        # After log.close comes its seal, and nothing more; and none closes over an open intent.
        misplaced = (
            self.last == ("log.close", "epoch.seal")
            or self.last[1] == "log.close" and kind != "epoch.seal"
            or kind == "log.close" and pending
        )
        self.last = (self.last[1], kind)
        if self.ledger.contradicts(kind, fields, run) or misplaced:
            self.fail("ledger", seq)
        if kind == "delete.intent":
            pending[fields["att"]] = (fields["op"], fields["try"], fields["run"])
        elif kind == "delete.outcome":
            if intent[:2] == (fields["op"], fields["try"]):
                del pending[fields["att"]]
            else:
                self.fail("outcome-without-intent", seq)
        elif kind == "item.closed":
            pending.pop(fields["att"], None)

    def macs(self, keyed):
        if not self.root_key or self.origin is None:
            return
        kid = mac(self.root_key, b"lethe-audit/v1 kid\n")[:8].hex()
        key = mac(self.root_key, b"lethe-audit/v1 epoch\n" + self.origin.encode() + b"\n")
        at, bad, good = 0, [], 0
        for seq, epoch, line, stated in keyed:
            while at < epoch:
                key, at = mac(key, b"lethe-audit/v1 next\n"), at + 1
            if mac(mac(key, b"lethe-audit/v1 mac\n"), line[:-74]).hex() == stated:
                good += 1
            else:
                bad.append(seq)
        if self.kid != kid:
            if good == 0:
                return self.fail("wrong-key", None, False)
            # One good mac shows that the key is right, so the record that states another was changed.
            bad = sorted(set(bad) | {0})
        for seq in bad:
            self.fail("mac", seq)

    def checkpoints(self, lines, checkpoints):
        if not lines:
            self.fail("empty", None, False)
        leaves = [hashlib.sha256(b"\x00" + line).digest() for line in lines]
        covered = 0
        for checkpoint, held in checkpoints:
            covered = max(covered, checkpoint.size)
            if self.origin is not None and checkpoint.origin != self.origin:
                self.fail("origin")
            if self.key:
                verdict = checkpoint.verdict(self.key)
                if verdict != "valid":
                    self.fail("signature", None, verdict != "unsigned")
            if checkpoint.size > len(lines):
                self.fail("shorter-than-checkpoint", len(lines))
            elif tree_root(leaves[: checkpoint.size]) != checkpoint.root:
                self.fail("not-a-prefix" if held else "root")
        if lines and covered < len(lines):
            self.fail("tail-not-covered", covered, False)

    def answer(self, lines):
        if self.tampered:
            result, status = "tampered", 1
        elif self.failures or not self.key:
            result, status = "not_verified", 3
        else:
            result, status = "verified", 0
        return {"result": result, "exit": status, "records": len(lines), "failures": self.failures}


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("log", nargs="?")
    arguments.add_argument("--vkey")
    arguments.add_argument("--root-key")
    arguments.add_argument("--checkpoint", action="append", default=[])
    arguments.add_argument("--batch", action="store_true")
    given = arguments.parse_args()
    if given.batch:
        for line in sys.stdin:
            case = json.loads(line)
            verifier = Verifier(case["vkey"], case.get("root_key"))
            print(json.dumps(verifier.verify(case["log"], case.get("checkpoints", []))))
        return 0
    if not given.log:
        arguments.error("a log is needed")
    try:
        verifier = Verifier(given.vkey, given.root_key)
    except ValueError:
        print("not a vkey, or not a root key", file=sys.stderr)
        return 64
    answer = verifier.verify(given.log, given.checkpoint)
    print(json.dumps(answer))
    return answer["exit"]


if __name__ == "__main__":
    sys.exit(main())
