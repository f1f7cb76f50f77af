#!/usr/bin/env python3
"""Checks this bundle as verify.sh does, in seconds where that takes minutes.

    python3 -I verify.py 'NAME+HASH+BASE64' [/path/to/openssl]

Several keys, with spaces between them, where the log's keys were lost and replaced.
Needs the standard library of Python 3.8 and, for Ed25519, openssl 3. Shares no code with Lethe: written from the docs.
Ends with a line "RESULT …" and with status 0 verified, 1 tampered, 3 cannot check, 64 what was given is no key.
"""

import sys

if not sys.flags.isolated:
    # What lies beside this file may not take the place of a library.
    import os

    os.execv(sys.executable, [sys.executable, "-I"] + sys.argv)

import base64
import binascii
import hashlib
import os
import re
import stat
import subprocess
import tempfile

PLACES = "/usr/bin /bin /usr/local/bin /opt/homebrew/bin /opt/local/bin /run/current-system/sw/bin".split()
NAME = re.compile(rb"[A-Za-z0-9_-][A-Za-z0-9._-]*")
OF_SEGMENT = re.compile(rb"segments/[0-9a-f]+/(?:checkpoint|records\.jsonl|proof|anchors/[1-9][0-9]*\.note)")
OPENING = re.compile(
    rb'\{"v":[12],"seq":0,"t":"[^"]*","ep":0,"prev":"0{64}","type":"log\.open","origin":"([A-Za-z0-9._/-]*)",'
    rb'"vkey":"[^"\\]*","kid":"[0-9a-f]{16}","prev_log":(?:null|\{"origin":"([A-Za-z0-9._/-]*)",'
    rb'"size":(0|[1-9][0-9]{0,14}),"root":"([0-9a-f]{64})","mac":"([0-9a-f]{64})","lost":(0|[1-9][0-9]{0,14})\}),"tool":"'
)
RECORD = re.compile(rb'\{"v":[12],"seq":(0|[1-9][0-9]{0,14}),"t":"[ -~]*')


class Tampered(Exception):
    pass


class CannotCheck(Exception):
    pass


class NoKey(Exception):
    pass


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def decode(text, length=None):
    """The bytes that canonical base64 stands for, `length` of them if given; None for any other text."""
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return raw if length in (None, len(raw)) and base64.b64encode(raw).decode() == text else None


