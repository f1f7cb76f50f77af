import Domain
import Foundation
import LinqClient
import TestSupport
import Testing

struct SendResponseTests {
    @Test("a send names chat, line and attachment, and no recipient")
    func send() throws {
        let message = try SendResponse(fixture("api/message-send--response.json")).message
        #expect(message.message?.description == "678a447b-f340-4446-bf13-fdd0fd85850c")
        #expect(message.chat?.description == "579e37fc-4bb7-4c6e-a551-b1b5b8415f73")
        #expect(message.line?.number == "+12025550143" && message.direction == .outbound)
        #expect(message.members.isEmpty && !message.membersAreComplete)
        #expect(message.sentAt == nil && message.envelopeTime == Timestamp("2026-11-18T14:12:17.126Z"))
        #expect(message.attachments.map(\.id.description) == ["78b9d9da-6f1b-4289-b36d-54dfd6427402"])
        #expect(message.attachments.first?.source == .message && message.attachments.first?.layout == .persistent)
    }

    @Test("a voice memo's two ids are told apart, and its recipients are everyone")
    func voiceMemo() throws {
        let message = try SendResponse(fixture("api/voicememo-send--response.json")).message
        #expect(message.message?.description == "b0fdfac1-5960-4782-aea1-af1244489590")
        let attachment = try #require(message.attachments.first)
        #expect(attachment.id.description == "eaaa0127-10d7-4a4c-a6b6-89398f835017" && attachment.source == .voiceMemo)
        #expect(attachment.mime == "audio/x-m4a" && attachment.size == 498_201)
        #expect(message.members == [try Handle("+14155550117")] && message.membersAreComplete)
        #expect(message.line?.number == "+12025550143" && message.isGroup == false)
    }

    @Test("an upload is an id, a layout and nothing else")
    func upload() throws {
        let message = try SendResponse(fixture("api/attachment-post--response.json")).message
        #expect(
            message.message == nil && message.chat == nil && message.direction == nil && message.envelopeTime == nil)
        let attachment = try #require(message.attachments.first)
        #expect(attachment.id.description == "324d7bba-beca-4027-b969-aa30b271b703" && attachment.source == .upload)
        #expect(attachment.layout == .persistent)
    }

    private static let message = #"{"id": "678a447b-f340-4446-bf13-fdd0fd85850c", "parts": null}"#
    private static let chatID = "579e37fc-4bb7-4c6e-a551-b1b5b8415f73"
    private static let handles =
        #"[{"handle": "+12025550143", "is_me": true}, {"handle": "+14155550117"}, {"handle": "+14155550162"}]"#

    @Test(
        "the answers of POST /v3/chats and /v3/messages give the roster",
        arguments: [
            #"{"chat": {"id": "\#(chatID)", "is_group": true, "handles": \#(handles), "message": \#(message)}}"#,
            #"{"chat_id": "\#(chatID)", "from": "+12025550143", "handles": \#(handles), "message": \#(message)}"#,
            #"{"chat_id": "\#(chatID)", "from": "+12025550143", "handles": ["+12025550143", "+14155550117", "+14155550162"], "message": \#(message)}"#,
        ])
    func newChats(_ body: String) throws {
        let message = try SendResponse(Array(body.utf8)).message
        #expect(message.chat?.description == Self.chatID && message.line?.number == "+12025550143")
        #expect(message.members == [try Handle("+14155550117"), try Handle("+14155550162")])
        #expect(message.membersAreComplete)
    }

    @Test(
        "other bodies are refused by a code",
        arguments: [
            ("{}", "unknown-response"), ("[]", "unknown-response"), ("", "invalid-json"),
            (#"{"attachment_id": "x", "upload_url": "u"}"#, "invalid-id"),
            (#"{"attachment_id": "x"}"#, "unknown-response"), (#"{"message": {}}"#, "missing-field"),
            (#"{"message": {"id": "x"}}"#, "invalid-id"), (#"{"voice_memo": {}}"#, "missing-field"),
            (#"{"voice_memo": {"voice_memo": {"id": "\#(chatID)"}}}"#, "missing-field"),
            (#"{"voice_memo": {"id": "\#(chatID)", "voice_memo": {}}}"#, "missing-field"),
        ])
    func refused(_ body: String, _ code: String) {
        #expect(LetheError.code { _ = try SendResponse(Array(body.utf8)) } == code)
    }
}
