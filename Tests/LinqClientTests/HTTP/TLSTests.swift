import Domain
import Foundation
import LinqClient
import TestSupport
import Testing

/// TLS against OpenSSL's own server. Needs the `openssl` command, which the product's build needs too.
@Suite(.serialized)
struct TLSTests {
    /// `openssl s_server` on a free port with a certificate of its own for `name`; it answers a GET with a page.
    private final class Server {
        let port: Int
        let certificate: String
        private let process: Process
        private let scratch: TemporaryDirectory

        init(name: String, _ options: [String] = []) async throws {
            scratch = try TemporaryDirectory()
            let key = scratch.file("key.pem").path
            certificate = scratch.file("certificate.pem").path
            let request = try Self.openssl([
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                "-subj", "/CN=\(name)", "-addext", "subjectAltName=DNS:\(name)", "-keyout", key, "-out", certificate,
            ])
            while request.isRunning { try await Task.sleep(for: .milliseconds(20)) }
            port = try ScriptedServer.closedPort()
            process = try Self.openssl(
                ["s_server", "-quiet", "-www", "-accept", "127.0.0.1:\(port)", "-key", key, "-cert", certificate]
                    + options)
            while process.isRunning, !ScriptedServer.isListening(port) {
                try await Task.sleep(for: .milliseconds(20))
            }
        }

        deinit { kill(process.processIdentifier, SIGKILL) }

        private static func openssl(_ arguments: [String]) throws -> Process {
            let process = Process()
            process.executableURL = URL(filePath: "/usr/bin/env")
            process.arguments = ["openssl"] + arguments
            process.standardInput = FileHandle.nullDevice
            process.standardOutput = FileHandle.nullDevice
            process.standardError = FileHandle.nullDevice
            try process.run()
            return process
        }
    }

    private func delete(_ host: String, _ server: Server, trusted: Bool) async throws -> VendorAnswer {
        try await withClient("https://\(host):\(server.port)", trustRoots: trusted ? server.certificate : nil) {
            await $0.delete(someAttachment)
        }
    }

    @Test("TLS 1.2 and 1.3 with a trusted certificate are spoken", arguments: ["-tls1_2", "-tls1_3"])
    func trusted(_ version: String) async throws {
        let server = try await Server(name: "localhost", [version])
        // The server answers every GET with a page of its own.
        let listing = try await withClient("https://localhost:\(server.port)", trustRoots: server.certificate) {
            await $0.phoneLines()
        }
        #expect(listing.answer.status != 0, "\(listing.answer)")
    }

    @Test("TLS 1.1 is refused before anything is written")
    func oldVersion() async throws {
        let server = try await Server(name: "localhost", ["-tls1_1", "-cipher", "DEFAULT@SECLEVEL=0"])
        let answer = try await delete("localhost", server, trusted: true)
        #expect(answer.reply == .failure(.tls))
        #expect(answer.deletion == .notSent)
    }

    @Test("a certificate that nobody vouches for is refused before anything is written")
    func untrusted() async throws {
        let answer = try await delete("localhost", Server(name: "localhost"), trusted: false)
        #expect(answer.reply == .failure(.tls))
    }

    @Test("a certificate for another name is refused before anything is written")
    func otherName() async throws {
        let answer = try await delete("localhost", Server(name: "other.example.com"), trusted: true)
        #expect(answer.reply == .failure(.tls))
    }

    @Test("a handshake that stalls is known not to have acted")
    func stalledHandshake() async throws {
        let server = try ScriptedServer { _ in [.answer("204 No Content")] }
        let answer = try await withClient("https://127.0.0.1:\(server.port)", connectTimeout: 300_000) {
            await $0.delete(someAttachment)
        }
        #expect(answer.deletion == .notSent, "\(answer)")
        #expect(server.requests.isEmpty)
    }
}