class OpenSSL:
    """One that tells a good signature from a bad one, which is tried first."""

    def __init__(self, given):
        for place in [given] if given else [os.path.join(folder, "openssl") for folder in PLACES]:
            self.command = place
            if os.path.isfile(place) and os.access(place, os.X_OK) and self.works():
                return
        who = given + " cannot" if given else "no openssl here can"
        raise CannotCheck(who + " check Ed25519 signatures: openssl 3 can")

    def works(self):
        key = base64.b64decode("s9i+sHxfNZmwlUq1d1wFXuRnvmuz9618SxK5qCZgzkI=")
        good = "pN7f5LCyQRwBd7BwoBjCd3FDeiCFpWXcPvPfTW1EWGhfQCEXnSaLPh9yGY4TWCNZG1xwkE9vvsou80RY+aDeCA=="
        text, signature = b"lethe evidence\n", base64.b64decode(good)
        return self.signed(key, text, signature) and not self.signed(key, text.upper(), signature)

    def signed(self, public, text, signature):
        with tempfile.TemporaryDirectory() as folder:
            der = bytes.fromhex("302a300506032b6570032100") + public
            for name, data in (("key", der), ("text", text), ("signature", signature)):
                with open(os.path.join(folder, name), "wb") as file:
                    file.write(data)
            done = subprocess.run(
                [self.command]
                + "pkeyutl -verify -pubin -keyform DER -inkey key -rawin -in text -sigfile signature".split(),
                cwd=folder, env={"LC_ALL": "C"}, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            return done.returncode == 0


def configured(name):
    """A segment is called NAME/16 hex digits."""
    return re.sub("/[0-9a-f]{16}$", "", name) if re.search("/[0-9a-f]{16}\\Z", name) else name


class Key:
    def __init__(self, text):
        parts = text.split("+", 2)
        raw = decode(parts[2], 33) if len(parts) == 3 else None
        if raw is None or raw[0] != 1 or not re.fullmatch("[A-Za-z0-9._/-]+", parts[0]):
            raise NoKey()
        self.public = raw[1:]
        self.name = configured(parts[0])
        if self.id(parts[0]).hex() != parts[1]:
            raise NoKey()

    def id(self, name):
        return sha256(name.encode(), b"\n\x01", self.public)[:4]


class Note:
    """A checkpoint: origin LF size LF base64(root) LF LF, then `— name base64(id || signature)` lines."""

    def __init__(self, path, keys, openssl):
        with open(path, "rb") as file:
            raw = file.read(1 << 20)
        body, gap, rest = raw.partition(b"\n\n")
        lines = body.split(b"\n")
        bad = Tampered("%s is no checkpoint" % path)
        if not gap or len(lines) < 3 or b"" in lines or not rest.endswith(b"\n"):
            raise bad
        if re.search(rb"[\x00-\x09\x0b-\x1f\x7f]", raw):
            raise bad
        if not re.fullmatch(rb"[1-9][0-9]{0,14}", lines[1]) or not re.fullmatch(rb"[!-~]+", lines[0]):
            raise bad
        self.origin, self.size = lines[0].decode(), int(lines[1])
        keys = [key for key in keys if configured(self.origin) == key.name != self.origin]
        if not keys:
            raise Tampered("%s is of another log" % path)
        own = []
        for line in rest[:-1].split(b"\n"):
            parts = line.split(b" ")
            signature = decode(parts[-1].decode("latin-1")) or b""
            if len(parts) != 3 or parts[0] != "\u2014".encode() or len(signature) < 5:
                raise bad
            if parts[1] == lines[0]:
                own.append(signature)
        for key in keys:
            theirs = [each[4:] for each in own if each[:4] == key.id(self.origin)]
            if not all(len(each) == 64 and openssl.signed(key.public, body + b"\n", each) for each in theirs):
                raise Tampered("%s is not signed by the key you gave" % path)
            if theirs:
                break
        else:
            if not own:
                raise Tampered("%s is not signed by the key you gave" % path)
            why = "%s is signed by a key that you did not give: pass all keys of this log, with spaces between them"
            raise CannotCheck(why % path)
        self.root = decode(lines[2].decode("latin-1"), 32)
        if self.root is None:
            raise bad


class Tree:
    """Grows to the right by complete subtrees; `peaks` are (level, hash), largest first (RFC 9162, 2.1)."""

    def __init__(self):
        self.size, self.peaks = 0, []

    def add(self, level, digest):
        self.size += 1 << level
        while self.peaks and self.peaks[-1][0] == level:
            digest, level = sha256(b"\x01", self.peaks.pop()[1], digest), level + 1
        self.peaks.append((level, digest))

    def root(self):
        digest = self.peaks[-1][1]
        for _, left in reversed(self.peaks[:-1]):
            digest = sha256(b"\x01", left, digest)
        return digest


class Opening:
    """What the first record of a segment says: its origin, and of the one before it how that ended."""

    def __init__(self, folder):
        self.folder = folder
        for name in ("checkpoint", "records.jsonl", "proof"):
            if not os.path.isfile(os.path.join(folder, name)):
                raise Tampered("the bundle has no %s/%s" % (folder, name))
        with open(folder + "/records.jsonl", "rb") as records:
            match = OPENING.match(records.readline(65536))
        if not match:
            raise Tampered("%s/records.jsonl does not begin with log.open" % folder)
        self.origin, self.before = match.group(1), match.group(2)
        self.size, self.lost = int(match.group(3) or 0), int(match.group(6) or 0)
        self.root, self.mac = bytes.fromhex((match.group(4) or b"").decode()), match.group(5)


def chain(openings):
    """Oldest first, each with the one that names it, or None; what nobody can check here, in words and shorter."""
    origins = {opening.origin for opening in openings}
    firsts = [opening for opening in openings if opening.before not in origins]
    after = {opening.before: opening for opening in openings if opening.before in origins}
    if len(firsts) > 1:
        raise Tampered("a segment is missing before %s or before %s" % (firsts[0].folder, firsts[1].folder))
    order, at = [], firsts[0] if firsts else None
    while at:
        order.append((at, after.get(at.origin)))
        at = after.get(at.origin)
    if len(order) != len(openings):
        raise Tampered("the segments do not go on from one another")
    said, unchecked = "NOTE  %s says that %d records of %s were lost", ""
    notes = [said % (each.folder, each.lost, each.before.decode()) for each, _ in order if each.lost]
    if firsts[0].before is not None:
        said = "NOTE  what %s goes on from is not here and not checked: %d records of %s"
        notes.append(said % (firsts[0].folder, firsts[0].size, firsts[0].before.decode()))
        unchecked = "; what came before is not here"
    lost = sum(each.lost for each, _ in order)
    return order, notes, unchecked + ("; %d records were lost" % lost if lost else "")


class Segment:
    """The records of one segment, put into their tree together with the hashes of what lies between them."""

    def __init__(self, opening, next_one, openssl, keys):
        self.folder = folder = opening.folder
        self.next = next_one
        self.checkpoint = Note(folder + "/checkpoint", keys, openssl)
        if self.checkpoint.origin != opening.origin.decode() or opening.origin[-16:].decode() != folder[-16:]:
            raise Tampered("%s/checkpoint is of another segment" % folder)
        self.roots = {self.checkpoint.size: [(folder + "/checkpoint", self.checkpoint.root)]}
        self.anchors = []
        kept = folder + "/anchors"
        for name in sorted(os.listdir(kept)) if os.path.isdir(kept) else []:
            path = kept + "/" + name
            note = Note(path, keys, openssl)
            if note.origin != self.checkpoint.origin or name != "%d.note" % note.size:
                raise Tampered("%s is of another segment or size" % path)
            if note.size > self.checkpoint.size:
                raise Tampered("%s counts more records than the log" % path)
            self.roots.setdefault(note.size, []).append((path, note.root))
            self.anchors.append(path)
        self.size = self.checkpoint.size
        # The next segment may name records that no checkpoint covers: then they rest on it alone.
        if next_one:
            if next_one.size < self.size:
                raise Tampered("%s names fewer records than %s/checkpoint counts" % (next_one.folder, folder))
            self.size = next_one.size
            self.roots.setdefault(self.size, []).append((next_one.folder, next_one.root))
        self.ends = sorted(self.roots)
        self.tree, self.count, self.spans = Tree(), 0, []

    def fill(self, to, proof):
        """The largest complete subtrees up to the next record, none across the end of an older checkpoint."""
        while self.tree.size < to:
            at = self.tree.size
            limit = min(to, next(end for end in self.ends if end > at))
            level = 0
            while at % (2 << level) == 0 and at + (2 << level) <= limit:
                level += 1
            digest = proof.readline(66)
            if not re.fullmatch(rb"[0-9a-f]{64}\n", digest):
                raise Tampered("%s/proof does not fit the records" % self.folder)
            self.add(level, bytes.fromhex(digest[:64].decode()))

    def add(self, level, digest):
        self.tree.add(level, digest)
        for path, root in self.roots.get(self.tree.size, ()):
            if self.tree.root() != root and self.next and path == self.next.folder:
                raise Tampered("%s names another history of %s" % (path, self.folder))
            if self.tree.root() != root:
                raise Tampered("the records of %s are not in the log of %s" % (self.folder, path))

    def check(self):
        with open(self.folder + "/records.jsonl", "rb") as records, open(self.folder + "/proof", "rb") as proof:
            for line in records:
                match = RECORD.fullmatch(line[:-1])
                seq = int(match.group(1)) if match and line.endswith(b"\n") else -1
                if not self.tree.size <= seq < self.size or len(line) > 65536:
                    why = "%s/records.jsonl: line %d does not state a place after the one before"
                    raise Tampered(why % (self.folder, self.count + 1))
                if not self.spans or seq > self.tree.size:
                    self.spans.append([seq, seq])
                self.spans[-1][1] = seq
                if self.next and seq == self.size - 1 and line[-67:] != self.next.mac + b'"}\n':
                    break
                self.fill(seq, proof)
                self.add(0, sha256(b"\x00", line[:-1]))
                self.count += 1
            if self.next and self.tree.size < self.size:
                raise Tampered("the last record of %s is not the one that %s names" % (self.folder, self.next.folder))
            self.fill(self.size, proof)
            if proof.read(1):
                raise Tampered("%s/proof does not fit the records" % self.folder)
        print("OK    %s/checkpoint of size %d" % (self.folder, self.checkpoint.size))
        print("OK    %s/records.jsonl: %d records, seq %s" % (self.folder, self.count, self.places()))
        if self.next:
            print("OK    %s is as %s names it, with %d records" % (self.folder, self.next.folder, self.size))
        for path in self.anchors:
            print("OK    %s: the log goes on from it" % path)

    def places(self):
        first, last = self.spans[0][0], self.spans[-1][1]
        if len(self.spans) == 1:
            return "%d-%d without a gap" % (first, last)
        if len(self.spans) > 8:
            return "%d-%d, not all between" % (first, last)
        return ", ".join("%d" % start if start == end else "%d-%d" % (start, end) for start, end in self.spans)

    def note(self):
        """What rests on less than a checkpoint, if anything."""
        more = self.size - self.checkpoint.size
        said = "NOTE  no checkpoint covers the last %d records of %s: %s names them"
        return [said % (more, self.folder, self.next.folder)] if more else []


def files(folder):
    """What is here, none of it a link or a device."""
    found, folders = set(), set()

    def stop(error):
        raise CannotCheck("the bundle cannot be read: %s" % error)

    for place, inner, names in os.walk(folder, onerror=stop):
        for name in inner + names:
            path = os.path.relpath(os.path.join(place, name), folder)
            mode = os.lstat(os.path.join(place, name)).st_mode
            if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
                raise Tampered("neither a file nor a folder: ./%s" % path)
            (folders if stat.S_ISDIR(mode) else found).add(os.fsencode(path))
    return found, folders


def own_key():
    """The 32 bytes of public-key.pem; None where it has none."""
    try:
        with open("public-key.pem", "rb") as file:
            return base64.b64decode(b"".join(file.read(4096).split(b"\n")[1:-2]), validate=True)[-32:]
    except (OSError, ValueError):
        return None


def manifest(keys, openssl):
    """Names and digests of all files, signed."""
    found, folders = files(".")
    if not {b"MANIFEST", b"MANIFEST.sig"} <= found:
        raise Tampered("there is no MANIFEST, or no signature of it")
    with open("MANIFEST", "rb") as file, open("MANIFEST.sig", "rb") as signature:
        text = file.read()
        made = signature.read(65)
        if not any(openssl.signed(key.public, text, made) for key in keys):
            # Under a key of its own it accuses nobody, and proves nothing.
            if own_key() not in [key.public for key in keys]:
                raise CannotCheck("the bundle is signed by a key that you did not give")
            raise Tampered("MANIFEST is not signed by the key you gave")
    lines = text.split(b"\n")
    if lines[0] != b"# lethe evidence v3":
        raise CannotCheck("MANIFEST is of another version of bundles")
    listed, parents = {}, set()
    for line in lines[1:-1]:
        match = re.fullmatch(rb"([0-9a-f]{64})  (.+)", line)
        name = match.group(2) if match else b""
        is_known = OF_SEGMENT.fullmatch(name) if b"/" in name else NAME.fullmatch(name)
        if not is_known or name.startswith(b"MANIFEST") or name in listed:
            raise Tampered("MANIFEST has a line that no bundle has: %s" % line.decode("latin-1"))
        listed[name] = match.group(1).decode()
        parts = name.split(b"/")
        parents |= {b"/".join(parts[:count]) for count in range(1, len(parts))}
    if lines[-1] != b"" or not listed:
        raise Tampered("MANIFEST names no file, or has no end")
    for name in sorted((found - set(listed) - {b"MANIFEST", b"MANIFEST.sig"}) | folders - parents):
        raise Tampered("MANIFEST does not name ./%s" % os.fsdecode(name))
    for name in sorted(set(listed) - found):
        raise Tampered("missing: ./%s" % name.decode())
    for name, digest in listed.items():
        computed = hashlib.sha256()
        with open(name, "rb") as file:
            for piece in iter(lambda: file.read(1 << 20), b""):
                computed.update(piece)
        if computed.hexdigest() != digest:
            raise Tampered("not the file that was handed out: %s" % name.decode())
    print("OK    MANIFEST of %d files" % len(listed))
    return parents


def check(arguments):
    if not arguments:
        raise CannotCheck("no key was given: python3 -I verify.py KEY")
    keys = [Key(text) for text in arguments[0].split()]
    if not keys:
        raise NoKey()
    openssl = OpenSSL(os.path.abspath(arguments[1]) if len(arguments) > 1 else None)
    os.chdir(os.path.dirname(os.path.realpath(__file__)))
    if os.path.realpath(tempfile.gettempdir()).startswith(os.path.join(os.getcwd(), "")):
        raise CannotCheck("TMPDIR lies in the bundle")
    folders = manifest(keys, openssl)
    segments = sorted(name.decode() for name in folders if name.count(b"/") == 1)
    if not segments:
        raise Tampered("the bundle has no records")
    order, notes, unchecked = chain([Opening(folder) for folder in segments])
    records = anchors = 0
    for opening, next_one in order:
        segment = Segment(opening, next_one, openssl, keys)
        segment.check()
        records += segment.count
        anchors += len(segment.anchors)
        notes += segment.note()
    for note in notes:
        print(note)
    return "%d records of %d segments, %d older checkpoints%s" % (records, len(segments), anchors, unchecked)


def plain(text):
    """A name may hold anything, and steers no terminal."""
    return re.sub("[^ -~]", "?", str(text))


def main():
    try:
        print("RESULT       VERIFIED (%s)" % check(sys.argv[1:]))
        return 0
    except Tampered as found:
        print("FAIL  %s\nRESULT       TAMPERED (%s)" % (plain(found), plain(found)))
        return 1
    except NoKey:
        print("RESULT       CANNOT CHECK (not a key, which is NAME+8 hex digits+base64)")
        return 64
    except (Exception, KeyboardInterrupt) as why:
        words = why if isinstance(why, CannotCheck) else "%s: %s" % (type(why).__name__, why)
        print("RESULT       CANNOT CHECK (%s)" % plain(words))
        return 3


if __name__ == "__main__":
    sys.exit(main())
