package import Audit
package import Domain

extension AuditLog {
    /// Who released which hold, and why.
    package func releases() throws(LetheError) -> [HoldID: AuditRecord.HoldRelease] {
        var releases: [HoldID: AuditRecord.HoldRelease] = [:]
        for reader in try readers() {
            for entry in try reader.entries(ofTypes: [RecordType.holdReleased.rawValue]) {
                if case .holdReleased(let release) = entry.record { releases[release.hold] = release }
            }
        }
        return releases
    }
}
