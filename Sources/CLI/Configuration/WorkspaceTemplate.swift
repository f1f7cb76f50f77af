/// The files of a fresh workspace: every default is there to be read, every example is commented out.
enum WorkspaceTemplate {
    static let policies = String(decoding: PackageResources.retention_yaml, as: UTF8.self)

    static func configuration(partner: String, keys: String, auditName: String) -> String {
        String(decoding: PackageResources.lethe_yaml, as: UTF8.self)
            .replacing("{{audit_name}}", with: auditName).replacing("{{keys}}", with: keys)
            .replacing("{{partner}}", with: partner)
    }
}
