#!/bin/sh
# Checks this bundle: that it holds the files that were handed out and nothing else, that the checkpoints are signed by
# the key, that each record is in the log its checkpoint was signed over, that this log goes on from the older checkpoints
# in anchors/, and that each segment is the one which the next one names. Pass the key you were given by another way than this bundle (several, with spaces between them,
# where the log's keys were lost and replaced) and, where the openssl of the system is too old, the place of another one:
#   sh verify.sh 'NAME+HASH+BASE64' [/path/to/openssl]
# Ends with a line "RESULT …" and with status 0 verified, 1 tampered, 3 cannot check, 64 not a key.
# Needs openssl 3 and what every POSIX system has: the tools named below.

# Begun again without what the caller's environment says of folders, tools, words and letters.
if [ "${1-}" != --in-clean-environment ]; then
  case $0 in /*) self=$0 ;; *) self=./$0 ;; esac
  exec /usr/bin/env -i LC_ALL=C TMPDIR="${TMPDIR:-/tmp}" \
    PATH=/usr/bin:/bin:/usr/local/bin:/opt/homebrew/bin:/opt/local/bin:/run/current-system/sw/bin \
    /bin/sh "$self" --in-clean-environment "$@"
fi
shift
set -eu
umask 077
work='' memory=''

end() { trap - EXIT; [ -z "$work" ] || rm -rf "$work" "${memory:-$work}"; echo "RESULT       $2"; exit "$1"; }
# A name may hold anything, and steers no terminal.
plain() { printf '%s' "$1" | tr -c '\040-\176' '?'; }
tampered() { echo "FAIL  $(plain "$1")"; end 1 "TAMPERED ($(plain "$1"))"; }
cannot() { end 3 "CANNOT CHECK ($(plain "$1"))"; }
# $1 is the status of an awk that ends with 9 where the bundle is at fault.
judge() { [ "$1" -ne 9 ] || tampered "$2"; cannot "awk failed; is $TMPDIR full?"; }
no_key() { end 64 "CANNOT CHECK (not a key, which is NAME+8 hex digits+base64)"; }
trap 'cannot "the script stopped before its end; is $TMPDIR or /dev/shm full?"' EXIT
trap 'cannot "interrupted"' HUP INT TERM

# --- The keys. The bundle's own copy is not trusted.
[ -n "${1-}" ] || cannot "no key was given: sh verify.sh KEY"
part() {
  name=${1%%+*} rest=${1#*+}
  id=${rest%%+*} encoded=${rest#*+}
}
set -f
numbers=''
for key in $1; do
  part "$key"
  if [ "$key" != "$name+$id+$encoded" ] || [ "${#encoded}" -ne 44 ]; then no_key; fi
  case $encoded in A[Q-Za-f]*) ;; *) no_key ;; esac
  case $name in '' | *[!A-Za-z0-9._/-]*) no_key ;; esac
  numbers=1
done
set +f
[ -n "$numbers" ] || no_key

# --- The tools, before anything is judged: what they cannot do is no fault of the bundle.
for tool in awk cat cmp comm cut df dirname find mkdir mktemp mv paste rm sed sort split tail tr wc xargs; do
  command -v "$tool" > /dev/null || cannot "there is no $tool in $PATH"
done
work=$(mktemp -d) || cannot "no folder can be made in $TMPDIR"
work=$(cd -P "$work" && pwd)
cd -P "$(dirname "$0")"
case $work/ in "$(pwd)"/*) cannot "TMPDIR lies in the bundle" ;; esac

# Whether the key in key.der signed the bytes of $1; $2 has the 64 bytes of the signature.
signed() {
  "$openssl" pkeyutl -verify -pubin -keyform DER -inkey "$work/key.der" -rawin -in "$1" -sigfile "$2" > /dev/null 2>&1
}
# A key of 32 bytes in base64, as openssl takes it (RFC 8410).
der() { printf '%s\n' "MCowBQYDK2VwAyEA$1" | "$openssl" base64 -d > "$work/key.der" 2> "$work/errors"; }
# A signature that is good, and the same one under another text.
knows_ed25519() {
  der 's9i+sHxfNZmwlUq1d1wFXuRnvmuz9618SxK5qCZgzkI=' || return 1
  printf '%s\n' pN7f5LCyQRwBd7BwoBjCd3FDeiCFpWXcPvPfTW1EWGhfQCEXnSaLPh9yGY4TWCNZ \
    G1xwkE9vvsou80RY+aDeCA== | "$openssl" base64 -d > "$work/signature" || return 1
  printf 'lethe evidence\n' > "$work/text"
  printf 'lethe Evidence\n' > "$work/other"
  signed "$work/text" "$work/signature" && ! signed "$work/other" "$work/signature"
}
openssl=
for place in ${2:+"$2"} /usr/bin/openssl /bin/openssl /usr/local/bin/openssl /opt/homebrew/bin/openssl \
  /opt/local/bin/openssl /run/current-system/sw/bin/openssl; do
  openssl=$place
  [ -x "$openssl" ] && knows_ed25519 && break
  [ $# -lt 2 ] || cannot "$2 cannot check Ed25519 signatures: openssl 3 can"
  openssl=
done
[ -n "$openssl" ] || cannot "no openssl here can check Ed25519 signatures: openssl 3 can; name one after the key"

# Hexadecimal and base64: three digits of the one are two letters of the other.
tables='
  BEGIN {
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    for (i = 0; i < 4096; i++) {
      two = substr(letters, int(i / 64) + 1, 1) substr(letters, i % 64 + 1, 1)
      three = sprintf("%03x", i)
      base64[three] = two
      hex[two] = three
    }
  }
  function to_base64(digits, left, n, text) {
    left = length(digits) % 6
    digits = digits (left == 2 ? "0000" : left == 4 ? "00" : "")
    for (n = 1; n < length(digits); n += 3) text = text base64[substr(digits, n, 3)]
    if (left) text = substr(text, 1, length(text) - (left == 2 ? 2 : 1)) (left == 2 ? "==" : "=")
    return text
  }
  # Nothing where it is not the one spelling.
  function to_hex(text, left, body, n, digits) {
    body = text
    left = gsub(/=/, "A", body)
    for (n = 1; n < length(body); n += 2) digits = digits hex[substr(body, n, 2)]
    digits = substr(digits, 1, length(digits) - 2 * left)
    return to_base64(digits) == text ? digits : ""
  }
'

# SHA-256 of the first $2 files of the folder $1, by their names. What an earlier portion left there is written over.
digests() {
  (cd "$1" && find . -type f | sort | sed -n "1,$2p" | xargs "$openssl" dgst -sha256 -r) | cut -d ' ' -f 1
}
# SHA-256 of a zero byte and the line, of each line of $1 (RFC 9162, 2.1.1). In portions, for the sake of the disk.
leaves() {
  split -a 5 -l 2048 "$1" "$work/chunk."
  for chunk in "$work"/chunk.*; do
    awk -v place="$pieces/leaf.d/" '
      BEGIN { ORS = "" }
      { piece = place sprintf("%05d", NR); printf "%c", 0 > piece; print > piece; close(piece) }' "$chunk"
    digests "$pieces/leaf.d" "$(($(wc -l < "$chunk")))"
    rm "$chunk"
  done
}
# SHA-256 of the byte 1 and two hashes, of each line of $1: two hashes in hexadecimal.
nodes() {
  split -a 5 -l 2048 "$1" "$work/chunk."
  for chunk in "$work"/chunk.*; do
    awk "$tables"'
      {
        digits = digits "01" $1 $2
        for (; length(digits) >= 96; digits = substr(digits, 97)) print to_base64(substr(digits, 1, 96))
      }
      END { if (digits != "") print to_base64(digits) }' "$chunk" > "$work/text"
    "$openssl" base64 -d < "$work/text" > "$work/bytes"
    (cd "$pieces/node.d" && split -a 5 -b 65 "$work/bytes" piece.)
    digests "$pieces/node.d" "$(($(wc -l < "$chunk")))"
    rm "$chunk"
  done
}
# Whether both do what they should with what is known, the longest line among it.
can_hash() {
  awk 'BEGIN { print "lethe"; for (n = 0; n < 65535; n++) printf "%d", n % 10; print "" }' > "$work/lines"
  echo "$1 $1" > "$work/pairs"
  [ "$(leaves "$work/lines" | tr '\n' ' ')" = "$1 a6b5eb0da5f9a0ff24d9670abad183c8ec8077ed2650cf8a0dae6c406cd465ea " ] \
    && [ "$(nodes "$work/pairs")" = 6acf4d63694d059d128eb3d40a639f49f428a5d31343b24c04766745cf25954b ]
}
known=0d33cf147784c5a7e99ecbd5d4a3f3a00bf0a64ebb7ea25c792343a23ba4568d
# Small files that live for a moment: in memory, where that is a folder with room for them.
memory=$(mktemp -d /dev/shm/lethe.XXXXXX 2> "$work/errors") || memory=
[ "$(df -Pk "${memory:-$work}" | awk 'END { print ($4 < 65536) }')" = 0 ] \
  || { rm -rf "${memory:-$work/none}"; memory=; }
pieces=${memory:-$work}
mkdir "$pieces/leaf.d" "$pieces/node.d"
can_hash $known 2> "$work/errors" || cannot "the tools here do not hash as they should: $(cat "$work/errors")"
# A number of hashes that is not that of what was hashed is no fault of the bundle either.
hashed() {
  [ "$(wc -l < "$2")" -eq "$(wc -l < "$1")" ] || cannot "the tools here do not hash as they should; is $TMPDIR full?"
}

# --- The keys again, now that they can be read.
# The id of the key under the name $1, as notes state it.
key_id() { { printf '%s\n\001' "$1"; cat "$work/public"; } | "$openssl" dgst -sha256 -r | cut -c 1-8; }
# A segment is called NAME/16 hex digits; one key signs them all, unless it was lost.
configured() { case ${1##*/} in *[!0-9a-f]*) echo "$1" ;; ????????????????) echo "${1%/*}" ;; *) echo "$1" ;; esac; }
numbers=''
for key in $1; do
  part "$key"
  printf '%s\n' "$encoded" | "$openssl" base64 -d > "$work/key" 2> "$work/errors" || no_key
  tail -c 32 "$work/key" > "$work/public"
  if [ "$(wc -c < "$work/key")" -ne 33 ] || [ "$(key_id "$name")" != "$id" ]; then no_key; fi
  der "$("$openssl" base64 < "$work/public")"
  number=$(($(echo "$numbers" | wc -w) + 1))
  numbers="$numbers $number"
  configured "$name" > "$work/name.$number"
  for file in public key.der; do mv "$work/$file" "$work/$file.$number"; done
