package import Domain
import Hummingbird
import Logging
import NIOCore
import ServiceLifecycle
import Synchronization

/// How a simulated vendor is started.
package struct SimulatorConfiguration: Sendable {
    /// On 127.0.0.1; 0 takes any that is free.
    package var port: Int
    package var faults: [FaultSpec]
    /// Decides which requests meet which faults.
    package var seed: UInt64
    /// Where webhooks go as they come up: an `http` URL.
    package var webhookTarget: String?

    package init(port: Int = 0, faults: [FaultSpec] = [], seed: UInt64 = 1, webhookTarget: String? = nil) {
        self.port = port
        self.faults = faults
        self.seed = seed
        self.webhookTarget = webhookTarget
    }
}

/// The vendor's attachments API over HTTP, on loopback only, answering from a `SimulatedAccount`.
///
/// `/api/partner/v3/…` is the partner API, `/uploads`, `/attachments` and `/ephemeral` are the object store and the
/// CDN, `/admin/…` (no key) moves the clock, changes faults and tells the truth: see `AdminRoutes`.
package struct SimulatorServer: Sendable {
    package let account: SimulatedAccount
    package let faults: FaultPlan
    private let port: Int
    private let webhooks: WebhookSender?

    /// - Throws: `usage` for faults that add up to more than 1, and for a webhook target that is not plain HTTP.
    package init(_ account: SimulatedAccount, _ configuration: SimulatorConfiguration = .init()) throws(LetheError) {
        self.account = account
        faults = try FaultPlan(configuration.faults, seed: configuration.seed)
        port = configuration.port
        webhooks = try configuration.webhookTarget.map { (target) throws(LetheError) in
            try WebhookSender(target: target)
        }
    }

    /// Serves until the task is cancelled.
    ///
    /// - Parameter onListening: told the API's base URL, `http://127.0.0.1:PORT/api/partner`, once the port is bound.
    /// - Throws: `refused` if the port is taken.
    package func run(onListening: @escaping @Sendable (String) async -> Void) async throws {
        let logger = Self.quietLogger
        let application = Application(
            router: router(),
            server: .http1(
                configuration: .init(additionalChannelHandlers: [ClockHeader.Installer(account.clock)])),
            configuration: .init(address: .hostname("127.0.0.1", port: port), serverName: nil),
            onServerRunning: { channel in
                let origin = "http://127.0.0.1:\(channel.localAddress?.port ?? 0)"
                account.write { $0.origin = origin }
                await onListening(origin + "/api/partner")
            },
            logger: logger)
        do {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await Self.run(application, logger) }
                if let webhooks { group.addTask { try await deliver(by: webhooks) } }
                try await group.next()
                group.cancelAll()
            }
        } catch is IOError {
            throw LetheError(
                "port-taken", .refused, "port \(port) on 127.0.0.1 cannot be bound",
                hint: "choose another with --port, or 0 for any that is free")
        }
    }

    /// Stops by closing the door first: cancelling the server outright drops connections that are being accepted, and
    /// swift-nio ends the process for those ("Deinited NIOAsyncWriter without calling finish()").
    private static func run(_ application: some ApplicationProtocol, _ logger: Logger) async throws {
        var configuration = ServiceGroupConfiguration(
            services: [.init(service: application)], gracefulShutdownSignals: [], logger: logger)
        configuration.maximumGracefulShutdownDuration = .seconds(2)
        let services = ServiceGroup(configuration: configuration)
        let running = Task { try await services.run() }
        try await withTaskCancellationHandler {
            try await running.value
        } onCancel: {
            Task { await services.triggerGracefulShutdown() }
        }
    }

    private static var quietLogger: Logger {
        var logger = Logger(label: "lethe.simulator")
        logger.logLevel = .critical
        return logger
    }

    private func deliver(by webhooks: WebhookSender) async throws {
        while !Task.isCancelled {
            _ = await webhooks.send(try account.takeDeliveries(100))
            try await Task.sleep(for: .milliseconds(100))
        }
    }

    /// Serves while `body` runs and gives back what it gives.
    package func serve<Value: Sendable>(
        _ body: @escaping @Sendable (_ baseURL: String) async throws -> Value
    ) async throws -> Value {
        let (urls, listening) = AsyncStream.makeStream(of: String.self)
        return try await withThrowingTaskGroup(of: Value?.self) { group in
            group.addTask {
                defer { listening.finish() }
                try await run { listening.yield($0) }
                return nil
            }
            group.addTask {
                for await url in urls { return try await body(url) }
                return nil
            }
            while let result = try await group.next() {
                guard let result else { continue }
                group.cancelAll()
                return result
            }
            throw LetheError("simulator-stopped", .failed, "the simulator stopped before it was asked anything")
        }
    }

    private func router() -> Router<SimulatorContext> {
        let router = Router(context: SimulatorContext.self)
        router.add(middleware: TraceMiddleware(account: account))
        FileRoutes(account: account).add(to: router)
        AdminRoutes(account: account, faults: faults).add(to: router.group("admin"))
        let api = router.group("api/partner/v3")
            .add(middleware: FaultMiddleware(account: account, plan: faults))
            .add(middleware: KeyMiddleware(account: account))
        AttachmentRoutes(account: account).add(to: api)
        ListingRoutes(account: account).add(to: api)
        SendRoutes(account: account).add(to: api)
        SubscriptionRoutes(account: account).add(to: api)
        return router
    }
}
