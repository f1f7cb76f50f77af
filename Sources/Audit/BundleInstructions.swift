import Domain

/// The parts of an evidence bundle that tell a reviewer how to check it.
enum BundleInstructions {
    /// SubjectPublicKeyInfo of RFC 8410 as PEM.
    static func pem(_ vkey: VerifierKey) -> String {
        let prefix: [UInt8] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00]
        return "-----BEGIN PUBLIC KEY-----\n\(Base64.encode(prefix + vkey.publicKey))\n-----END PUBLIC KEY-----\n"
    }

    /// RFC 9162, 2.1.3.2, with the shell's arithmetic, sha256sum and openssl.
    static let script = """
        #!/bin/sh
        # Checks this bundle: the checkpoint's signature, then that each record is in the log the checkpoint was signed over.
        # Needs sh, openssl, sha256sum and the usual cut, head, tail. Pass the key you were given out of band:
        #   sh verify.sh 'NAME+HASH+BASE64'
        set -eu
        cd "$(dirname "$0")"
        fail() { echo "FAIL  $1"; exit 1; }

        # The key: its last part is base64 of 0x01 and 32 bytes; the bundle's own copy is not trusted.
        key=${1:?usage: sh verify.sh VKEY}
        work=$(mktemp -d)
        trap 'rm -rf "$work"' EXIT
        { printf '\\060\\052\\060\\005\\006\\003\\053\\145\\160\\003\\041\\000'
          printf '%s' "${key#*+*+}" | openssl base64 -d -A | tail -c 32; } > "$work/key.der"
        { head -n 3 checkpoint; } > "$work/text"
        printf '%s' "$(tail -n 1 checkpoint | cut -d ' ' -f 3)" | openssl base64 -d -A | tail -c 64 > "$work/sig"
        openssl pkeyutl -verify -pubin -keyform DER -inkey "$work/key.der" -rawin -in "$work/text" \\
          -sigfile "$work/sig" > /dev/null 2>&1 || fail "the checkpoint is not signed by the key you gave"
        size=$(head -n 2 checkpoint | tail -n 1)
        echo "OK    checkpoint of size $size"

        sum() { sha256sum | cut -d ' ' -f 1; }
        # Hex digits on standard input to bytes.
        bytes() {
          hex=$(cat)
          while [ -n "$hex" ]; do
            rest=${hex#??}
            printf "\\\\$(printf '%03o' "0x${hex%"$rest"}")"
            hex=$rest
          done
        }
        node() { printf '01%s%s' "$1" "$2" | bytes | sum; }
        root=$(head -n 3 checkpoint | tail -n 1 | openssl base64 -d -A | sha256sum | cut -d ' ' -f 1)

        for record in records/*.json; do
          name=$(basename "$record" .json)
          { read -r index stated claimed; path=$(cat); } < "proofs/$name.path"
          [ "$stated" = "$size" ] || fail "$record: the proof is for size $stated"
          [ "$(printf '%s' "$claimed" | bytes | sum)" = "$root" ] || fail "$record: the proof is for another root"
          fn=$index
          sn=$((size - 1))
          hash=$({ printf '\\000'; cat "$record"; } | sum)
          for sibling in $path; do
            [ "$sn" -gt 0 ] || fail "$record: the path is too long"
            if [ $((fn % 2)) -eq 1 ] || [ "$fn" -eq "$sn" ]; then
              hash=$(node "$sibling" "$hash")
              while [ $((fn % 2)) -eq 0 ] && [ "$fn" -ne 0 ]; do fn=$((fn / 2)); sn=$((sn / 2)); done
            else
              hash=$(node "$hash" "$sibling")
            fi
            fn=$((fn / 2))
            sn=$((sn / 2))
          done
          [ "$sn" -eq 0 ] && [ "$hash" = "$claimed" ] || fail "$record is not in the log"
          case $(cat "$record") in
            '{"v":1,"seq":'"$index"',"t":'*) echo "OK    $record" ;;
            *) fail "$record does not state the place it is proved to have" ;;
          esac
        done

        """

    static func text(origin: String, vkey: VerifierKey) -> String {
        """
        # Evidence bundle of \(origin)

        What is here: `records/` the records of the audit log, one line each, exactly as they were written; `proofs/` for each
        record a C2SP tlog-proof and the same path in hex; `checkpoint` the signed statement of how long the log was and what
        was in it; `anchors/` copies of earlier checkpoints, if there are any; the report.

        What it proves: each record was in the log when the checkpoint was signed, at its place, with these bytes. What it does
        not prove: that no other record was left out (that takes the whole log, or the totals in `run.end`).

        ## With one command

        You need `openssl`, `sha256sum` and a shell, and the key (vkey) that you were given by another way than this file. The
        copy in `vkey` is for comparing only.

        ```sh
        sh verify.sh '\(vkey.text)'
        ```

        It prints `OK` for the checkpoint and for each record, or `FAIL` and stops with exit code 1.

        ## Step by step

        The signature of the checkpoint:

        ```sh
        openssl pkeyutl -verify -pubin -inkey public-key.pem -rawin -in checkpoint.text -sigfile checkpoint.sig
        ```

        The leaf hash of a record, where its proof begins (RFC 9162, 2.1.1: SHA-256 of a zero byte and the line):

        ```sh
        for record in records/*.json; do { printf '\\000'; cat "$record"; } | sha256sum; done
        ```

        From there `verify.sh` follows RFC 9162, 2.1.3.2, to the root in the third line of `checkpoint`. With Lethe at hand:
        `lethe audit check-proof proofs/….tlog-proof --vkey …`.

        """
    }
}
