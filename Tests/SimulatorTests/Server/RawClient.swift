import Foundation
import Synchronization

/// What a client sees of one request on a connection of its own, at the level of the socket.
enum RawAnswer: Sendable {
    case whole(status: Int, headers: [String: String], body: Data)
    /// The stream ended before the answer was complete.
    case ended(after: Data)
    /// The connection was reset.
    case reset
    case noConnection

    var status: Int? {
        if case .whole(let status, _, _) = self { status } else { nil }
    }

    var headers: [String: String] {
        if case .whole(_, let headers, _) = self { headers } else { [:] }
    }

    var json: [String: Any] {
        guard case .whole(_, _, let body) = self else { return [:] }
        return (try? JSONSerialization.jsonObject(with: body)) as? [String: Any] ?? [:]
    }

    var text: String {
        if case .whole(_, _, let body) = self { String(decoding: body, as: UTF8.self) } else { "" }
    }
}

/// A blocking HTTP/1.1 client on plain sockets, run on threads of its own so that it cannot starve the server.
struct RawClient: Sendable {
    let port: UInt16
    var key: String? = "sim-key"

    /// - Parameter baseURL: `http://127.0.0.1:PORT/…`
    init(_ baseURL: String, key: String? = "sim-key") {
        port = URLComponents(string: baseURL)?.port.flatMap { UInt16(exactly: $0) } ?? 0
        self.key = key
    }

    /// A call of the partner API: `path` from `/v3` on.
    func call(_ method: String, _ path: String, _ body: JSON? = nil) async -> RawAnswer {
        let data = body.flatMap { try? JSONEncoder().encode($0) }
        return await send(method, "/api/partner/v3" + path, body: data)
    }

    func admin(_ method: String, _ path: String, _ body: JSON? = nil) async -> RawAnswer {
        let data = body.flatMap { try? JSONEncoder().encode($0) }
        return await send(method, "/admin" + path, body: data)
    }

    /// A request to a URL that the server gave.
    func follow(_ method: String, _ url: String, headers: [String: String] = [:], body: Data? = nil) async -> RawAnswer
    {
        guard let start = url.range(of: "\(port)/") else { return .noConnection }
        return await send(method, String(url[url.index(before: start.upperBound)...]), headers: headers, body: body)
    }

    func send(_ method: String, _ path: String, headers: [String: String] = [:], body: Data? = nil) async -> RawAnswer {
        var head = "\(method) \(path) HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
        if let key { head += "Authorization: Bearer \(key)\r\n" }
        for (name, value) in headers { head += "\(name): \(value)\r\n" }
        if let body, headers["Content-Length"] == nil { head += "Content-Length: \(body.count)\r\n" }
        let request = Data((head + "\r\n").utf8) + (body ?? Data())
        return await withCheckedContinuation { continuation in
            Thread.detachNewThread { continuation.resume(returning: exchange(request, isHead: method == "HEAD")) }
        }
    }

    private func exchange(_ request: Data, isHead: Bool) -> RawAnswer {
        let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(socket) }
        var patience = timeval(tv_sec: 10, tv_usec: 0)
        setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        let size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let connected = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(socket, $0, size) }
        }
        guard connected == 0 else { return .noConnection }
        var sent = 0
        while sent < request.count {
            let count = request.withUnsafeBytes {
                Glibc.send(socket, $0.baseAddress?.advanced(by: sent), request.count - sent, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { break }
            sent += count
        }
        var received = Data()
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = recv(socket, &buffer, buffer.count, 0)
            if count < 0 { return errno == ECONNRESET ? .reset : .ended(after: received) }
            if count == 0 { break }
            received.append(contentsOf: buffer[..<count])
        }
        return Self.parse(received, isHead: isHead)
    }

    private static func parse(_ bytes: Data, isHead: Bool) -> RawAnswer {
        guard let end = bytes.range(of: Data("\r\n\r\n".utf8)) else { return .ended(after: bytes) }
        var lines = String(decoding: bytes[..<end.lowerBound], as: UTF8.self).components(separatedBy: "\r\n")
        let first = lines.removeFirst().split(separator: " ")
        guard first.count > 1, let status = Int(first[1]) else { return .ended(after: bytes) }
        var headers: [String: String] = [:]
        for line in lines {
            guard let colon = line.firstIndex(of: ":") else { continue }
            let value = line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
            headers[line[..<colon].lowercased()] = value
        }
        let body = bytes[end.upperBound...]
        if !isHead, let length = headers["content-length"].flatMap({ Int($0) }), body.count < length {
            return .ended(after: bytes)
        }
        return .whole(status: status, headers: headers, body: Data(body))
    }
}

extension RawAnswer {
    /// `error.code` of the vendor's error body.
    var error: Int? { (json["error"] as? [String: Any])?["code"] as? Int }

    func list(_ key: String) -> [[String: Any]] { json[key] as? [[String: Any]] ?? [] }
}

/// A JSON object with its keys in order, to be compared.
func sortedText(_ object: Any?) -> String {
    let bytes = try? JSONSerialization.data(withJSONObject: object ?? [:], options: [.sortedKeys])
    return String(decoding: bytes ?? Data(), as: UTF8.self)
}
