/// Bytes for people, in powers of 1,000 as the vendor counts: `1.2 MB`.
package func formatBytes(_ bytes: Int64) -> String {
    let units = ["B", "kB", "MB", "GB", "TB"]
    var value = Double(bytes)
    var unit = 0
    while value >= 999.95, unit < units.count - 1 {
        value /= 1000
        unit += 1
    }
    if unit == 0 { return "\(bytes) B" }
    let tenths = (value * 10).rounded()
    return "\(Int64(tenths) / 10).\(Int64(tenths) % 10) \(units[unit])"
}
