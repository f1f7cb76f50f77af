import Domain
import Foundation

@testable import Simulator

/// The account that the tests talk to: three lines, a clock that stands at noon until it is moved.
struct SimulatedWorld: Sendable {
    static let noon = Timestamp(seconds: 1_795_003_200)  // 2026-11-18T12:00:00Z

    let account: SimulatedAccount
    let server: SimulatorServer
    let line: PhoneLine
    let ephemeral: PhoneLine
    let forgetful: PhoneLine
    let dana: Handle
    let rowan: Handle

    init(_ faults: [String] = [], seed: UInt64 = 1) throws {
        account = SimulatedAccount(seed: 7, clock: SimulatedClock { Self.noon })
        line = try PhoneLine("+12025550143")
        ephemeral = try PhoneLine("+12025550188")
        forgetful = try PhoneLine("+12025550120")
        dana = try Handle("+14155550117")
        rowan = try Handle("rowan@example.com")
        account.addLine(line)
        account.addLine(ephemeral, regime: .ephemeral)
        account.addLine(forgetful, regime: .zeroRetention)
        account.addLine(try PhoneLine("+13035550100"), partner: 1)
        server = try SimulatorServer(account, .init(faults: try faults.map { try FaultSpec($0) }, seed: seed))
    }

    static let image = SimulatedFile(name: "scan 1.heic", mime: "image/heic", size: 2_841_907)

    /// One message of Dana's with one image.
    func image(on line: PhoneLine) throws -> (chat: ChatID, attachment: AttachmentID) {
        let chat = try account.addChat(on: line, with: [dana], at: Self.noon)
        let ids = try account.addMessage(in: chat, from: dana, at: Self.noon, text: "here", files: [Self.image])
        return (chat, ids[0])
    }

    func uploads(_ count: Int) -> [AttachmentID] {
        (0..<count).map { _ in account.addUpload(Self.image, at: Self.noon) }
    }
}

func serving(
    _ world: SimulatedWorld, _ body: @escaping @Sendable (RawClient) async throws -> Void
) async throws {
    try await world.server.serve { try await body(RawClient($0)) }
}
