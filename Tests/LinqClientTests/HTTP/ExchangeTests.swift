import Domain
import Foundation
import LinqClient
import Synchronization
import TestSupport
import Testing

/// Every class of answer, from a real socket.
struct ExchangeTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        let steps: [ScriptedServer.Step]
        let reply: VendorAnswer.Reply
        let answerClass: AnswerClass
        var timeout: Int64 = 5_000_000
        var testDescription: String { name }

        init(
            _ name: String, _ steps: [ScriptedServer.Step], _ reply: VendorAnswer.Reply, _ answerClass: AnswerClass,
            timeout: Int64 = 5_000_000
        ) {
            self.name = name
            self.steps = steps
            self.reply = reply
            self.answerClass = answerClass
            self.timeout = timeout
        }
    }

    private static func error(_ status: Int, _ code: Int) -> String {
        #"{"success":false,"error":{"status":\#(status),"code":\#(code),"message":"m"},"trace_id":"t"}"#
    }

    private static let big = String(repeating: "x", count: (64 << 10) + 1)

    static let cases: [Case] = [
        Case("204", [.answer("204 No Content")], .http(status: 204, code: nil), .deleted),
        Case(
            "204 with Content-Length: 0", [.send("HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n")],
            .http(status: 204, code: nil), .deleted),
        Case(
            "404 of an absent one", [.answer("404 Not Found", body: error(404, 2003))], .http(status: 404, code: 2003),
            .absent),
        Case("404 without a body", [.answer("404 Not Found")], .http(status: 404, code: nil), .unknown),
        Case(
            "404 of a gateway in text", [.answer("404 Not Found", body: "default backend - 404")],
            .http(status: 404, code: nil), .unknown),
        Case(
            "404 of a gateway in HTML", [.answer("404 Not Found", body: "<html>404</html>")],
            .http(status: 404, code: nil), .unknown),
        Case(
            "404 of somebody else's JSON",
            [.answer("404 Not Found", body: #"{"error":{"status":404,"code":2003}}"#)], .http(status: 404, code: nil),
            .unknown),
        Case(
            "404 whose body speaks of another status", [.answer("404 Not Found", body: error(500, 2003))],
            .http(status: 404, code: nil), .unknown),
        Case(
            "404 with a code that is not of absence", [.answer("404 Not Found", body: error(404, 2010))],
            .http(status: 404, code: 2010), .unknown),
        Case(
            "404 not ready", [.answer("404 Not Found", body: error(404, 2007))], .http(status: 404, code: 2007),
            .notReady),
        Case("400", [.answer("400 Bad Request", body: error(400, 1005))], .http(status: 400, code: 1005), .invalid),
        Case("401", [.answer("401 Unauthorized", body: error(401, 2004))], .http(status: 401, code: 2004), .refused),
        Case("403", [.answer("403 Forbidden", body: error(403, 2005))], .http(status: 403, code: 2005), .refused),
        Case(
            "429", [.answer("429 Too Many Requests", body: error(429, 1007))], .http(status: 429, code: 1007),
            .throttled),
        Case("408", [.answer("408 Request Timeout")], .http(status: 408, code: nil), .unknown),
        Case(
            "500", [.answer("500 Internal Server Error", body: error(500, 3006))], .http(status: 500, code: 3006),
            .unknown),
        Case(
            "502 in HTML", [.answer("502 Bad Gateway", body: "<html><body>Bad Gateway</body></html>")],
            .http(status: 502, code: nil), .unknown),
        Case(
            "503", [.answer("503 Service Unavailable", body: error(503, 4004))], .http(status: 503, code: 4004),
            .unknown),
        Case("504", [.answer("504 Gateway Timeout", body: error(504, 3005))], .http(status: 504, code: 3005), .unknown),
        Case("200", [.answer("200 OK", body: "{}")], .http(status: 200, code: nil), .unexpected),
        Case("202", [.answer("202 Accepted")], .http(status: 202, code: nil), .unexpected),
        Case("418", [.answer("418 I'm a teapot")], .http(status: 418, code: nil), .unexpected),
        Case(
            "a code that is no integer", [.answer("404 Not Found", body: #"{"error":{"code":"2007"}}"#)],
            .http(status: 404, code: nil), .unknown),
        Case(
            "junk that calls itself gzip",
            [.answer("500 Internal Server Error", headers: ["Content-Encoding: gzip"], body: "not gzip at all")],
            .http(status: 500, code: nil), .unknown),
        Case(
            "an error body over 64 KiB", [.answer("500 Internal Server Error", body: big)], .failure(.oversized),
            .unknown),
        Case(
            "a 204 that announces a body",
            [.send("HTTP/1.1 204 No Content\r\nContent-Length: 40\r\n\r\n{\"a\""), .close],
            .failure(.cut), .unknown),
        Case(
            "a head that breaks off", [.send("HTTP/1.1 204 No Content\r\nX-Trace"), .close], .failure(.cut), .unknown),
        Case(
            "a body that breaks off", [.send("HTTP/1.1 500 Oops\r\nContent-Length: 100\r\n\r\n{\"success\""), .close],
            .failure(.cut), .unknown),
        Case(
            "a body that is reset",
            [.send("HTTP/1.1 404 Not Found\r\nContent-Length: 100\r\n\r\n{"), .wait(seconds: 0.1), .reset],
            .failure(.cut), .unknown),
        Case(
            "a chunked body that breaks off",
            [.send("HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhe"), .close], .failure(.cut),
            .unknown),
        Case("no HTTP at all", [.send("SSH-2.0-OpenSSH_9.2\r\n"), .close], .failure(.cut), .unknown),
        Case("closed without an answer", [.close], .failure(.reset), .unknown),
        Case("reset without an answer", [.reset], .failure(.reset), .unknown),
        Case(
            "silence", [.wait(seconds: 1.5), .answer("204 No Content")], .failure(.timeout), .unknown, timeout: 300_000),
        Case(
            "a body that stalls",
            [.send("HTTP/1.1 404 Not Found\r\nContent-Length: 100\r\n\r\n{"), .wait(seconds: 1.5)],
            .failure(.timeout), .unknown, timeout: 300_000),
    ]

    @Test("a DELETE is one request on the wire, and its answer has its class", arguments: cases)
    func classes(_ test: Case) async throws {
        let server = try ScriptedServer { _ in test.steps }
        let answer = try await withClient(server.baseURL, timeout: test.timeout) { await $0.delete(someAttachment) }
        #expect(answer.reply == test.reply)
        #expect(answer.deletion == test.answerClass)
        #expect(server.requests.count == 1)
        #expect(!"\(answer)".contains(testKey))
    }

    @Test("an answer in drips that never end is bounded by the total timeout, not by each byte")
    func drips() async throws {
        let drip: [ScriptedServer.Step] = (0..<80).flatMap { _ in [.send(" "), .wait(seconds: 0.1)] }
        let server = try ScriptedServer { _ in [.send("HTTP/1.1 404 Not Found\r\nContent-Length: 100\r\n\r\n")] + drip }
        let start = ContinuousClock.now
        let answer = try await withClient(server.baseURL, timeout: 400_000) { await $0.delete(someAttachment) }
        #expect(answer.reply == .failure(.timeout))
        #expect(ContinuousClock.now - start < .seconds(6))
    }

    @Test("the request names the attachment, carries the key and no body")
    func request() async throws {
        let server = try ScriptedServer { _ in [.answer("204 No Content")] }
        _ = try await withClient(server.baseURL + "///") { await $0.delete(someAttachment) }
        let request = try #require(server.requests.first)
        #expect(request.line == "DELETE /api/partner/v3/attachments/01234567-89ab-cdef-0123-456789abcdef HTTP/1.1")
        #expect(request.header("authorization") == "Bearer \(testKey)")
        #expect(request.header("host") == "127.0.0.1:\(server.port)")
        #expect(request.body.isEmpty && request.header("content-length") == nil)
    }

    @Test("no redirect is followed and the key goes nowhere else", arguments: ["301", "302", "303", "307", "308"])
    func redirects(_ status: String) async throws {
        let other = try ScriptedServer { _ in [.answer("204 No Content")] }
        let target = "\(other.baseURL)/elsewhere"
        let server = try ScriptedServer { _ in [.answer("\(status) Moved", headers: ["Location: \(target)"])] }
        try await withClient(server.baseURL) { client in
            let answer = await client.delete(someAttachment)
            #expect(answer.reply == .http(status: Int(status) ?? 0, code: nil))
            #expect(answer.deletion == .unexpected)
            let lookup = await client.lookUp(someAttachment)
            #expect(lookup.found == nil && lookup.answer.status == Int(status))
        }
        #expect(other.requests.isEmpty)
        #expect(server.requests.count == 2)
    }

    @Test("nobody listening is known not to have acted")
    func refused() async throws {
        let port = try ScriptedServer.closedPort()
        let answer = try await withClient("http://127.0.0.1:\(port)") { await $0.delete(someAttachment) }
        #expect(answer.reply == .failure(.connectionRefused))
        #expect(answer.deletion == .notSent)
    }

    @Test("a name without an address is known not to have acted")
    func unknownName() async throws {
        let answer = try await withClient("https://lethe-no-such-host.invalid") { await $0.delete(someAttachment) }
        #expect(answer.reply == .failure(.nameResolution))
    }

    @Test("a connection that the server closed while idle is not taken for an answer")
    func closedWhileIdle() async throws {
        let server = try ScriptedServer { _ in [.answer("204 No Content"), .close] }
        try await withClient(server.baseURL) { client in
            for _ in 0..<20 {
                let answer = await client.delete(someAttachment)
                #expect(answer.deletion == .deleted || answer.deletion == .unknown)
                try await Task.sleep(for: .milliseconds(5))
            }
        }
    }

    @Test(
        "headers are reduced to what is recorded",
        arguments: [
            ("X-Trace-ID: 6869a44d0f7b043d4c8e5e9cd04e2320", "6869a44d0f7b043d4c8e5e9cd04e2320"),
            ("x-trace-id: a.b-c_D", "a.b-c_D"), ("X-Trace-ID: 14155550117", nil),
            ("X-Trace-ID: 1-415-555.0117", nil),
            ("X-Trace-ID: f14155550117", "f14155550117"), ("X-Trace-ID: with space", nil),
            ("X-Trace-ID: <script>", nil),
            ("X-Trace-ID: \(String(repeating: "a", count: 64))", String(repeating: "a", count: 64)),
            ("X-Trace-ID: \(String(repeating: "a", count: 65))", nil), ("X-Trace-ID:", nil), ("X-Other: 1", nil),
        ])
    func trace(_ header: String, _ trace: String?) async throws {
        let server = try ScriptedServer { _ in [.answer("204 No Content", headers: [header])] }
        let answer = try await withClient(server.baseURL) { await $0.delete(someAttachment) }
        #expect(answer.trace == trace)
    }

    @Test(
        "Retry-After is seconds, an HTTP date, or the body's",
        arguments: [
            (["Retry-After: 30"], "", RetryAfter.seconds(30)), (["Retry-After: 0"], "", .seconds(0)),
            (["Retry-After: 99999999999999999999"], "", .seconds(.max)),
            (["Retry-After: Wed, 18 Nov 2026 14:03:08 GMT"], "", .date(Timestamp(seconds: 1_795_010_588))),
            (["Retry-After: soon"], "", nil), (["Retry-After: -1"], "", nil), ([], "", nil),
            ([], #"{"error":{"code":1007,"retry_after":12}}"#, .seconds(12)),
            (["Retry-After: 30"], #"{"error":{"code":1007,"retry_after":12}}"#, .seconds(30)),
        ] as [([String], String, RetryAfter?)])
    func retryAfter(_ headers: [String], _ body: String, _ expected: RetryAfter?) async throws {
        let server = try ScriptedServer { _ in [.answer("429 Too Many Requests", headers: headers, body: body)] }
        let answer = try await withClient(server.baseURL) { await $0.delete(someAttachment) }
        #expect(answer.retryAfter == expected)
    }

    @Test(
        "the vendor's clock is read",
        arguments: [
            ("Wed, 18 Nov 2026 14:03:08 GMT", Timestamp(seconds: 1_795_010_588)),
            ("Sun, 06 Nov 1994 08:49:37 GMT", Timestamp("1994-11-06T08:49:37Z")),
            ("Wed, 31 Feb 2026 14:03:08 GMT", nil), ("Wed, 18 Nov 2026 24:03:08 GMT", nil),
            ("Wed, 18 Nov 2026 14:03:08 CET", nil),
            ("Sunday, 06-Nov-94 08:49:37 GMT", nil), ("now", nil),
        ] as [(String, Timestamp?)])
    func date(_ text: String, _ expected: Timestamp?) async throws {
        let server = try ScriptedServer { _ in [.answer("204 No Content", headers: ["Date: \(text)"])] }
        let answer = try await withClient(server.baseURL) { await $0.delete(someAttachment) }
        #expect(answer.date == expected)
    }

    /// Out of a cache (`Age`) the date is that of the day when it was put there.
    @Test func aDateOutOfACacheIsNone() async throws {
        let told = Timestamp(seconds: 1_795_010_588)
        for (more, expected) in [([], told), (["Age: 0"], nil), (["Age: 86400"], nil)] as [([String], Timestamp?)] {
            let headers = ["Date: Wed, 18 Nov 2026 14:03:08 GMT"] + more
            let server = try ScriptedServer { _ in [.answer("204 No Content", headers: headers)] }
            let answer = try await withClient(server.baseURL) { await $0.delete(someAttachment) }
            #expect(answer.date == expected, "\(more)")
        }
    }

    @Test("every error fixture gives status, code, trace and wait")
    func errorFixtures() async throws {
        for name in try fixtureNames("errors") + fixtureNames("errors", ending: ".txt") {
            let body = String(decoding: try fixture("errors/\(name)"), as: UTF8.self)
            let pieces = name.components(separatedBy: "--")
            let status = try #require(Int(pieces[0].prefix(3)))
            let sidecar = "errors/" + name.replacingOccurrences(of: ".json", with: ".headers.json")
            let headers = (try? jsonObject(sidecar)) as? [String: String] ?? [:]
            let server = try ScriptedServer { _ in
                [.answer("\(status) Status", headers: headers.map { "\($0.key): \($0.value)" }, body: body)]
            }
            let answer = try await withClient(server.baseURL) { await $0.delete(someAttachment) }
            let code = ((try? jsonObject("errors/\(name)"))?["error"] as? [String: Any])?["code"] as? Int
            #expect(answer.reply == .http(status: status, code: code), "\(name)")
            #expect(answer.trace == headers["X-Trace-ID"], "\(name)")
            #expect((answer.retryAfter == .seconds(30)) == (status == 429), "\(name)")
        }
    }

    @Test("as many requests are in flight as allowed, and no more")
    func inFlight() async throws {
        let counts = Mutex((now: 0, most: 0))
        let server = try ScriptedServer { _ in
            counts.withLock {
                $0.now += 1
                $0.most = max($0.most, $0.now)
            }
            Thread.sleep(forTimeInterval: 0.2)
            counts.withLock { $0.now -= 1 }
            return [.answer("204 No Content")]
        }
        try await withClient(server.baseURL) { client in
            await withTaskGroup(of: AnswerClass.self) { group in
                for _ in 0..<24 { group.addTask { await client.delete(someAttachment).deletion } }
                for await answer in group { #expect(answer == .deleted) }
            }
        }
        #expect(counts.withLock { $0.most } == 8)
    }

    @Test("after shutdown nothing is sent, and shutting down twice is harmless")
    func afterShutdown() async throws {
        let server = try ScriptedServer { _ in [.answer("204 No Content")] }
        let client = LinqHTTPClient(.init(baseURL: try BaseURL(server.baseURL), key: try APIKey(testKey)))
        await client.shutdown()
        await client.shutdown()
        #expect(await client.delete(someAttachment).deletion == .notSent)
        #expect(server.requests.isEmpty)
    }
}
