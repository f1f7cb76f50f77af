#!/bin/sh
# Checks this bundle: that its files are those that were handed out, that the checkpoints are signed by the key, that
# each record is in the log its checkpoint was signed over, and that this log goes on from the older checkpoints in
# anchors/.
# Needs sh, openssl, sha256sum and the usual cmp, comm, cut, find,
# grep, head, od, sort, tail, tr, wc. Pass the key you were given out of band:
#   sh verify.sh 'NAME+HASH+BASE64'
set -eu
cd "$(dirname "$0")"
fail() { echo "FAIL  $1"; exit 1; }

# The key: its last part is base64 of 0x01 and 32 bytes; the bundle's own copy is not trusted.
key=${1:?usage: sh verify.sh VKEY}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
{ printf '\060\052\060\005\006\003\053\145\160\003\041\000'
  printf '%s' "${key#*+*+}" | openssl base64 -d -A | tail -c 32; } > "$work/key.der"
# A segment is called NAME/16 hex digits; one key signs them all.
configured() {
  case ${1##*/} in
    *[!0-9a-f]*) echo "$1" ;;
    ????????????????) echo "${1%/*}" ;;
    *) echo "$1" ;;
  esac
}
name=$(configured "${key%%+*}")

openssl pkeyutl -verify -pubin -keyform DER -inkey "$work/key.der" -rawin -in MANIFEST -sigfile MANIFEST.sig \
  > /dev/null 2>&1 || fail "MANIFEST is not signed by the key you gave"
tail -n +2 MANIFEST > "$work/sums"
sha256sum -c "$work/sums" > "$work/checked" 2> /dev/null || {
  grep -v ': OK$' "$work/checked" || true
  fail "a file is missing or is not the one that was handed out"
}
cut -c 67- "$work/sums" | grep '^segments/' | LC_ALL=C sort > "$work/listed"
find segments -type f | LC_ALL=C sort > "$work/present"
cmp -s "$work/listed" "$work/present" || {
  LC_ALL=C comm -13 "$work/listed" "$work/present"
  fail "there is a file in segments/ that MANIFEST does not list"
}
echo "OK    MANIFEST of $(wc -l < "$work/sums" | tr -d ' ') files"

signed() {
  head -n 3 "$1" > "$work/text"
  tail -n 1 "$1" | cut -d ' ' -f 3 | openssl base64 -d -A | tail -c 64 > "$work/sig"
  [ "$(configured "$(head -n 1 "$1")")" = "$name" ] || fail "$1 is of another log"
  openssl pkeyutl -verify -pubin -keyform DER -inkey "$work/key.der" -rawin -in "$work/text" \
    -sigfile "$work/sig" > /dev/null 2>&1 || fail "$1 is not signed by the key you gave"
}
size() { head -n 2 "$1" | tail -n 1; }
root() { head -n 3 "$1" | tail -n 1 | openssl base64 -d -A | od -An -v -tx1 | tr -d ' \n'; }

sum() { sha256sum | cut -d ' ' -f 1; }
# Hex digits to bytes, by octal escapes: nothing is started for a digit.
bytes() {
  hex=$1
  escaped=
  while [ -n "$hex" ]; do
    rest=${hex#??}
    byte=$((0x${hex%"$rest"}))
    escaped="$escaped\\0$((byte / 64))$((byte / 8 % 8))$((byte % 8))"
    hex=$rest
  done
  printf '%b' "$escaped"
}
node() { bytes "01$1$2" | sum; }
# Both proofs climb from leaf to root: fn and sn are the places of the node and of the last one of its level.
climb() {
  if [ $((fn % 2)) -eq 1 ] || [ "$fn" -eq "$sn" ]; then
    while [ $((fn % 2)) -eq 0 ] && [ "$fn" -ne 0 ]; do fn=$((fn / 2)); sn=$((sn / 2)); done
  fi
  fn=$((fn / 2))
  sn=$((sn / 2))
}

included() {
  { read -r fn; path=$(cat); } < "$2"
  index=$fn
  sn=$((size - 1))
  [ "$fn" -le "$sn" ] || fail "$1: its place is not in the log"
  hash=$({ printf '\000'; cat "$1"; } | sum)
  for sibling in $path; do
    [ "$sn" -gt 0 ] || fail "$1: the path is too long"
    if [ $((fn % 2)) -eq 1 ] || [ "$fn" -eq "$sn" ]; then hash=$(node "$sibling" "$hash")
    else hash=$(node "$hash" "$sibling"); fi
    climb
  done
  { [ "$sn" -eq 0 ] && [ "$hash" = "$root" ]; } || fail "$1 is not in the log"
  case $(cat "$1") in
    '{"v":1,"seq":'"$index"',"t":'*) echo "OK    $1" ;;
    *) fail "$1 does not state the place it is proved to have" ;;
  esac
}

continued() {
  older=$(size "$1")
  oldest=$(root "$1")
  path=$(cat "$2")
  if [ "$older" -eq "$size" ]; then
    { [ -z "$path" ] && [ "$oldest" = "$root" ]; } || fail "the log is another one than that of $1"
    return
  fi
  { [ "$older" -gt 0 ] && [ "$older" -lt "$size" ]; } || fail "$1 counts more records than the log"
  # A complete tree is its own first hash.
  if [ $((older & (older - 1))) -eq 0 ]; then path="$oldest $path"; fi
  fn=$((older - 1))
  sn=$((size - 1))
  while [ $((fn % 2)) -eq 1 ]; do fn=$((fn / 2)); sn=$((sn / 2)); done
  fr=
  for hash in $path; do
    if [ -z "$fr" ]; then fr=$hash; sr=$hash; continue; fi
    [ "$sn" -gt 0 ] || fail "$2 is too long"
    if [ $((fn % 2)) -eq 1 ] || [ "$fn" -eq "$sn" ]; then
      fr=$(node "$hash" "$fr")
      sr=$(node "$hash" "$sr")
    else
      sr=$(node "$sr" "$hash")
    fi
    climb
  done
  { [ "$sn" -eq 0 ] && [ "$fr" = "$oldest" ] && [ "$sr" = "$root" ]; } || fail "the log does not go on from $1"
}

for segment in segments/*; do
  note=$segment/checkpoint
  signed "$note"
  size=$(size "$note")
  root=$(root "$note")
  echo "OK    $note of size $size"
  for record in "$segment"/records/*.json; do
    [ -e "$record" ] || continue
    included "$record" "$segment/proofs/$(basename "$record" .json).path"
  done
  for anchor in "$segment"/anchors/*.note; do
    [ -e "$anchor" ] || continue
    signed "$anchor"
    [ "$(head -n 1 "$anchor")" = "$(head -n 1 "$note")" ] || fail "$anchor is of another segment"
    continued "$anchor" "${anchor%.note}.path"
    echo "OK    $anchor: the log goes on from it"
  done
done
