import Hummingbird
import NIOCore
import NIOHTTP1

/// The C library's `struct linger`: close at once, with a reset.
private struct Linger: Sendable {
    var isOn: CInt = 1
    var seconds: CInt = 0
}

/// The rest of the way of a request, as middleware sees it.
typealias Next = @concurrent (Request, SimulatorContext) async throws -> Response

/// What one request carries along: its trace id, whose key it has, and the connection for faults below HTTP.
struct SimulatorContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    let channel: any Channel
    /// 32 hex digits, sent as `X-Trace-ID`.
    var trace = ""
    /// Whose key it is; set by the authentication.
    var partner = 0

    init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        channel = source.channel
    }

    /// Ends the connection without an answer: the client sees the end of the stream.
    func close() async {
        try? await channel.close(mode: .all)
    }

    /// Ends the connection by a TCP reset.
    func reset() async {
        if let socket = channel as? any SocketOptionProvider {
            try? await socket.unsafeSetSocketOption(level: .socket, name: .so_linger, value: Linger()).get()
        }
        await close()
    }

    /// Sends the beginning of an answer as raw bytes and ends the connection there.
    func cut(after text: String) async {
        let channel = channel
        try? await channel.eventLoop.flatSubmit {
            do {
                let encoder = try channel.pipeline.syncOperations.context(handlerType: HTTPResponseEncoder.self)
                let promise = channel.eventLoop.makePromise(of: Void.self)
                encoder.writeAndFlush(NIOAny(ByteBuffer(string: text)), promise: promise)
                return promise.futureResult
            } catch {
                return channel.eventLoop.makeFailedFuture(error)
            }
        }.get()
        await close()
    }
}