done
# From here on the key of this number is the one.
use() {
  for file in public key.der; do cat "$work/$file.$1" > "$work/$file"; done
  name=$(cat "$work/name.$1")
}

# --- MANIFEST: what it names is here, and nothing else.
find . > "$work/all" 2> "$work/errors" || cannot "the bundle cannot be read: $(cat "$work/errors")"
strange=$(find . ! -type f ! -type d | sed -n 1p)
[ -z "$strange" ] || tampered "neither a file nor a folder: $strange"
{ [ -f MANIFEST ] && [ -f MANIFEST.sig ]; } || tampered "there is no MANIFEST, or no signature of it"
signer=
for number in $numbers; do
  use "$number"
  if signed MANIFEST MANIFEST.sig; then signer=$number; break; fi
done
if [ -z "$signer" ]; then
  # Under a key of its own it accuses nobody, and proves nothing.
  openssl pkey -pubin -in public-key.pem -outform DER > "$work/own.der" 2> "$work/errors"
  for number in $numbers; do
    use "$number"
    ! cmp -s "$work/key.der" "$work/own.der" || tampered "MANIFEST is not signed by the key you gave"
  done
  cannot "the bundle is signed by a key that you did not give"
fi
[ "$(sed -n 1p MANIFEST)" = '# lethe evidence v3' ] || cannot "MANIFEST is of another version of bundles"
awk -v names="$work/names" -v folders="$work/folders" '
  NR == 1 { print "." > folders; next }
  {
    file = substr($0, 67)
    part = "[A-Za-z0-9_-][A-Za-z0-9._-]*"
    if (substr($0, 1, 64) !~ /^[0-9a-f]+$/ || substr($0, 65, 2) != "  " || file !~ ("^" part "(/" part ")*$") ||
      file ~ /^MANIFEST/ || file in seen || (file ~ /\// &&
      file !~ /^segments\/[0-9a-f]+\/(checkpoint|records[.]jsonl|proof|anchors\/[1-9][0-9]*[.]note)$/)) {
      print "MANIFEST has a line that no bundle has: " $0
      exit 9
    }
    seen[file] = 1
    print file > names
    count = split(file, parts, "/")
    path = "."
    for (n = 1; n < count; n++) {
      path = path "/" parts[n]
      if (!(path in seen)) print path > folders
      seen[path] = 1
    }
  }' MANIFEST > "$work/why" || judge $? "$(cat "$work/why")"
