import AsyncHTTPClient
import Domain
import Glibc
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL

extension TransportFailure {
    /// Where in an exchange it went wrong: before the head of the answer, or in its body.
    enum Phase {
        case head
        case body
    }

    /// Only what is certain to have come before the request was written counts as not sent; everything unknown is a
    /// `reset` after it was written, which decides as "may have acted".
    init(_ error: any Error, in phase: Phase) {
        switch error {
        case let error as HTTPClientError: self.init(error, phase)
        case is NIOTooManyBytesError: self = .oversized
        case is HTTPParserError: self = .cut
        case let error as NIOConnectionError: self.init(error)
        case let error as IOError where error.errnoCode == ECONNREFUSED: self = .connectionRefused
        case let error as NIOSSLError where error.isBeforeTheRequest: self = .tls
        case let error as NIOSSLExtraError where error == .failedToValidateHostname: self = .tls
        case let error as ChannelError:
            if case .connectTimeout = error { self = .connectTimeout } else { self = phase == .body ? .cut : .reset }
        default: self = phase == .body ? .cut : .reset
        }
    }

    private init(_ error: HTTPClientError, _ phase: Phase) {
        switch error {
        case .alreadyShutdown: self = .connectionRefused
        case .connectTimeout, .getConnectionFromPoolTimeout: self = .connectTimeout
        case .tlsHandshakeTimeout: self = .tls
        case .deadlineExceeded, .readTimeout, .writeTimeout, .cancelled: self = .timeout
        default: self = phase == .body ? .cut : .reset
        }
    }

    /// No address could be connected to: the name has none, or none of them took the connection.
    private init(_ error: NIOConnectionError) {
        if error.connectionErrors.isEmpty {
            self = .nameResolution
        } else if error.connectionErrors.contains(where: { $0.error.isConnectTimeout }) {
            self = .connectTimeout
        } else {
            self = .connectionRefused
        }
    }
}

extension NIOSSLError {
    /// The handshake itself failed. Any other TLS error may come after the request was written.
    fileprivate var isBeforeTheRequest: Bool {
        switch self {
        case .handshakeFailed, .noCertificateToValidate, .unableToValidateCertificate, .failedToLoadCertificate: true
        default: false
        }
    }
}

extension Error {
    fileprivate var isConnectTimeout: Bool {
        if let error = self as? ChannelError, case .connectTimeout = error { true } else { false }
    }
}
