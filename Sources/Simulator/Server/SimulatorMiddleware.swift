import Domain
import HTTPTypes
import Hummingbird
import NIOCore

extension HTTPField.Name {
    static let traceID = HTTPField.Name("X-Trace-ID")
}

/// Gives every answer an `X-Trace-ID` and turns refusals into the vendor's error bodies.
struct TraceMiddleware: RouterMiddleware {
    let account: SimulatedAccount

    func handle(
        _ request: Request, context: SimulatorContext,
        next: Next
    ) async throws -> Response {
        var context = context
        context.trace = account.makeTrace()
        var response: Response
        do {
            response = try await next(request, context)
        } catch let error as VendorError {
            response = .refusal(error, trace: context.trace)
        } catch let error as HTTPError where error.status == .contentTooLarge {
            response = .refusal(VendorError(413, 1003, "Request body is too large"), trace: context.trace)
        } catch is HTTPError {
            response = .refusal(.resourceNotFound, trace: context.trace)
        }
        response.setTrace(context.trace)
        return response
    }
}

/// `Authorization: Bearer <key>`, else 401.
struct KeyMiddleware: RouterMiddleware {
    let account: SimulatedAccount

    func handle(
        _ request: Request, context: SimulatorContext,
        next: Next
    ) async throws -> Response {
        var context = context
        guard let partner = account.partner(of: request) else { throw VendorError.unauthorized }
        context.partner = partner
        return try await next(request, context)
    }
}

extension SimulatedAccount {
    func makeTrace() -> String {
        let trace = write { $0.random.uuid() }
        return Hex.encode(trace.bigEndianBytes)
    }

    func partner(of request: Request) -> Int? {
        guard let header = request.headers[.authorization], header.hasPrefix("Bearer ") else { return nil }
        let key = String(header.dropFirst("Bearer ".count))
        return read { $0.partner(key: key) }
    }
}

extension Response {
    static func json(_ value: WireJSON, status: HTTPResponse.Status = .ok) -> Response {
        let bytes = value.bytes
        return Response(
            status: status, headers: [.contentType: "application/json"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
    }

    static func refusal(_ error: VendorError, trace: String) -> Response {
        var response = Response.json(error.body(trace: trace), status: .init(code: error.status))
        if let seconds = error.retryAfter { response.headers[.retryAfter] = String(seconds) }
        return response
    }

    mutating func setTrace(_ trace: String) {
        if let name = HTTPField.Name.traceID { headers[name] = trace }
    }
}
