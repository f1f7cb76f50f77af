import AsyncHTTPClient
import Domain
import NIOCore
import NIOHTTP1

/// One request and its whole answer.
struct Exchange: Sendable {
    var answer: VendorAnswer
    /// Empty where there is no whole answer.
    var body: [UInt8] = []
}

extension LinqHTTPClient {
    /// A request to the API itself, with the key. `path` begins with `/v3/` and is already encoded.
    func send(
        _ method: HTTPMethod, _ path: String, json: [UInt8]? = nil, maximumBody: Int = LinqHTTPClient.maximumBody
    ) async -> Exchange {
        var request = HTTPClientRequest(url: options.baseURL.text + path)
        request.method = method
        request.headers.add(name: "authorization", value: "Bearer \(options.key.secret)")
        request.headers.add(name: "accept", value: "application/json")
        if let json {
            request.headers.add(name: "content-type", value: "application/json")
            request.body = .bytes(json)
        }
        return await perform(request, maximumBody: maximumBody)
    }

    /// Never throws: what went wrong is in the answer. Ends at the timeout or with the caller's cancellation, also when the
    /// request below does neither: a connection to a vendor that vanished may never say so.
    func perform(_ request: HTTPClientRequest, maximumBody: Int) async -> Exchange {
        var named = request
        named.headers.replaceOrAdd(name: "user-agent", value: "lethe")
        let timeout = options.timeout
        let prepared = named
        let late = Exchange(answer: VendorAnswer(.failure(.timeout)))
        let (answers, inbox) = AsyncStream.makeStream(of: Exchange.self, bufferingPolicy: .bufferingOldest(1))
        let request = Task { inbox.yield(await self.exchange(prepared, maximumBody: maximumBody)) }
        let alarm = Task {
            try? await Task.sleep(for: .microseconds(timeout))
            inbox.yield(late)
        }
        defer {
            request.cancel()
            alarm.cancel()
            inbox.finish()
        }
        var first = answers.makeAsyncIterator()
        return await first.next() ?? late
    }

    private func exchange(_ request: HTTPClientRequest, maximumBody: Int) async -> Exchange {
        let response: HTTPClientResponse
        do {
            response = try await http.execute(request, timeout: .microseconds(options.timeout))
        } catch {
            return Exchange(answer: VendorAnswer(.failure(TransportFailure(error, in: .head))))
        }
        do {
            let body = try await response.body.collect(upTo: maximumBody)
            guard !response.claimsAForbiddenBody else { return Exchange(answer: VendorAnswer(.failure(.cut))) }
            let bytes = Array(body.readableBytesView)
            return Exchange(
                answer: VendorAnswer(
                    status: Int(response.status.code), headers: response.headers, body: bytes,
                    absentCodes: options.absentCodes),
                body: bytes)
        } catch {
            return Exchange(answer: VendorAnswer(.failure(TransportFailure(error, in: .body))))
        }
    }
}

extension HTTPClientResponse {
    /// A 204 ends with its head (RFC 9110, 15.3.5). One that announces a body was cut or tampered with: not proof enough
    /// that anything was deleted.
    fileprivate var claimsAForbiddenBody: Bool {
        guard status == .noContent else { return false }
        let lengths = headers["content-length"]
        return headers.contains(name: "transfer-encoding") || lengths.contains { $0 != "0" }
    }
}
