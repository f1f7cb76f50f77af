/// The published JSON Schema (2020-12) of a statement of erasure.
package enum CertificateSchema {
    package static let text = """
        {
          "$schema": "https://json-schema.org/draft/2020-12/schema",
          "$id": "urn:lethe:statement-of-erasure:v1",
          "title": "Statement of erasure",
          "description": "Evidence of what was deleted for one erasure request, and of what was not. Not a certification.",
          "type": "object",
          "additionalProperties": false,
          "required": ["format", "issue", "issued", "tool", "partner", "request", "plan", "approvals", "items", "coverage",
            "proof", "summary", "method", "sanitization"],
          "properties": {
            "format": {"const": "lethe-statement-of-erasure/v1"},
            "issue": {"type": "integer", "minimum": 1, "description": "1 for the first; a re-issue counts on"},
            "issued": {"$ref": "#/$defs/time"},
            "tool": {"type": "string"},
            "controller": {"type": "string"},
            "partner": {"type": "string"},
            "request": {"$ref": "#/$defs/request"},
            "plan": {
              "type": "object",
              "additionalProperties": false,
              "required": ["id", "digest", "policy_digest", "created", "items"],
              "properties": {
                "id": {"$ref": "#/$defs/id"},
                "digest": {"$ref": "#/$defs/digest"},
                "policy_digest": {"$ref": "#/$defs/digest"},
                "created": {"$ref": "#/$defs/time"},
                "items": {"$ref": "#/$defs/count"}
              }
            },
            "approvals": {
              "type": "array",
              "items": {
                "type": "object",
                "additionalProperties": false,
                "required": ["by", "how", "at"],
                "properties": {
                  "by": {"type": "string"},
                  "how": {"enum": ["cli", "web", "schedule"]},
                  "at": {"$ref": "#/$defs/time"}
                }
              }
            },
            "items": {"type": "array", "items": {"$ref": "#/$defs/item"}},
            "coverage": {
              "type": "object",
              "additionalProperties": false,
              "required": ["extent", "unaddressable", "recipient_unknown"],
              "properties": {
                "extent": {"enum": ["complete", "partial", "offline"]},
                "unaddressable": {"$ref": "#/$defs/count", "description": "things that the vendor gives no id"},
                "recipient_unknown": {"$ref": "#/$defs/count"}
              }
            },
            "proof": {
              "type": "object",
              "additionalProperties": false,
              "required": ["origin", "vkey", "records"],
              "properties": {
                "origin": {"type": "string"},
                "vkey": {"type": "string"},
                "checkpoint": {"type": "string", "description": "C2SP signed note"},
                "records": {
                  "type": "array",
                  "items": {
                    "type": "object",
                    "additionalProperties": false,
                    "required": ["seq", "line"],
                    "properties": {
                      "seq": {"$ref": "#/$defs/count"},
                      "line": {"type": "string", "pattern": "^[\\\\x20-\\\\x7e]+$"},
                      "inclusion": {"type": "string", "description": "C2SP tlog-proof"}
                    }
                  }
                }
              }
            },
            "summary": {
              "type": "object",
              "additionalProperties": false,
              "required": ["statement", "items", "outcomes", "bytes", "size_unknown"],
              "properties": {
                "statement": {"type": "string"},
                "items": {"$ref": "#/$defs/count"},
                "outcomes": {
                  "type": "object",
                  "propertyNames": {"$ref": "#/$defs/outcome"},
                  "minProperties": 14,
                  "additionalProperties": {"$ref": "#/$defs/count"}
                },
                "bytes": {
                  "type": "object",
                  "propertyNames": {"$ref": "#/$defs/outcome"},
                  "additionalProperties": {"$ref": "#/$defs/count"}
                },
                "size_unknown": {"$ref": "#/$defs/count"}
              }
            },
            "method": {
              "type": "object",
              "additionalProperties": false,
              "required": ["operation", "reaches", "does_not_reach"],
              "properties": {
                "operation": {"type": "string"},
                "reaches": {"type": "array", "items": {"type": "string"}},
                "does_not_reach": {"type": "array", "items": {"type": "string"}}
              }
            },
            "sanitization": {
              "description": "the certificate of NIST SP 800-88r2, field by field",
              "type": "array",
              "items": {
                "type": "object",
                "additionalProperties": false,
                "required": ["field", "value"],
                "properties": {"field": {"type": "string"}, "value": {"type": "string"}}
              }
            }
          },
          "$defs": {
            "time": {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\\\.[0-9]{6}Z$"},
            "id": {"type": "string", "pattern": "^[0-9a-f]{32}$"},
            "digest": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
            "count": {"type": "integer", "minimum": 0},
            "outcome": {
              "enum": ["deleted", "deleted_after_retry", "already_absent", "expired_by_vendor", "not_found_unproven",
                "withheld_hold", "withheld_retention", "withheld_shared", "changed_since_plan", "invalid_id",
                "refused_by_vendor", "failed_exhausted", "failed_unexpected", "not_attempted"]
            },
            "request": {
              "type": "object",
              "additionalProperties": false,
              "required": ["id", "state", "jurisdiction", "scope", "received", "due", "opened_by", "subjects"],
              "properties": {
                "id": {"$ref": "#/$defs/id"},
                "state": {
                  "enum": ["received", "planned", "approved", "applying", "verifying", "completed",
                    "completed_with_exceptions", "refused", "withdrawn", "merged"]
                },
                "jurisdiction": {"enum": ["gdpr", "uk", "ccpa"]},
                "scope": {"enum": ["sent_by_subject", "conversation"]},
                "received": {"$ref": "#/$defs/time"},
                "due": {"$ref": "#/$defs/time"},
                "answered": {"$ref": "#/$defs/time"},
                "channel": {"type": "string"},
                "identity_check": {"type": "string"},
                "opened_by": {"type": "string"},
                "subjects": {"type": "array", "items": {"$ref": "#/$defs/digest"}, "description": "pseudonyms"}
              }
            },
            "item": {
              "type": "object",
              "additionalProperties": false,
              "required": ["attachment", "rule", "tier", "outcome", "attempts"],
              "properties": {
                "attachment": {"type": "string", "format": "uuid"},
                "rule": {"type": "string"},
                "line": {"type": "string", "pattern": "^\\\\+[1-9][0-9]{6,14}$"},
                "tier": {"enum": ["persistent", "ephemeral"]},
                "media_type": {"type": "string"},
                "bytes": {"$ref": "#/$defs/count"},
                "outcome": {"$ref": "#/$defs/outcome"},
                "at": {"$ref": "#/$defs/time"},
                "grade": {"enum": ["A", "B", "C", "D", "E", "X"]},
                "attempts": {"$ref": "#/$defs/count"},
                "last_answer": {"type": "string"},
                "trace": {"type": "string", "maxLength": 64},
                "ground": {"type": "string"},
                "ends": {"$ref": "#/$defs/time"}
              }
            }
          }
        }

        """
}