[ -s "$work/names" ] || tampered "MANIFEST names no file"
{ sed 's,^,./,' "$work/names"; printf './%s\n' MANIFEST MANIFEST.sig; } | sort > "$work/listed"
find . -type f | sort > "$work/present"
sort "$work/folders" > "$work/listed-folders"
find . -type d | sort > "$work/present-folders"
for kind in '' -folders; do
  cmp -s "$work/listed$kind" "$work/present$kind" && continue
  added=$(comm -13 "$work/listed$kind" "$work/present$kind" | sed -n 1p)
  [ -z "$added" ] || tampered "MANIFEST does not name $added"
  tampered "missing: $(comm -23 "$work/listed$kind" "$work/present$kind" | sed -n 1p)"
done
xargs "$openssl" dgst -sha256 -r < "$work/names" > "$work/digests" 2> "$work/errors" \
  || cannot "a file cannot be read: $(cat "$work/errors")"
sed 1d MANIFEST > "$work/stated"
sed 's/^\([0-9a-f]*\) [*]/\1  /' "$work/digests" > "$work/computed"
hashed "$work/stated" "$work/computed"
cmp -s "$work/stated" "$work/computed" || {
  paste "$work/stated" "$work/computed" | awk '$1 != $3 { print "FAIL  not the file that was handed out: " $2 }'
  tampered "a file is not the one that was handed out"
}
echo "OK    MANIFEST of $(wc -l < "$work/names" | tr -d ' ') files"

