import Domain
import Testing

@Suite struct PunycodeTests {
    /// Samples of RFC 3492, section 7.1, in lower case, and the smallest and largest labels.
    @Test(arguments: [
        ("ليهمابتكلموشعربي؟", "xn--egbpdaj6bu4bxfgehfvwxn"), ("他们为什么不说中文", "xn--ihqwcrb4cv8a8dqg056pqjye"),
        ("pročprostěnemluvíčesky", "xn--proprostnemluvesky-uyb24dma41a"),
        ("למההםפשוטלאמדבריםעברית", "xn--4dbcagdahymbxekheh6e0a7fei0b"),
        ("почемужеонинеговорятпорусски", "xn--b1abfaaepdrnnbgefbadotcwatmq2g4l"),
        ("3年b組金八先生", "xn--3b-ww4c5e180e575a65lsy2b"), ("ü", "xn--tda"), ("\u{2A600}", "xn--pu5l"),
        ("example.com", "example.com"), ("a.bücher.b", "a.xn--bcher-kva.b"),
    ])
    func aHostIsWhatTheNetworkCallsIt(host: String, ascii: String) {
        #expect(Punycode.asciiHost(host) == ascii)
    }

    @Test(arguments: [(54, true), (55, true), (56, false)])
    func aLabelHasAtMost63Bytes(letters: Int, fits: Bool) {
        let label = String(repeating: "a", count: letters) + "ü"
        #expect((Punycode.asciiHost(label) != nil) == fits)
    }

    @Test(arguments: [(20, true), (21, true), (22, false)])
    func aHostHasAtMost253Bytes(letters: Int, fits: Bool) {
        let host =
            String(repeating: String(repeating: "a", count: 31) + ".", count: 7)
            + String(repeating: "b", count: letters) + ".ü"
        #expect((Punycode.asciiHost(host) != nil) == fits)
    }

    @Test(arguments: ["ü.", ".ü", "-ü", "ü-", "Ü", "ü\u{200D}", "\u{301}ü", "ü\u{0}", "ü\u{378}"])
    func whatHasNoALabelIsNone(host: String) {
        #expect(Punycode.asciiHost(host) == nil)
    }
}
