import Domain

/// Each request from the day it was received to the day it is due, with today and the answers.
enum DeadlineChart {
    private static let left = 128.0
    private static let right = 600.0
    private static let shownRequests = 24

    static func chart(_ requests: [ReportValues.Request], now: Timestamp) -> Chart {
        let shown = requests.prefix(shownRequests)
        let first = min(shown.map(\.received.day).min() ?? now.day, now.day)
        let last = max(shown.map { max($0.due.day, $0.answered?.day ?? $0.due.day) }.max() ?? now.day, now.day) + 1
        func x(_ day: Int64) -> Double { left + Double(day - first) / Double(max(1, last - first)) * (right - left) }
        let bottom = 34.0 + Double(shown.count) * 26
        var svg = SVG(
            id: "chart-deadlines", title: "From receipt to deadline",
            description: alternative(requests), height: Int(bottom) + 26)
        svg.legend([("s-1", "answered"), ("s-2", "time left"), ("g-failed", "overdue or late")], x: left, y: 14)
        for (index, request) in shown.enumerated() {
            draw(request, y: 36 + Double(index) * 26, x: x, now: now, in: &svg)
        }
        svg.line(left, bottom, right, bottom, "axis")
        svg.text(Timestamp(seconds: first * 86_400).date, left, bottom + 17)
        svg.text(Timestamp(seconds: last * 86_400).date, right, bottom + 17, .end)
        let today = x(now.day)
        svg.line(today, 26, today, bottom, "today")
        if today > left + 110, today < right - 110 { svg.text("today", today, bottom + 17, .middle, "label strong") }
        return svg.chart()
    }

    private static func draw(
        _ request: ReportValues.Request, y: Double, x: (Int64) -> Double, now: Timestamp, in svg: inout SVG
    ) {
        let id = String(request.id.description.prefix(12))
        svg.text(id, left - 12, y + 11, .end, "label mono")
        let start = x(request.received.day)
        let due = x(request.due.day)
        let tip = "\(id): received \(request.received.date), due \(request.due.date), \(request.standingWords)"
        svg.rectangle(start, y, max(2, due - start), 14, "track", tip: tip)
        let until = request.answered?.day ?? (request.standing.isOpen ? now.day : request.received.day)
        let reached = min(x(until), due)
        if request.standing.isOpen {
            svg.rectangle(reached, y, due - reached, 14, "s-2")
        } else {
            svg.rectangle(start, y, max(2, reached - start), 14, request.standing == .closed ? "track" : "s-1")
        }
        svg.rectangle(due, y, x(until) - due, 14, "g-failed")
        svg.line(due, y - 3, due, y + 17, "due")
        svg.text(
            request.standingWords, right + 14, y + 11, .start, request.standing.mark == .bad ? "label strong" : "label")
    }

    private static func alternative(_ requests: [ReportValues.Request]) -> String {
        let counts = ReportValues.Standing.allCases.compactMap { standing -> String? in
            let number = requests.count { $0.standing == standing }
            return number == 0 ? nil : "\(number) \(standing.rawValue.spaced)"
        }
        return "\(counted(requests.count, "request")): \(counts.joined(separator: ", "))."
    }
}