# --- A checkpoint, a signed note: sets origin, size, and root in base64. One of the keys must have signed it, and each line
# that states this key's id must be its signature.
note() {
  { [ "$(tr -d '\012\040-\176\200-\377' < "$1" | wc -c)" -eq 0 ] && [ "$(tail -c 1 "$1" | wc -l)" -eq 1 ]; } \
    || tampered "$1 is no checkpoint"
  origin=$(sed -n 1p "$1") size=$(sed -n 2p "$1") root=$(sed -n 3p "$1")
  case $size in '' | *[!0-9]* | 0* | ????????????????*) tampered "$1 is no checkpoint" ;; esac
  signer='' of_log=
  for number in $numbers; do
    use "$number"
    { [ "$origin" != "$(configured "$origin")" ] && [ "$(configured "$origin")" = "$name" ]; } || continue
    of_log=1
    signatures "$1"
    [ -z "$signer" ] || return 0
  done
  [ -n "$of_log" ] || tampered "$1 is of another log"
  [ -s "$work/others" ] || tampered "$1 is not signed by the key you gave"
  cannot "$1 is signed by a key that you did not give: pass all keys of this log, with spaces between them"
}
# Sets signer where the note $1 has signatures of the key in use. In others are lines of the log's other keys.
signatures() {
  rm -f "$work"/signature.* "$work/others"
  awk -v id="$(key_id "$origin")" -v text="$work/text" -v signature="$work/signature." \
    -v others="$work/others" "$tables"'
    { line[NR] = $0 }
    $0 == "" { if (gap || NR < 4) bad = 1; gap = NR }
    END {
      if (bad || !gap || gap == NR) exit 9
      for (n = 1; n < gap; n++) print line[n] > text
      for (n = gap + 1; n <= NR; n++) {
        if (split(line[n], part, /[ ]/) != 3 || part[1] != "\342\200\224") exit 9
        digits = to_hex(part[3])
        if (length(digits) < 10) exit 9
        if (part[2] == line[1]) print part[3] > (substr(digits, 1, 8) == id ? signature n : others)
      }
    }' "$1" || judge $? "$1 is no checkpoint"
  for file in "$work"/signature.*; do
    [ -e "$file" ] || return 0
    "$openssl" base64 -d -A < "$file" > "$work/bytes" 2> "$work/errors" || true
    tail -c 64 "$work/bytes" > "$work/signature"
    { [ "$(wc -c < "$work/bytes")" -eq 68 ] && signed "$work/text" "$work/signature"; } \
      || tampered "$1 is not signed by the key you gave"
    signer=$number
  done
}

