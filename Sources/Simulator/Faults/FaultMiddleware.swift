import Domain
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore

/// Plays the faults of a `FaultPlan` on API calls and keeps the log of DELETEs: what was asked, what really happened
/// and what the client was told.
struct FaultMiddleware: RouterMiddleware {
    let account: SimulatedAccount
    let plan: FaultPlan

    func handle(
        _ request: Request, context: SimulatorContext,
        next: Next
    ) async throws -> Response {
        guard account.partner(of: request) != nil else {
            log(request, .init(status: 401, tookEffect: false), nil)
            return try await next(request, context)
        }
        let (fault, latency) = plan.draw(method: request.method.rawValue, path: request.uri.path)
        if latency > 0 { try await Task.sleep(for: .microseconds(latency)) }
        guard let fault else {
            let (response, done) = try await perform(request, context, next)
            log(request, done, nil)
            return response
        }
        return try await play(fault, request, context, next)
    }

    private struct Done {
        var status: Int?
        var tookEffect: Bool
    }

    private func play(
        _ fault: FaultSpec, _ request: Request, _ context: SimulatorContext,
        _ next: Next
    ) async throws -> Response {
        if let refusal = Self.refusal(fault) {
            log(request, Done(status: refusal.status, tookEffect: false), fault)
            return .refusal(refusal, trace: context.trace)
        }
        if let page = Self.gatewayPage(fault.kind) {
            log(request, Done(status: page.status.code, tookEffect: false), fault)
            return page
        }
        switch fault.kind {
        case .reset:
            log(request, Done(status: nil, tookEffect: false), fault)
            await context.reset()
        case .hang:
            log(request, Done(status: nil, tookEffect: false), fault)
            try? await Task.sleep(for: .microseconds(fault.time))
            await context.close()
        default:
            let (response, done) = try await perform(request, context, next)
            let isLate = fault.kind == .late500
            log(request, Done(status: isLate ? 500 : nil, tookEffect: done.tookEffect), fault)
            if isLate { return .refusal(.internalError, trace: context.trace) }
            if fault.kind == .cut {
                await context.cut(
                    after: "HTTP/1.1 \(response.status.code) \(response.status.reasonPhrase)\r\nX-Trace-ID: 0")
            } else {
                await context.close()
            }
        }
        // The connection is gone: nothing of this is sent.
        return Response(status: .internalServerError)
    }

    /// Refusals become responses here, since a fault may still swallow them.
    private func perform(
        _ request: Request, _ context: SimulatorContext, _ next: Next
    ) async throws -> (Response, Done) {
        do {
            let response = try await next(request, context)
            return (response, Done(status: response.status.code, tookEffect: response.status.code < 300))
        } catch let error as VendorError {
            let response = Response.refusal(error, trace: context.trace)
            return (response, Done(status: error.status, tookEffect: false))
        }
    }

    private static func refusal(_ fault: FaultSpec) -> VendorError? {
        switch fault.kind {
        case .error500: .internalError
        case .error503: .unavailable
        case .error504: .upstreamTimeout
        case .throttled: .throttled(fault.time / 1_000_000)
        default: nil
        }
    }

    /// What something else answers that stands in front of the vendor.
    private static func gatewayPage(_ kind: FaultSpec.Kind) -> Response? {
        let (status, type, body): (HTTPResponse.Status, String, String)
        switch kind {
        case .html502:
            let page = "<html><head><title>502 Bad Gateway</title></head><body>Bad Gateway</body></html>\n"
            (status, type, body) = (.badGateway, "text/html", page)
        case .html404:
            (status, type, body) = (.notFound, "text/html", "<html><body><h1>404 Not Found</h1></body></html>\n")
        case .text404: (status, type, body) = (.notFound, "text/plain", "default backend - 404")
        case .json404: (status, type, body) = (.notFound, "application/json", "{\"message\":\"no Route matched\"}")
        default: return nil
        }
        return Response(
            status: status, headers: [.contentType: type], body: ResponseBody(byteBuffer: ByteBuffer(string: body)))
    }

    private func log(_ request: Request, _ done: Done, _ fault: FaultSpec?) {
        guard request.method == .delete else { return }
        let id = request.uri.path.split(separator: "/").last.map(String.init) ?? ""
        let record = DeleteRecord(
            id: id, status: done.status, tookEffect: done.tookEffect, fault: fault?.description, at: account.clock.now)
        account.write { $0.deletions.append(record) }
    }
}
