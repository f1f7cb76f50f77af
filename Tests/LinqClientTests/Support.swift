import Domain
import Foundation
import LinqClient
import TestSupport
import Testing

/// The key that must never be seen in an error, a description or at another host.
let testKey = "sk-lethe-this-key-must-not-leak"

func fixture(_ path: String) throws -> [UInt8] {
    Array(try Data(contentsOf: Paths.linq.appending(path: path)))
}

/// Names of the files in a folder of fixtures, without the sidecars.
func fixtureNames(_ folder: String, ending: String = ".json") throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: Paths.linq.appending(path: folder).path)
        .filter { $0.hasSuffix(ending) && !$0.hasSuffix(".headers.json") }.sorted()
}

func jsonObject(_ path: String) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: Data(fixture(path))) as? [String: Any])
}

/// Runs `body` with a client of this base URL and shuts the client down.
func withClient<Result>(
    _ base: String, timeout: Int64 = 5_000_000, connectTimeout: Int64 = 5_000_000, trustRoots: String? = nil,
    _ body: (LinqHTTPClient) async throws -> Result
) async throws -> Result {
    var options = LinqHTTPClient.Options(baseURL: try BaseURL(base), key: try APIKey(testKey))
    options.timeout = timeout
    options.connectTimeout = connectTimeout
    options.trustRoots = trustRoots
    let client = LinqHTTPClient(options)
    do {
        let result = try await body(client)
        await client.shutdown()
        return result
    } catch {
        await client.shutdown()
        throw error
    }
}

let someAttachment = AttachmentID(value: 0x0123_4567_89ab_cdef_0123_4567_89ab_cdef)

extension LetheError {
    /// The code of what `body` throws; `nil` where it throws nothing.
    static func code(_ body: () throws -> Void) -> String? {
        do {
            try body()
            return nil
        } catch {
            return (error as? LetheError)?.code ?? "\(error)"
        }
    }
}