# --- The tree: items are "level index hash" from left to right, each the root of the records index * 2^level and the
# 2^level - 1 after it. They begin as the records and, in the gaps between them, as the hashes in proof.
items() {
  awk -v proof="$1" -v edges="$edges" '
    BEGIN { last = split(edges, edge, " "); at = 1 }
    { fill($1); printf "0 %.0f %s\n", $1, $2; position = $1 + 1 }
    END { if (!bad) fill(edge[last]); if (bad || (getline hash < proof) > 0) exit 9 }
    # The largest complete subtrees from position to the next record, none across the end of an older checkpoint.
    function fill(to, limit, level, width) {
      while (position < to) {
        while (edge[at] <= position) at++
        limit = edge[at] < to + 0 ? edge[at] : to + 0
        width = 1
        for (level = 0; position % (2 * width) == 0 && position + 2 * width <= limit; level++) width *= 2
        if ((getline hash < proof) <= 0 || hash !~ /^[0-9a-f]+$/ || length(hash) != 64) { bad = 1; exit 9 }
        printf "%d %.0f %s\n", level, position / width, hash
        position += width
      }
    }' "$2"
}
# One level up: two items side by side under one node become it. Those that are a complete subtree of a checkpoint's
# tree, with the largest to the left of it, are put by as "size level hash".
climb() {
  rm -f "$work/pairs"
  awk -v level="$1" -v edges="$edges" -v peaks="$work/peaks" -v pairs="$work/pairs" '
    BEGIN {
      width = 2 ^ level
      count = split(edges, edge, " ")
      for (n = 1; n <= count; n++) {
        place = int(edge[n] / width) - 1
        if (place % 2 == 0) { place = sprintf("%.0f", place); peak[place] = peak[place] " " edge[n] }
      }
    }
    $1 != level { if (held != "") print held; held = ""; print; next }
    {
      if ($2 in peak) {
        count = split(peak[$2], sizes, " ")
        for (n = 1; n <= count; n++) print sizes[n], level, $3 >> peaks
      }
      if (held != "" && index_held % 2 == 0 && $2 == index_held + 1) {
        print hash_held, $3 > pairs
        printf "%d %.0f ?\n", level + 1, index_held / 2
        held = ""
        next
      }
      if (held != "") print held
      held = $0
      index_held = $2
      hash_held = $3
    }
    END { if (held != "") print held }' "$work/items" > "$work/next"
  join_pairs items
}
# Puts the hashes of pairs/ in the place of the question marks of next, which becomes $1.
join_pairs() {
  mv "$work/next" "$work/$1"
  [ -s "$work/pairs" ] || return 0
  nodes "$work/pairs" > "$work/hashes"
  hashed "$work/pairs" "$work/hashes"
  awk -v hashes="$work/hashes" '$NF == "?" { getline hash < hashes; $NF = hash } { print }' "$work/$1" > "$work/next"
  mv "$work/next" "$work/$1"
}
# "size root" of each checkpoint: its complete subtrees, smallest first (RFC 9162, 2.1.1).
fold() {
  sort -k 1,1n -k 2,2nr "$work/peaks" | awk '
    $1 != size { if (NR > 1) print line; size = $1; line = size }
    { line = line " " $3 }
    END { print line }' > "$work/folds"
  while :; do
    rm -f "$work/pairs"
    awk -v pairs="$work/pairs" '
      NF > 2 {
        print $(NF - 1), $NF > pairs
        line = $1
        for (n = 2; n < NF - 1; n++) line = line " " $n
        print line, "?"
        next
      }
      { print }' "$work/folds" > "$work/next"
    join_pairs folds
    [ -s "$work/pairs" ] || break
  done
}

