/// The files of `Assets`, embedded at build time.
package enum Asset {
    static let sharedStyle = text(PackageResources.shared_css)
    static let reportStyle = text(PackageResources.report_css)
    static let certificateStyle = text(PackageResources.certificate_css)

    /// Pieces that the report and the certificate share, by the name under which a page includes them. A cell stands
    /// within a line, so its file's last line break is not its own.
    static let sharedTemplates = [
        "table": text(PackageResources.table_mustache), "signs": text(PackageResources.signs_mustache),
        "cell": String(text(PackageResources.cell_mustache).dropLast()),
        "value": String(text(PackageResources.value_mustache).dropLast()),
    ]
    static let report = text(PackageResources.report_mustache)
    static let certificate = text(PackageResources.certificate_mustache)

    /// The published JSON Schema (2020-12) of a certificate.
    package static let certificateSchema = text(PackageResources.certificate_schema_json)

    /// Check a bundle: the tree of RFC 9162 with openssl and what POSIX has, and with Python's standard library.
    static let verifyScript = PackageResources.verify_sh
    static let verifyProgram = PackageResources.verify_py
    static let verifyInstructions = PackageResources.VERIFY_md

    private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
}
