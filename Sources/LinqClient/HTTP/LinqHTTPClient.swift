import AsyncHTTPClient
import Domain
import NIOCore
import NIOHTTP1
import NIOSSL

/// The vendor's API over HTTP. One call is one request on the wire (an upload is two): nothing is retried and no redirect
/// is followed below it. Call `shutdown` at the end.
package final class LinqHTTPClient: VendorAPI {
    package struct Options: Sendable {
        package var baseURL: BaseURL
        package var key: APIKey
        /// Codes of a 404 by which the vendor says that an attachment is not there.
        package var absentCodes = VendorAnswer.absentCodes
        /// Connections at the same time.
        package var maxInFlight = 8
        /// From the start of a call to the last byte of its answer: microseconds.
        package var timeout: Int64 = 30_000_000
        /// To have a connection, TLS included: microseconds.
        package var connectTimeout: Int64 = 5_000_000
        /// PEM file of certificate authorities to trust instead of the system's.
        package var trustRoots: String?

        package init(baseURL: BaseURL, key: APIKey) {
            self.baseURL = baseURL
            self.key = key
        }
    }

    /// The one outbound domain that serves files (guide, section 9): nothing else is asked for one.
    package static let downloadHosts = ["cdn.linqapp.com"]

    /// What a body may have at most: an error or an attachment, and a page of 100 messages with 100 parts each.
    static let maximumBody = 64 << 10
    static let maximumPage = 16 << 20
    static let pageLimit = 100

    let options: Options
    let http: HTTPClient

    package init(_ options: Options) {
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.minimumTLSVersion = .tlsv12
        tls.certificateVerification = .fullVerification
        if let file = options.trustRoots { tls.trustRoots = .file(file) }
        var configuration = HTTPClient.Configuration(
            tlsConfiguration: tls, redirectConfiguration: .disallow,
            timeout: .init(
                connect: .microseconds(min(options.connectTimeout, options.timeout)),
                read: .microseconds(options.timeout)),
            decompression: .disabled)
        configuration.httpVersion = .http1Only
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = max(1, options.maxInFlight)
        // A refused connection is an answer of its own; whether to try again is not decided down here.
        configuration.connectionPool.retryConnectionEstablishment = false
        self.options = options
        http = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    deinit {
        // For a client that was never shut down: later than asked for, and without a crash.
        http.shutdown { _ in }
    }

    /// Closes the connections; calls after it fail as not sent.
    package func shutdown() async {
        try? await http.shutdown()
    }
}