# --- The chain: the first record of each segment but the log's first names the one before it, as it was when it ended.
# "origin before size root mac lost" of the segment whose records are $1; nothing where they begin otherwise.
opening() {
  digest='"[0-9a-f]\{64\}"' count='[0-9]\{1,15\}' origin='"[A-Za-z0-9._/-]*"'
  begin="{\"v\":[12],\"seq\":0,\"t\":\"[^\"]*\",\"ep\":0,\"prev\":\"0\{64\}\",\"type\":\"log[.]open\",\"origin\":\($origin\)"
  begin="$begin,\"vkey\":\"[^\"\\\\]*\",\"kid\":\"[0-9a-f]\{16\}\",\"prev_log\":"
  before="{\"origin\":\($origin\),\"size\":\($count\),\"root\":\($digest\),\"mac\":\($digest\),\"lost\":\($count\)}"
  sed -n -e "1s|^${begin}null,\"tool\":\".*|\1 - 0 - - 0|p" \
    -e "1s|^$begin$before,\"tool\":\".*|\1 \2 \3 \4 \5 \6|p" -e 1q "$1" | tr -d '"'
}
for segment in segments/*; do
  [ -d "$segment" ] || tampered "the bundle has no records"
  for file in "$segment/checkpoint" "$segment/records.jsonl" "$segment/proof"; do
    [ -f "$file" ] || tampered "the bundle has no $file"
  done
  echo "$segment $(opening "$segment/records.jsonl")" >> "$work/openings"
done
# Oldest first, each with what the next one says of it: "segment origin next size root mac". What nobody can check here
# goes to notes and, shorter, to unchecked.
awk -v order="$work/order" -v notes="$work/notes" -v unchecked="$work/unchecked" '
  function fault(why) { print why; bad = 1; exit 9 }
  BEGIN { printf "" > notes; printf "" > unchecked }
  NF != 7 || ($4 $7) ~ /[^0-9]/ || $4 ~ /^0./ || $7 ~ /^0./ { fault($1 "/records.jsonl does not begin with log.open") }
  $2 in place { fault(folder[place[$2]] " and " $1 " are of the same origin") }
  {
    folder[NR] = $1; origin[NR] = $2; place[$2] = NR
    before[NR] = $3; size[NR] = $4; named[NR] = $4 " " $5 " " $6; lost[NR] = $7
  }
  END {
    if (bad) exit 9
    for (n = 1; n <= NR; n++) {
      if (!(before[n] in place)) {
        if (first) fault("a segment is missing before " folder[first] " or before " folder[n])
        first = n
      } else if (before[n] in after) {
        fault(folder[after[before[n]]] " and " folder[n] " both go on from " before[n])
      } else {
        after[before[n]] = n
      }
    }
    for (n = first; n; n = next_one) {
      next_one = (origin[n] in after) ? after[origin[n]] : 0
      print folder[n], origin[n], (next_one ? folder[next_one] " " named[next_one] : "- 0 - -") > order
      all_lost += lost[n]
      if (lost[n] > 0) print "NOTE  " folder[n] " says that " lost[n] " records of " before[n] " were lost" > notes
      count++
    }
    if (count != NR) fault("the segments do not go on from one another")
    if (before[first] != "-") {
      print "NOTE  what " folder[first] " goes on from is not here and not checked: " size[first] " records of " before[first] > notes
      printf "; what came before is not here" > unchecked
    }
    if (all_lost) printf "; %.0f records were lost", all_lost > unchecked
  }' "$work/openings" > "$work/why" || judge $? "$(cat "$work/why")"

records=0 segments=0 anchors=0
while read -r segment opened next named_size named_root named_mac <&3; do
  note "$segment/checkpoint"
  { [ "${origin##*/}" = "${segment#segments/}" ] && [ "$origin" = "$opened" ]; } \
    || tampered "$segment/checkpoint is of another segment"
  segment_origin=$origin segment_size=$size whole=$size
  echo "$size $root $segment/checkpoint" > "$work/roots"
  for anchor in "$segment"/anchors/*.note; do
    [ -e "$anchor" ] || continue
    note "$anchor"
    [ "$origin" = "$segment_origin" ] || tampered "$anchor is of another segment"
    [ "$segment/anchors/$size.note" = "$anchor" ] || tampered "$anchor is of another size"
    [ "$size" -le "$segment_size" ] || tampered "$anchor counts more records than the log"
    echo "$size $root $anchor" >> "$work/roots"
  done
  cat "$work/roots" > "$work/stated"
  # The next segment may name records that no checkpoint covers: then they rest on it alone.
  if [ "$next" != - ]; then
    [ "$segment_size" -le "$named_size" ] || tampered "$next names fewer records than $segment/checkpoint counts"
    whole=$named_size
    awk "$tables"'BEGIN { print "'"$named_size"'", to_base64("'"$named_root"'"), "'"$next"'" }' >> "$work/stated"
  fi
  edges=$(cut -d ' ' -f 1 "$work/stated" | sort -n -u | tr '\n' ' ')

  # Lines of printable ASCII, each of which states its place; the places rise.
  file=$segment/records.jsonl
  { [ "$(tr -d '\012\040-\176' < "$file" | wc -c)" -eq 0 ] && [ "$(tail -c 1 "$file" | wc -l)" -eq 1 ]; } \
    || tampered "$file has bytes that no record has"
  awk -v size="$whole" -v seen="$work/seen" '
    BEGIN { previous = -1 }
    {
      seq = substr($0, 14, 17)
      sub(/,.*/, "", seq)
      if ($0 !~ /^[{]"v":[12],"seq":(0|[1-9][0-9]*),"t":"/ || length(seq) > 15 || length($0) > 65535 ||
        seq + 0 <= previous || seq + 0 >= size + 0) {
        print NR
        exit 9
      }
      if (NR == 1) first = seq
      if (NR == 1 || seq != previous + 1) spans[++count] = seq
      previous = seq + 0
      ends[count] = seq
      print seq > seen
    }
    END {
      if (count > 8) { print first "-" seq ", not all between"; exit }
      for (n = 1; n <= count; n++) {
        printf "%s%s", (n > 1 ? ", " : ""), spans[n]
        if (count == 1 || ends[n] != spans[n]) printf "-%s", ends[n]
      }
      print(count == 1 ? " without a gap" : "")
    }' "$file" \
    > "$work/why" || judge $? "$file: line $(sed -n 1p "$work/why") does not state a place after the one before"
  if [ "$next" != - ]; then
    last=$(tail -n 1 "$file" | sed -n 's/^{"v":[12],"seq":\([0-9]*\),.*"mac":"\([0-9a-f]*\)"}$/\1 \2/p')
    [ "$last" = "$((named_size - 1)) $named_mac" ] \
      || tampered "the last record of $segment is not the one that $next names"
  fi
  [ "$(wc -c < "$segment/proof")" -eq "$((65 * $(wc -l < "$segment/proof")))" ] \
    || tampered "$segment/proof does not fit the records"
  leaves "$file" > "$work/leaves"
  hashed "$file" "$work/leaves"
  paste -d ' ' "$work/seen" "$work/leaves" > "$work/lines"
  items "$segment/proof" "$work/lines" > "$work/items" || judge $? "$segment/proof does not fit the records"
  rm -f "$work/peaks"
  level=0 width=1
  while [ "$width" -le "$whole" ]; do
    climb "$level"
    level=$((level + 1)) width=$((width * 2))
  done
  fold
  awk -v roots="$work/stated" "$tables"'
    { computed[$1] = to_base64($2) }
    END { while ((getline < roots) > 0) if (computed[$1] != $2) print $3 }' "$work/folds" > "$work/wrong"
  if [ -s "$work/wrong" ]; then
    # A disk that is full by now would look like a forgery.
    can_hash $known 2> "$work/errors" || cannot "the tools here do not hash as they should: $(cat "$work/errors")"
    wrong=$(sed -n 1p "$work/wrong")
    [ "$wrong" != "$segment/checkpoint" ] || tampered "the records of $segment are not in the log of its checkpoint"
    [ "$wrong" != "$next" ] || tampered "$next names another history of $segment"
    tampered "the log does not go on from $wrong"
  fi
  echo "OK    $segment/checkpoint of size $segment_size"
  count=$(wc -l < "$file" | tr -d ' ')
  echo "OK    $file: $count records, seq $(cat "$work/why")"
  [ "$whole" = "$segment_size" ] \
    || echo "NOTE  no checkpoint covers the last $((whole - segment_size)) records of $segment: $next names them" >> "$work/notes"
  [ "$next" = - ] || echo "OK    $segment is as $next names it, with $whole records"
  sed -n '2,$s/^[^ ]* [^ ]* \(.*\)/OK    \1: the log goes on from it/p' "$work/roots"
  records=$((records + count)) segments=$((segments + 1)) anchors=$((anchors + $(wc -l < "$work/roots") - 1))
done 3< "$work/order"
cat "$work/notes"
end 0 "VERIFIED ($records records of $segments segments, $anchors older checkpoints$(cat "$work/unchecked"))"
