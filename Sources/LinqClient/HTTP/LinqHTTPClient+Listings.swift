package import Domain
import NIOHTTP1

extension LinqHTTPClient {
    package func phoneLines() async -> Listing<PhoneLine> {
        let exchange = await send(.GET, "/v3/phone_numbers", maximumBody: Self.maximumPage)
        return Listing(
            answer: exchange.answer, body: exchange.body, key: "phone_numbers", maximumSize: Self.maximumPage
        ) { entry throws(LetheError) in try PhoneLine(entry["phone_number"]?.string ?? "") }
    }

    package func chats(of handle: Handle?, on line: PhoneLine?, cursor: String?) async -> Listing<ChatObservation> {
        let query = Self.query(["to": handle?.wire, "from": line?.number, "cursor": cursor])
        let exchange = await send(.GET, "/v3/chats" + query, maximumBody: Self.maximumPage)
        return Listing(
            answer: exchange.answer, body: exchange.body, key: "chats", maximumSize: Self.maximumPage
        ) { entry throws(LetheError) in try ChatObservation(chat: entry, ownLine: line) }
    }

    package func chat(_ id: ChatID) async -> Listing<ChatObservation> {
        let exchange = await send(.GET, "/v3/chats/\(id)", maximumBody: Self.maximumPage)
        guard exchange.answer.status == 200,
            let root = try? JSONDocument(exchange.body, maximumSize: Self.maximumPage).root,
            let chat = try? ChatObservation(chat: root), chat.chat == id
        else { return Listing(answer: exchange.answer) }
        return Listing(answer: exchange.answer, elements: [chat], isComplete: true)
    }

    package func messages(in chat: ChatID, cursor: String?) async -> Listing<ListedMessage> {
        let path = "/v3/chats/\(chat)/messages" + Self.query(["cursor": cursor])
        let exchange = await send(.GET, path, maximumBody: Self.maximumPage)
        return Listing(
            answer: exchange.answer, body: exchange.body, key: "messages", maximumSize: Self.maximumPage
        ) { entry throws(LetheError) in try ListedMessage(message: entry, in: chat) }
    }

    /// `?limit=100` and what else is there, everything but RFC 3986's unreserved characters escaped: `+` goes out as `%2B`.
    static func query(_ items: KeyValuePairs<String, String?>) -> String {
        items.reduce(into: "?limit=\(pageLimit)") { query, item in
            if let value = item.value { query += "&\(item.key)=\(percentEncoded(value))" }
        }
    }

    private static func percentEncoded(_ text: String) -> String {
        var encoded = ""
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                encoded.unicodeScalars.append(Unicode.Scalar(byte))
            default: encoded += "%" + Hex.encode([byte]).uppercased()
            }
        }
        return encoded
    }
}
