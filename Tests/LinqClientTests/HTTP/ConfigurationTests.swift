import Domain
import LinqClient
import Testing

struct ConfigurationTests {
    @Test(
        "https anywhere and http on loopback are taken",
        arguments: [
            ("https://api.linqapp.com/api/partner", "https://api.linqapp.com/api/partner"),
            ("https://api.linqapp.com/api/partner/", "https://api.linqapp.com/api/partner"),
            ("  HTTPS://api.linqapp.com  ", "HTTPS://api.linqapp.com"),
            ("http://127.0.0.1:8080/x", "http://127.0.0.1:8080/x"),
            ("http://127.9.9.9", "http://127.9.9.9"), ("http://localhost:1", "http://localhost:1"),
            ("http://[::1]:8080/api", "http://[::1]:8080/api"),
        ])
    func taken(_ text: String, _ expected: String) throws {
        #expect(try BaseURL(text).text == expected)
    }

    @Test(
        "plain http beyond loopback is refused",
        arguments: [
            "http://api.linqapp.com", "http://127.0.0.1.example.com", "http://128.0.0.1", "http://127.1",
            "http://localhost.example.com",
            "http://[::2]",
        ])
    func insecure(_ text: String) {
        let error = #expect(throws: LetheError.self) { try BaseURL(text) }
        #expect(error?.code == "insecure-base-url" && error?.status == .configuration)
    }

    @Test(
        "what is no address is refused without being repeated",
        arguments: [
            "", "api.linqapp.com", "ftp://SECRET", "https://", "https://user:SECRET@api.linqapp.com", "https://host:0",
            "https://host:65536", "https://host:", "https://host/?key=SECRET", "https://host/#SECRET", "https://ho st/",
            "https://[::1", "https://[::1]x", "https://host\\SECRET",
        ])
    func invalid(_ text: String) {
        let error = #expect(throws: LetheError.self) { try BaseURL(text) }
        #expect(error?.code == "invalid-base-url" && error?.status == .configuration)
        #expect(error?.message.contains("SECRET") == false)
    }

    @Test("a key prints as nothing")
    func keyIsSilent() throws {
        let key = try APIKey("  \(testKey)\n")
        let options = LinqHTTPClient.Options(baseURL: try BaseURL("https://api.linqapp.com"), key: key)
        var dumped = ""
        dump(options, to: &dumped)
        for text in ["\(key)", String(reflecting: key), "\(options)", String(reflecting: options), dumped] {
            #expect(!text.contains(testKey))
        }
    }

    @Test(
        "a key that cannot be a header is refused without being repeated",
        arguments: ["", " ", "SECRET\r\nx: y", "SECRET key", "SECRETé"])
    func badKey(_ text: String) {
        let error = #expect(throws: LetheError.self) { try APIKey(text) }
        #expect(error?.code == "invalid-api-key" && error?.message.contains("SECRET") == false)
    }
}
