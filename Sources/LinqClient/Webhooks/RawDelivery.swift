/// The bytes of one body out of a file, as they may have been signed.
package struct RawDelivery: Sendable, Equatable {
    /// Where it begins; the first line of a file is 1.
    package var line: Int
    package var body: [UInt8]
    /// The white space that followed it; it may or may not be part of what was signed.
    package var terminator: [UInt8] = []
}
