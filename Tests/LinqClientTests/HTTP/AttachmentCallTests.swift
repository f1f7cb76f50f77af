import Domain
import Foundation
import LinqClient
import TestSupport
import Testing

/// GET, HEAD and upload of attachments.
struct AttachmentCallTests {
    @Test(
        "a GET gives the facts",
        arguments: [
            ("attachment-get--persistent", URLLayout.persistent, true),
            ("attachment-get--ephemeral-first-signed-url", .other, true),
            ("attachment-get--pending-without-download-url", nil, false),
        ] as [(String, URLLayout?, Bool)])
    func lookUp(_ name: String, _ layout: URLLayout?, _ hasURL: Bool) async throws {
        let object = try jsonObject("api/\(name).json")
        let body = String(decoding: try fixture("api/\(name).json"), as: UTF8.self)
        let server = try ScriptedServer { _ in [.answer("200 OK", body: body)] }
        let id = try AttachmentID(try #require(object["id"] as? String))
        let lookup = try await withClient(server.baseURL) { await $0.lookUp(id) }
        let found = try #require(lookup.found)
        #expect(found.id == id && found.layout == layout)
        #expect(found.mime == object["content_type"] as? String)
        #expect(found.size == (object["size_bytes"] as? Int).map { Int64($0) })
        #expect(found.apiCreated == (object["created_at"] as? String).flatMap { Timestamp($0) })
        #expect((lookup.url != nil) == hasURL)
        #expect(!"\(lookup)".contains("Signature"))
    }

    @Test(
        "a 200 about something else finds nothing",
        arguments: [
            "", "{}", "[]", #"{"id": "579e37fc-4bb7-4c6e-a551-b1b5b8415f73"}"#,
            #"{"id": "\#(someAttachment)", "success": false, "error": {"code": 1}}"#,
        ])
    func otherBody(_ body: String) async throws {
        let server = try ScriptedServer { _ in [.answer("200 OK", body: body)] }
        let lookup = try await withClient(server.baseURL) { await $0.lookUp(someAttachment) }
        #expect(lookup.answer.reply == .failure(.cut) && lookup.found == nil && lookup.url == nil)
    }

    @Test("a HEAD goes to the vendor's file host or our own loopback, without the key")
    func head() async throws {
        let server = try ScriptedServer { _ in [.send("HTTP/1.1 404 Not Found\r\nContent-Length: 500\r\n\r\n")] }
        try await withClient(server.baseURL) { client in
            let answer = await client.head(DownloadURL("http://127.0.0.1:\(server.port)/files/a?x=1"))
            #expect(answer.reply == .http(status: 404, code: nil))
        }
        let request = try #require(server.requests.first)
        #expect(request.line == "HEAD /files/a?x=1 HTTP/1.1")
        #expect(request.header("authorization") == nil)
    }

    @Test(
        "a HEAD to any other host is not sent, and a GET does not hand its URL out",
        arguments: [
            "https://example.com/a", "http://cdn.linqapp.com/a", "https://cdn.linqapp.com.example.com/a",
            "https://cdn.linqapp.com:444/a",
            "https://x@cdn.linqapp.com/a", "http://127.0.0.1:1/a", "http://169.254.169.254/latest",
            "file:///etc/passwd", "",
        ])
    func headElsewhere(_ url: String) async throws {
        let body = #"{"id": "\#(someAttachment)", "download_url": "\#(url)"}"#
        let server = try ScriptedServer { _ in [.answer("200 OK", body: body)] }
        try await withClient(server.baseURL) { client in
            #expect(await client.head(DownloadURL(url)).deletion == .notSent)
            #expect(await client.lookUp(someAttachment).url == nil)
        }
        #expect(server.requests.count == 1)
    }

    @Test("a download URL prints as nothing")
    func downloadURLIsSilent() {
        var dumped = ""
        let url = DownloadURL("https://cdn.linqapp.com/a?Signature=SECRET")
        dump(AttachmentLookup(answer: .http(200), url: url), to: &dumped)
        #expect(!"\(url) \(String(reflecting: url)) \(dumped)".contains("SECRET"))
    }

    @Test("an upload is a POST with the key and a PUT with the required headers and without the key")
    func upload() async throws {
        let server = try ScriptedServer { request in
            guard request.line.hasPrefix("POST") else { return [.answer("200 OK")] }
            let port = request.header("host")?.split(separator: ":").last ?? ""
            let body = """
                {"attachment_id": "\(someAttachment)", "http_method": "PUT", "upload_url": "http://127.0.0.1:\(port)/up?sig=1",
                 "download_url": "x", "required_headers": {"Content-Type": "text/plain", "Content-Length": "5",
                 "x-amz-meta": "a", "Authorization": "stolen", "Host": "elsewhere"}}
                """
            return [.answer("200 OK", body: body)]
        }
        let upload = try await withClient(server.baseURL) {
            await $0.upload(Array("hello".utf8), mime: "text/plain", name: "lethe \"drill\".txt") { _ in true }
        }
        #expect(upload.answer.status == 200 && upload.id == someAttachment)
        let requests = server.requests
        try #require(requests.map { String($0.line.prefix { $0 != " " }) } == ["POST", "PUT"])
        let sent = try #require(try JSONSerialization.jsonObject(with: Data(requests[0].body)) as? [String: Any])
        #expect(sent["filename"] as? String == "lethe \"drill\".txt" && sent["size_bytes"] as? Int == 5)
        #expect(requests[0].header("authorization") == "Bearer \(testKey)")
        #expect(requests[1].body == Array("hello".utf8) && requests[1].line.contains("/up?sig=1"))
        #expect(requests[1].header("authorization") == nil && requests[1].header("host") == "127.0.0.1:\(server.port)")
        #expect(requests[1].header("x-amz-meta") == "a" && requests[1].header("content-type") == "text/plain")
        #expect(requests[1].header("content-length") == "5")
    }

    @Test(
        "an upload that is not answered as documented says where it stopped",
        arguments: [
            ("401 Unauthorized", "{}", 401, false), ("200 OK", "{}", 200, false),
            ("200 OK", #"{"attachment_id": "\#(someAttachment)"}"#, 0, true),
            ("200 OK", #"{"attachment_id": "\#(someAttachment)", "upload_url": "ftp://example.com/"}"#, 0, true),
            ("200 OK", #"{"attachment_id": "\#(someAttachment)", "upload_url": "http://example.com/"}"#, 0, true),
        ])
    func uploadFails(_ status: String, _ body: String, _ answered: Int, _ hasID: Bool) async throws {
        let server = try ScriptedServer { _ in [.answer(status, body: body)] }
        let upload = try await withClient(server.baseURL) {
            await $0.upload([1], mime: "text/plain", name: "a") { _ in true }
        }
        #expect(upload.answer.status == answered && (upload.id != nil) == hasID)
        #expect(server.requests.count == 1)
    }
}
