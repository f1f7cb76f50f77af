package import Domain
import Foundation
import NIOCore
import NIOPosix

/// How the webhooks of one round were received.
package struct DeliveryReport: Sendable, Equatable {
    /// Answered 2xx.
    package var delivered = 0
    /// Answered with another 4xx than 429: the vendor does not try again.
    package var refused = 0
    /// Not accepted within the attempts.
    package var failed = 0
    package var attempts = 0
}

/// Posts webhooks to a receiver on plain HTTP, each on a connection of its own, and tries again as the vendor does: on
/// 5xx, 429, timeouts and connection failures, not on other 4xx (linq-api, section 9).
struct WebhookSender {
    let host: String
    let port: Int
    let path: String
    var attempts = 5
    var timeout: Duration = .seconds(10)
    /// Before the second attempt; doubled before each later one. The vendor's spread over 25 minutes.
    var pause: Duration = .milliseconds(50)

    /// - Throws: `usage` unless the target is an `http` URL: the simulator has no TLS.
    init(target: String) throws(LetheError) {
        guard let url = URLComponents(string: target), url.scheme == "http", let host = url.host, !host.isEmpty else {
            throw LetheError(
                "invalid-webhook-target", .usage, "the webhook target is not an http URL",
                hint: "the simulator delivers on plain HTTP: http://127.0.0.1:8080/hooks/linq")
        }
        self.host = host
        port = url.port ?? 80
        path =
            (url.percentEncodedPath.isEmpty ? "/" : url.percentEncodedPath)
            + (url.percentEncodedQuery.map { "?" + $0 } ?? "")
    }

    /// Several at once, as the vendor does not wait for one answer before it sends the next.
    func send(_ deliveries: [SignedDelivery], atOnce: Int = 8) async -> DeliveryReport {
        var report = DeliveryReport()
        await withTaskGroup(of: DeliveryReport.self) { group in
            for (index, delivery) in deliveries.enumerated() {
                if index >= atOnce, let one = await group.next() { report.add(one) }
                group.addTask { await send(delivery) }
            }
            for await one in group { report.add(one) }
        }
        return report
    }

    private func send(_ delivery: SignedDelivery) async -> DeliveryReport {
        var report = DeliveryReport()
        for attempt in 0..<attempts where !Task.isCancelled {
            if attempt > 0 { try? await Task.sleep(for: pause * (1 << (attempt - 1))) }
            report.attempts += 1
            guard let status = await post(delivery), status != 429, status < 500 else { continue }
            if (200..<300).contains(status) { report.delivered = 1 } else { report.refused = 1 }
            return report
        }
        report.failed = 1
        return report
    }

    /// The status, or `nil` where no answer came.
    private func post(_ delivery: SignedDelivery) async -> Int? {
        await withTaskGroup(of: Int?.self) { group in
            group.addTask { try? await exchange(delivery) }
            group.addTask {
                try? await Task.sleep(for: timeout)
                return nil
            }
            let first = await group.next() ?? nil
            group.cancelAll()
            return first
        }
    }

    private func exchange(_ delivery: SignedDelivery) async throws -> Int? {
        let channel = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .connect(host: host, port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                }
            }
        return try await channel.executeThenClose { inbound, outbound in
            try await outbound.write(request(delivery))
            var answer = ByteBuffer()
            for try await part in inbound {
                answer.writeImmutableBuffer(part)
                // "HTTP/1.1 200": nothing after the status matters.
                if answer.readableBytes >= 12 { break }
            }
            return answer.getString(at: 9, length: 3).flatMap { Int($0) }
        }
    }

    private func request(_ delivery: SignedDelivery) -> ByteBuffer {
        var head = "POST \(path) HTTP/1.1\r\nHost: \(host):\(port)\r\nConnection: close\r\n"
        for (name, value) in delivery.headers { head += "\(name): \(value)\r\n" }
        head += "Content-Length: \(delivery.body.count)\r\n\r\n"
        var buffer = ByteBuffer(string: head)
        buffer.writeBytes(delivery.body)
        return buffer
    }
}

extension DeliveryReport {
    fileprivate mutating func add(_ other: DeliveryReport) {
        delivered += other.delivered
        refused += other.refused
        failed += other.failed
        attempts += other.attempts
    }
}

extension SimulatedAccount {
    /// Posts the webhooks that nobody has taken yet to a receiver; what it does not accept is lost, as with the vendor.
    package func deliver(
        to target: String, limit: Int = .max, version: WebhookVersion? = nil, signedAt: Timestamp? = nil
    ) async throws(LetheError) -> DeliveryReport {
        let sender = try WebhookSender(target: target)
        return await sender.send(try takeDeliveries(limit, version: version, signedAt: signedAt))
    }
}
