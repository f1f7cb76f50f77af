import Domain
import Testing

@Suite struct MediaTypeTests {
    @Test(arguments: [
        ("IMAGE/PNG", "image/png"), ("image/jpg", "image/jpeg"), ("audio/mp3", "audio/mpeg"),
        ("image/heif", "image/heic"),
        ("text/vcard; charset=utf-8; name=a.vcf", "text/vcard"),
        ("application/vnd.ms-excel", "application/vnd.ms-excel"),
        ("video/3gpp", "video/3gpp"), ("image/x-123456", "image/x-123456"),
    ])
    func aTypeHasOneName(given: String, kept: String) {
        #expect(MediaType.canonical(given) == kept)
    }

    @Test(arguments: [
        "", "image", "image/", "/png", "image/png/x", "image/p ng", "image/+14155550117", "x-4155550/png", "1234/567",
        "image/\u{130}", "image/a@b.example", "name=dana/lindqvist",
    ])
    func anythingElseIsUnknown(given: String) {
        #expect(MediaType.canonical(given) == nil)
    }
}
