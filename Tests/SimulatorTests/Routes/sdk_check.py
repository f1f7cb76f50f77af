"""Creates, sends, reads and deletes against a running simulator with the vendor's own Python SDK (linq-python).

usage: sdk_check.py BASE_URL KEY LINE      prints "ok" and exits 0, or fails with what was not as expected
"""

import datetime
import json
import sys
import urllib.request

import linq

base_url, key, line = sys.argv[1:4]
# Strict: every field of every answer must be as the SDK's models say.
client = linq.LinqAPIV3(api_key=key, base_url=base_url, _strict_response_validation=True)
lenient = linq.LinqAPIV3(api_key=key, base_url=base_url)

lines = [one.phone_number for one in client.phone_numbers.list().phone_numbers]
assert line in lines, lines

content = b"twelve bytes"
made = client.attachments.create(filename="note.txt", content_type="text/plain", size_bytes=len(content))
put = urllib.request.Request(made.upload_url, data=content, method="PUT", headers=made.required_headers)
assert urllib.request.urlopen(put).status == 200
seen = client.attachments.retrieve(made.attachment_id)
assert (seen.id, seen.filename, seen.size_bytes) == (made.attachment_id, "note.txt", len(content)), seen
assert urllib.request.urlopen(seen.download_url).read() == content

text = {"type": "text", "value": "the note"}
media = {"type": "media", "attachment_id": made.attachment_id}
opened = client.chats.create(from_=line, to=["+14155550117"], message={"parts": [text, media]})
sent = client.chats.messages.send(
    opened.chat.id, message={"parts": [{"type": "media", "url": "https://files.example.com/price-list.pdf"}]}
)
fetched = sent.message.parts[0].id
memo = client.chats.send_voicememo(opened.chat.id, voice_memo_url="https://files.example.com/memo.m4a")
spoken = memo.voice_memo.voice_memo.id
assert len({made.attachment_id, fetched, spoken}) == 3

chats = [chat.id for chat in client.chats.list_chats(to="+14155550117", limit=1)]
assert opened.chat.id in chats, chats
ids = [
    part.id
    for message in client.chats.messages.list(opened.chat.id, limit=1)
    for part in message.parts or []
    if part.type == "media"
]
assert ids == [made.attachment_id, fetched, spoken], ids

def admin(path, body):
    root = base_url.removesuffix("/api/partner")
    request = urllib.request.Request(root + "/admin/" + path, data=json.dumps(body).encode(), method="POST")
    return json.load(urllib.request.urlopen(request))


try:
    import standardwebhooks  # noqa: F401  (the SDK's optional part for signatures)
except ImportError:
    print("webhook signatures not checked: no standardwebhooks", file=sys.stderr)
else:
    admin("clock", {"now": datetime.datetime.now(datetime.timezone.utc).isoformat()})
    secret = "whsec_bGV0aGUtZml4dHVyZXMtbm90LWEtcmVhbC1zZWNyZXQ="
    heard = []
    for delivery in admin("deliver", {"version": "2026-02-03"})["deliveries"]:
        event = client.webhooks.unwrap(delivery["body"], headers=delivery["headers"], key=secret)
        heard += [part.id for part in event.data.parts if part.type == "media"]
    assert heard == ids, heard

for attachment in ids:
    client.attachments.delete(attachment)
    for again in (client.attachments.delete, client.attachments.retrieve):
        try:
            again(attachment)
        except linq.NotFoundError:
            continue
        raise AssertionError("a deleted attachment was found")

# The models know no part without its attachment, though the guide describes one.
parts = lenient.chats.messages.list(opened.chat.id).messages[0].parts
assert [part.type for part in parts] == ["text", "media"] and not getattr(parts[1], "id", None), parts

try:
    client.attachments.delete("not-a-uuid")
    raise AssertionError("a malformed id was accepted")
except linq.BadRequestError:
    pass
try:
    linq.LinqAPIV3(api_key="wrong", base_url=base_url).phone_numbers.list()
    raise AssertionError("a wrong key was accepted")
except linq.AuthenticationError:
    pass
print("ok")
