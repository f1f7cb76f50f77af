import Foundation
import TestSupport

/// What somebody leaves out of a certificate so that it says more, or less, than is on record: each alone, or with the figure that
/// would betray it.
enum CertificateEdit {
    static func proof(_ json: [String: Any]) -> [String: Any] { json["proof"] as? [String: Any] ?? [:] }
    static func records(_ json: [String: Any]) -> [[String: Any]] { proof(json)["records"] as? [[String: Any]] ?? [] }
    static func items(_ json: [String: Any]) -> [[String: Any]] { json["items"] as? [[String: Any]] ?? [] }
    private static func approvals(_ json: [String: Any]) -> [[String: Any]] {
        json["approvals"] as? [[String: Any]] ?? []
    }
    private static func plans(_ json: [String: Any]) -> [String] { proof(json)["plans"] as? [String] ?? [] }

    static func dropping(
        from json: [String: Any], using random: inout SeededGenerator
    ) -> (edited: [String: Any], name: String) {
        let isPair = Bool.random(using: &random)
        switch Int.random(in: 0..<5, using: &random) {
        case 0:
            let field = proof(json).keys.sorted().randomElement(using: &random) ?? ""
            let edited = put(proof(json).filter { $0.key != field }, at: "proof", in: json)
            return (isPair ? withoutRecord(edited, using: &random) : edited, "without proof.\(field)")
        case 1:
            let index = plans(json).indices.randomElement(using: &random) ?? 0
            return (withoutPlan(index, of: json, isWithRecords: isPair), "without plan \(index)")
        case 2:
            let index = approvals(json).indices.randomElement(using: &random) ?? 0
            return (withoutApproval(index, of: json, isWithRecord: isPair), "without approval \(index)")
        case 3:
            let edited = lowered(json, using: &random)
            return (isPair ? withoutRecord(edited, using: &random) : edited, "a lower number")
        default:
            let index = records(json).indices.randomElement(using: &random) ?? 0
            return withoutRecord(index, of: json, isWithFigure: isPair)
        }
    }

    /// `isWithFigure`: what the record bears is changed too, so that everything agrees with itself.
    static func withoutRecord(
        _ index: Int, of json: [String: Any], isWithFigure: Bool
    ) -> (edited: [String: Any], name: String) {
        var records = records(json)
        let line = records.remove(at: index)["line"] as? String ?? ""
        var edited = with(records, in: json)
        let fields = (try? JSONSerialization.jsonObject(with: Data(line.utf8))) as? [String: Any] ?? [:]
        let type = fields["type"] as? String ?? ""
        let attachment = fields["att"] as? String
        if isWithFigure {
            switch type {
            case "delete.intent":
                edited["items"] = items(json).map { item in
                    guard item["attachment"] as? String == attachment else { return item }
                    return item.merging(["attempts": (item["attempts"] as? Int ?? 1) - 1]) { $1 }
                }
            case "delete.outcome", "item.closed", "delete.verified":
                edited["items"] = items(json).filter { $0["attachment"] as? String != attachment }
            case "request.updated": edited["issue"] = (json["issue"] as? Int ?? 1) - 1
            case "plan.approved":
                edited["approvals"] = approvals(json).filter { $0["plan"] as? String != fields["plan"] as? String }
            case "plan.created":
                let plan = fields["plan"] as? String ?? "-"
                edited = put(
                    proof(edited).merging(["plans": plans(json).filter { !$0.contains(plan) }]) { $1 }, at: "proof",
                    in: edited)
            default: edited = edited.merging(["issue": (json["issue"] as? Int ?? 1) - 1]) { $1 }
            }
        }
        return (edited, "without record \(index), \(type)\(isWithFigure ? ", and its figure" : "")")
    }

    private static func withoutRecord(_ json: [String: Any], using random: inout SeededGenerator) -> [String: Any] {
        guard let index = records(json).indices.randomElement(using: &random) else { return json }
        return withoutRecord(index, of: json, isWithFigure: false).edited
    }

    private static func withoutPlan(_ index: Int, of json: [String: Any], isWithRecords: Bool) -> [String: Any] {
        var plans = plans(json)
        guard plans.indices.contains(index) else { return json }
        let text = plans.remove(at: index)
        let id = ((try? JSONSerialization.jsonObject(with: Data(text.utf8))) as? [String: Any])?["id"] as? String
        var edited = put(proof(json).merging(["plans": plans]) { $1 }, at: "proof", in: json)
        guard isWithRecords, let id else { return edited }
        edited = with(records(json).filter { !($0["line"] as? String ?? "").contains(id) }, in: edited)
        edited["approvals"] = approvals(json).filter { $0["plan"] as? String != id }
        return edited
    }

    private static func withoutApproval(_ index: Int, of json: [String: Any], isWithRecord: Bool) -> [String: Any] {
        var approvals = approvals(json)
        guard approvals.indices.contains(index) else { return json }
        let plan = approvals.remove(at: index)["plan"] as? String ?? "-"
        let edited = put(approvals, at: "approvals", in: json)
        guard isWithRecord else { return edited }
        return with(
            records(json).filter { record in
                let line = record["line"] as? String ?? ""
                return !(line.contains("plan.approved") && line.contains(plan))
            }, in: edited)
    }

    /// One number that is above 0, of those that records prove.
    private static func lowered(_ json: [String: Any], using random: inout SeededGenerator) -> [String: Any] {
        var items = items(json)
        let index = items.indices.randomElement(using: &random) ?? 0
        let key = ["attempts", "bytes"].randomElement(using: &random) ?? ""
        switch Int.random(in: 0..<3, using: &random) {
        case 0: return put((json["issue"] as? Int ?? 1) - 1, at: "issue", in: json)
        case 1:
            var plan = json["plan"] as? [String: Any] ?? [:]
            plan["items"] = (plan["items"] as? Int ?? 1) - 1
            return put(plan, at: "plan", in: json)
        default:
            guard items.indices.contains(index), let number = items[index][key] as? Int, number > 0 else { return json }
            items[index][key] = number - 1
            return put(items, at: "items", in: json)
        }
    }

    private static func with(_ records: [[String: Any]], in json: [String: Any]) -> [String: Any] {
        put(proof(json).merging(["records": records]) { $1 }, at: "proof", in: json)
    }

    private static func put(_ value: Any, at key: String, in json: [String: Any]) -> [String: Any] {
        json.merging([key: value]) { $1 }
    }
}
