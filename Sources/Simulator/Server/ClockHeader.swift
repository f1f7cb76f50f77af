import Domain
import NIOCore
import NIOHTTP1

/// Lets every answer's `Date` be what the simulated clock shows. Hummingbird sets its own last of all, so it is replaced on
/// the way to the socket.
enum ClockHeader {
    /// Hummingbird lets handlers in above the response encoder only; this one puts the real one below that.
    final class Installer: RemovableChannelHandler, ChannelInboundHandler, Sendable {
        typealias InboundIn = NIOAny
        private let clock: SimulatedClock

        init(_ clock: SimulatedClock) { self.clock = clock }

        func handlerAdded(context: ChannelHandlerContext) {
            let pipeline = context.pipeline.syncOperations
            guard let encoder = try? pipeline.handler(type: HTTPResponseEncoder.self) else { return }
            try? pipeline.addHandler(Replacer(clock), position: .after(encoder))
        }
    }

    private final class Replacer: ChannelOutboundHandler, Sendable {
        typealias OutboundIn = HTTPServerResponsePart
        typealias OutboundOut = HTTPServerResponsePart
        private let clock: SimulatedClock

        init(_ clock: SimulatedClock) { self.clock = clock }

        func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
            var part = unwrapOutboundIn(data)
            if case .head(var head) = part {
                head.headers.replaceOrAdd(name: "Date", value: clock.now.httpDate)
                part = .head(head)
            }
            context.write(wrapOutboundOut(part), promise: promise)
        }
    }
}

extension Timestamp {
    /// IMF-fixdate (RFC 9110, 5.6.7).
    var httpDate: String {
        let seconds = microseconds / 1_000_000
        let days = seconds >= 0 ? seconds / 86_400 : (seconds - 86_399) / 86_400
        let date = CivilDate(daysSince1970: days)
        let weekday = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"][Int(((days % 7) + 7) % 7)]
        let month = [
            "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
        ][Int(date.month - 1)]
        let second = seconds - days * 86_400
        func two(_ value: Int64) -> String { value < 10 ? "0\(value)" : "\(value)" }
        let year = String(repeating: "0", count: max(0, 4 - "\(date.year)".count)) + "\(date.year)"
        return "\(weekday), \(two(date.day)) \(month) \(year) "
            + "\(two(second / 3600)):\(two(second / 60 % 60)):\(two(second % 60)) GMT"
    }
}
