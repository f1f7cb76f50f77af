import Audit
import Domain
import Foundation
import TestSupport
import Testing

@testable import Reports

/// A bundle that was handed on by somebody who wants to be believed, and a machine that is not as it should be.
struct BundleAttackTests {
    private let bundle: UnpackedBundle

    init() throws { bundle = try UnpackedBundle() }

    @Test(arguments: [
        "touch extra", "mkdir empty", "mkdir -p segments/0000000000000000/anchors", "mkdir segments/.hidden",
        "touch .hidden", "cp report.html 'report.html '", "cp report.html report2.html", "mkfifo pipe",
        "ln -s report.html link", "ln -s / root", "ln -s /dev/zero segments/zero", "touch \"$(printf 'a\\nb')\"",
        "mv report.html ../elsewhere && ln -s ../elsewhere report.html",
        "mv segments ../elsewhere && ln -s ../elsewhere segments", "mv MANIFEST ../m && ln -s ../m MANIFEST",
        "rm report.html && mkdir report.html", "mv report.html Report.html", "cp MANIFEST segments/MANIFEST",
        "mkdir -p report.html2 && mv report.html report.html2/report.html",
    ])
    func whateverWasAddedIsFound(_ command: String) throws {
        #expect(try Shell.run(command, in: bundle.folder).status == 0)
        let verdict = try bundle.verify()
        #expect(verdict.status == 1 && verdict.result.hasPrefix("RESULT       TAMPERED ("), "\(verdict.text)")
    }

    /// Signed anew by the holder of the key: what would pass for proved without being so.
    @Test(arguments: [
        "cp records.jsonl more.jsonl", "cp records.jsonl ../records.jsonl", "mkdir records && cp proof records/proof",
        "rm proof", ": > proof", "cat proof proof > p && mv p proof", "sed 1d proof > p && mv p proof",
        "rm checkpoint", "rm records.jsonl", ": > records.jsonl", "sed p records.jsonl > r && mv r records.jsonl",
        "sed -n '2p;1p' records.jsonl > r && tail -n 1 r > s && head -n 1 records.jsonl >> s && mv s records.jsonl && rm r",
        "sed 1d records.jsonl > r && mv r records.jsonl", "printf x >> records.jsonl",
        "sed 's/$/\\r/' records.jsonl > r && mv r records.jsonl",
        "tr -d '\\n' < records.jsonl > r && mv r records.jsonl",
        "printf '\\000' >> records.jsonl", "echo >> records.jsonl",
        "sed 's/\"seq\":2,/\"seq\":02,/' records.jsonl > r && mv r records.jsonl",
        "sed 's/\"seq\":2,/\"seq\":1,/' records.jsonl > r && mv r records.jsonl", "mv anchors/2.note anchors/3.note",
        "cp checkpoint anchors/1.note", "echo >> checkpoint", "sed '$d' checkpoint > c && mv c checkpoint",
        "cp anchors/2.note checkpoint", "printf 'x\\n' >> anchors/2.note",
    ])
    func whatIsSignedAnewIsStillToBeProved(_ command: String) throws {
        let output = try Shell.run(command, in: bundle.file(bundle.places[0]))
        #expect(output.status == 0, "\(output.text)")
        try bundle.sign()
        let verdict = try bundle.verify()
        #expect(verdict.status == 1 && verdict.result.hasPrefix("RESULT       TAMPERED ("), "\(verdict.text)")
    }

    @Test func theEnvironmentDoesNotMislead() throws {
        let parent = bundle.folder.deletingLastPathComponent()
        try Shell.check("mkdir other fake && cp -R reviewer other/reviewer && echo >> reviewer/report.html", in: parent)
        for tool in ["openssl", "awk", "cmp", "find", "python3"] {
            try Shell.check("printf '#!/bin/sh\\nexit 0\\n' > fake/\(tool) && chmod +x fake/\(tool)", in: parent)
        }
        let key = bundle.sample.vkey.text
        let misleading = [
            "CDPATH=\(parent.path)/other", "PATH=\"$PWD/fake:.:$PATH\"", "IFS=/", "LC_ALL=tr_TR.UTF-8 LANG=C.UTF-8",
            "OPENSSL_CONF=/dev/null/none POSIXLY_CORRECT=1", "TMPDIR=/tmp/", "ENV=/dev/null BASH_ENV=/dev/null",
        ]
        for words in misleading {
            let bad = try Shell.run("\(words) /bin/sh reviewer/verify.sh '\(key)'", in: parent)
            #expect(bad.status == 1, "\(words): \(bad.text)")
            let good = try Shell.run("\(words) /bin/sh other/reviewer/verify.sh '\(key)'", in: parent)
            #expect(good.status == 0, "\(words): \(good.text)")
        }
        // Another place to begin from, and a name with a dash.
        try Shell.check("mv other/reviewer ./-r", in: parent)
        let dash = try Shell.run("sh -- -r/verify.sh '\(key)' || exit; cd ./-r && sh verify.sh '\(key)'", in: parent)
        #expect(dash.status == 0, "\(dash.text)")
    }

