import Domain
import Foundation
import Hummingbird
import NIOCore

extension Request {
    /// The body as `Value`, whose `camelCase` names are the vendor's `snake_case`; 400 for anything else.
    func decode<Value: Decodable>(_ type: Value.Type) async throws -> Value {
        let buffer = try await body.collect(upTo: 4 << 20)
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        guard let value = try? decoder.decode(Value.self, from: Data(buffer.readableBytesView)) else {
            throw VendorError.invalidBody
        }
        return value
    }

    /// A query value, decoded. A bare plus sign is a space, so a phone number must come with `%2B` (linq-api, section
    /// 3).
    func query(_ name: String) -> String? {
        for pair in (uri.query ?? "").split(separator: "&") {
            let halves = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard halves[0] == name else { continue }
            let value = halves.count > 1 ? String(halves[1]) : ""
            return value.replacingOccurrences(of: "+", with: " ").removingPercentEncoding
        }
        return nil
    }

    /// `limit` within 1…100 and `cursor`, here a place in the list.
    func page(defaultLimit: Int) throws(VendorError) -> (start: Int, limit: Int) {
        let limit = query("limit").map { Int($0) ?? 0 } ?? defaultLimit
        guard (1...100).contains(limit) else { throw .invalid("limit") }
        let cursor = query("cursor").flatMap { $0.isEmpty ? nil : $0 }
        let start = cursor.map { Int($0) ?? -1 } ?? 0
        guard start >= 0 else { throw .invalid("cursor") }
        return (start, limit)
    }
}

extension SimulatorContext {
    /// The id in the path, or 400.
    func id<Kind: IdentifierKind>(_ kind: Kind.Type = Kind.self) throws(VendorError) -> VendorID<Kind> {
        guard let text = parameters.get("id"), let id = try? VendorID<Kind>(text) else {
            throw .invalid("id is not a UUID")
        }
        return id
    }
}

extension Array {
    /// One page, and the cursor of the next or null.
    func page(_ start: Int, _ limit: Int) -> (items: ArraySlice<Element>, next: WireJSON) {
        let end = Swift.min(start + limit, count)
        let items = start < end ? self[start..<end] : []
        return (items, end < count ? .string(String(end)) : nil)
    }
}
