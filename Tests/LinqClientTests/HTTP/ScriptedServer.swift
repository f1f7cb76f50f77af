import Foundation
import Synchronization

/// A raw TCP server on loopback that does exactly what it is told, however wrong: HTTP is only spoken as far as the
/// script spells it. One thread a connection, gone with the instance.
final class ScriptedServer: Sendable {
    struct Request: Sendable {
        var head: String
        var body: [UInt8]

        var line: String { String(head.prefix { $0 != "\r\n" }) }
        func header(_ name: String) -> String? {
            head.split(separator: "\r\n").dropFirst().first { $0.lowercased().hasPrefix(name + ":") }
                .map { $0.dropFirst(name.count + 1).trimmingCharacters(in: .whitespaces) }
        }
    }

    /// What to do with one request, in this order.
    enum Step: Sendable {
        case send(String)
        case sendBytes([UInt8])
        case wait(seconds: Double)
        /// Orderly: FIN.
        case close
        /// RST.
        case reset
    }

    typealias Script = @Sendable (Request) -> [Step]

    private struct State {
        var requests: [Request] = []
        var connections: [Int32] = []
    }

    let port: Int
    private let listener: Int32
    private let script: Script
    private let state = Mutex(State())

    init(_ script: @escaping Script) throws {
        self.script = script
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        port = try Self.bindToLoopback(listener)
        guard listen(listener, 64) == 0 else { throw POSIXError(.EADDRINUSE) }
        Thread.detachNewThread { [listener, weak self] in
            while true {
                let connection = accept(listener, nil, nil)
                guard connection >= 0, let self else { return }
                self.state.withLock { $0.connections.append(connection) }
                Thread.detachNewThread { [weak self] in self?.serve(connection) }
            }
        }
    }

    deinit {
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
        state.withLock { for connection in $0.connections { shutdown(connection, Int32(SHUT_RDWR)) } }
    }

    var requests: [Request] { state.withLock { $0.requests } }
    var baseURL: String { "http://127.0.0.1:\(port)/api/partner" }

    /// A port where nobody listens.
    static func closedPort() throws -> Int {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        return try bindToLoopback(descriptor)
    }

    static func isListening(_ port: Int) -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = loopback
        address.sin_port = UInt16(port).bigEndian
        return withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }

    private static var loopback: sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return address
    }

    private static func bindToLoopback(_ descriptor: Int32) throws -> Int {
        var address = loopback
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let done = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, size) == 0 && getsockname(descriptor, $0, &size) == 0
            }
        }
        guard done else { throw POSIXError(.EADDRINUSE) }
        return Int(UInt16(bigEndian: address.sin_port))
    }

    private func serve(_ connection: Int32) {
        defer {
            state.withLock { state in
                state.connections.removeAll { $0 == connection }
                close(connection)
            }
        }
        var buffer: [UInt8] = []
        while let request = Self.readRequest(connection, &buffer) {
            state.withLock { $0.requests.append(request) }
            for step in script(request) {
                switch step {
                case .send(let text): Self.write(Array(text.utf8), connection)
                case .sendBytes(let bytes): Self.write(bytes, connection)
                case .wait(let seconds): Thread.sleep(forTimeInterval: seconds)
                case .close: return
                case .reset:
                    var linger = linger(l_onoff: 1, l_linger: 0)
                    setsockopt(
                        connection, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout.size(ofValue: linger)))
                    return
                }
            }
        }
    }

    private static func readRequest(_ connection: Int32, _ buffer: inout [UInt8]) -> Request? {
        while true {
            if let end = buffer.firstRange(of: Array("\r\n\r\n".utf8)) {
                var request = Request(head: String(decoding: buffer[..<end.lowerBound], as: UTF8.self), body: [])
                let length = Int(request.header("content-length") ?? "0") ?? 0
                if buffer.count >= end.upperBound + length {
                    request.body = Array(buffer[end.upperBound..<(end.upperBound + length)])
                    buffer.removeSubrange(..<(end.upperBound + length))
                    return request
                }
            }
            var chunk = [UInt8](repeating: 0, count: 64 << 10)
            let count = read(connection, &chunk, chunk.count)
            guard count > 0 else { return nil }
            buffer += chunk[..<count]
        }
    }

    private static func write(_ bytes: [UInt8], _ connection: Int32) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }
}

extension ScriptedServer.Step {
    /// A whole, well-formed answer.
    static func answer(_ status: String, headers: [String] = [], body: String = "") -> Self {
        let length = status.hasPrefix("204") ? [] : ["Content-Length: \(body.utf8.count)"]
        return .send((["HTTP/1.1 \(status)"] + headers + length).joined(separator: "\r\n") + "\r\n\r\n" + body)
    }
}
