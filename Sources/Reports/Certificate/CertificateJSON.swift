package enum CertificateJSON {
    package static func render(_ certificate: Certificate) throws -> String { try ReportJSON.text(of: certificate) }
}
