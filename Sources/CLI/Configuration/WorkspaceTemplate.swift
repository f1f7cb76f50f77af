/// The files of a fresh workspace: every default is there to be read, every example is commented out.
enum WorkspaceTemplate {
    static func configuration(partner: String, keys: String, auditName: String) -> String {
        """
        # What this workspace is about. `lethe config` shows every value and where it came from; unknown keys are errors.
        version: 1
        partner_id: "\(partner)"

        # The key comes from the environment: LINQ_API_V3_API_KEY, or LINQ_API_V3_API_KEY_FILE.
        linq:
          base_url: "https://api.linqapp.com/api/partner"
          max_in_flight: 8
          max_requests_per_second: 10
          timeout: 30s

        # The API names no tier: write here what was agreed with Linq's support, and since when.
        tiers:
          default: persistent
          ephemeral_lines: []
          # ephemeral_lines:
          #   - {number: "+12025550188", since: "2026-01-01T00:00:00Z"}

        policies: policies

        # Before the first DELETE of a run. A plan over a limit is refused whole.
        limits: {max_deletes: 1000, max_percent: 10, max_bytes: 50GB}

        # Plans of more than `above` items wait for `lethe plan approve`; with `people: 2`, for two names.
        approval: {people: 1, above: 1000}

        audit:
          name: \(auditName)
          keys: \(keys)
          # Folders on another volume or host that get a copy of every signed checkpoint.
          anchors: []

        # A command or https URL called when a scheduled run fails or halts.
        on_failure: []

        """
    }

    static let policies = """
        # What must stay and what must go. All files of this folder are loaded together; their order decides nothing.
        #   lethe policy check     says what is wrong, with line and column
        #   lethe run              says what would be deleted, and deletes nothing
        version: 1
        policies: []

        # Take the marks away to begin with:
        # policies:
        #   - id: everything-else
        #     title: Whatever no other policy names
        #     why: We do not keep media of conversations longer than a year.
        #     delete_after: 1y
        #
        #   - id: identity-documents
        #     title: Identity documents received for onboarding
        #     why: Kept 30 days for disputes, gone after 90.
        #     scope:
        #       lines: ["+12025550143"]
        #     match:
        #       direction: inbound
        #       mime: ["application/pdf", "image/*"]
        #     retain: 30d
        #     delete_after: 90d

        """
}