    /// A library of the attacker's beside the program, which is started as one would.
    @Test func nothingInTheBundleRunsButItsProgram() throws {
        let trap = "import sys; print('RESULT       VERIFIED (a lie)'); sys.exit(0)\n"
        for name in ["base64.py", "hashlib.py", "subprocess.py"] {
            try Data(trap.utf8).write(to: bundle.file(name))
        }
        for program in ["python3 verify.py", "python3 -I verify.py", "PYTHONPATH=. sh verify.sh"] {
            #expect(try bundle.verify(program).status == 1)
        }
    }

    /// In a terminal a carriage return would write over what was said.
    @Test(arguments: UnpackedBundle.programs) func aNameSteersNoTerminal(_ program: String) throws {
        try Shell.check("touch \"$(printf 'x\\rRESULT       VERIFIED\\033[2K')\"", in: bundle.folder)
        let verdict = try bundle.verify(program)
        #expect(verdict.status == 1, "\(verdict.text)")
        #expect(verdict.text.utf8.allSatisfy { $0 == 10 || (0x20..<0x7F).contains($0) })
    }

    private func expectCannot(_ output: (status: Int32, text: String), location: SourceLocation = #_sourceLocation) {
        let last = output.text.split(separator: "\n").last ?? ""
        #expect(
            output.status == 3 && last.hasPrefix("RESULT       CANNOT CHECK (") && !output.text.contains("FAIL"),
            "\(output.text)", sourceLocation: location)
    }

    /// What this machine cannot do is no fault of the bundle.
    @Test(arguments: UnpackedBundle.programs) func anOldOpenSSLIsNoAccusation(_ program: String) throws {
        let parent = bundle.folder.deletingLastPathComponent()
        let tools = [
            "old": "case $* in *rawin*) exit 1;; esac; exec openssl \"$@\"",
            "yes": "case $* in *rawin*) exit 0;; esac; exec openssl \"$@\"",
            "silent": "exit 0",
        ]
        for (name, body) in tools {
            let tool = parent.appending(path: name)
            try Data("#!/bin/sh\nPATH=/usr/bin:/bin\n\(body)\n".utf8).write(to: tool)
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: tool.path)
            expectCannot(try Shell.run("\(program) '\(bundle.sample.vkey.text)' '\(tool.path)'", in: bundle.folder))
        }
        expectCannot(try Shell.run("\(program) '\(bundle.sample.vkey.text)' /nowhere/openssl", in: bundle.folder))
        expectCannot(try Shell.run(program, in: bundle.folder))
        let mistyped = try Shell.run("\(program) '\(bundle.sample.vkey.text.dropLast())'", in: bundle.folder)
        #expect(mistyped.status == 64 && mistyped.text.contains("RESULT       CANNOT CHECK"), "\(mistyped.text)")
        let slip = try Shell.run("\(program) 'x\(bundle.sample.vkey.text)'", in: bundle.folder)
        #expect(slip.status == 64, "\(slip.text)")
    }

    @Test func aMissingToolIsNoAccusation() throws {
        let parent = bundle.folder.deletingLastPathComponent()
        let text = try String(contentsOf: bundle.file("verify.sh"), encoding: .utf8)
        let path = try #require(text.split(separator: "\n").first { $0.contains("PATH=/usr/bin") })
        let tools = "awk cat cmp comm cut df dirname find mkdir mktemp mv paste rm sed sort split tail tr wc xargs"
            .split(
                separator: " ")
        // The same program with a folder of tools in place of the system's.
        let changed = text.replacing(path, with: "    PATH=\(parent.path)/tools \\")
        try Data(changed.utf8).write(to: bundle.file("verify.sh"))
        try bundle.sign()
        for missing in tools {
            try Shell.check("rm -rf tools && mkdir tools", in: parent)
            for tool in tools where tool != missing {
                try Shell.check("ln -s \"$(command -v \(tool))\" tools/\(tool)", in: parent)
            }
            expectCannot(try Shell.run("sh verify.sh '\(bundle.sample.vkey.text)'", in: bundle.folder))
        }
    }

    @Test func noRoomForTemporaryFilesIsNoAccusation() throws {
        let key = bundle.sample.vkey.text
        expectCannot(try Shell.run("TMPDIR=/nowhere sh verify.sh '\(key)'", in: bundle.folder))
        expectCannot(try Shell.run("TMPDIR=\"$PWD\" sh verify.sh '\(key)'", in: bundle.folder))
        let full = try Shell.run("ulimit -f 0; sh verify.sh '\(key)' 2> /dev/null", in: bundle.folder)
        #expect(full.status != 0 && full.status != 1 && !full.text.contains("TAMPERED"), "\(full.text)")
        #expect(try bundle.verify().status == 0, "nothing was left in the bundle")
    }
}

extension Shell {
    /// A command that must do what it says.
    static func check(_ command: String, in folder: URL) throws {
        let output = try run(command, in: folder)
        #expect(output.status == 0, "\(command): \(output.text)")
    }
}
