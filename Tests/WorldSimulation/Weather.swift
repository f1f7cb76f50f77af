/// How the vendor and what stands in front of it behave while one command runs.
enum Weather: String, CaseIterable, Sendable {
    case fair
    /// Any answer, answers lost after their effect, and now and then something odd.
    case stormy
    /// Everything is answered with 5xx or not at all.
    case down
    /// Only DELETEs are, and have no effect.
    case failing
    /// A gateway answers 404 in the vendor's place, for some calls or for all.
    case gateway
    case unauthorized, forbidden, throttling
    /// Pages shift, are empty with a cursor, or fail.
    case listings
}
