/// The JSON Schema of the language (draft 2020-12), for editors: completion, and most mistakes while typing. It is as strict
/// as a schema can be; what needs arithmetic (`delete_after` later than `retain`) or several files is for `policy check`.
package enum PolicySchema {
    package static let json = #"""
        {
          "$schema": "https://json-schema.org/draft/2020-12/schema",
          "title": "Lethe policies",
          "description": "Which attachments are kept, which are deleted, when and why.",
          "type": "object",
          "required": ["version", "policies"],
          "additionalProperties": false,
          "properties": {
            "version": {"description": "The version of the language.", "const": 1},
            "policies": {"type": "array", "items": {"$ref": "#/$defs/policy"}}
          },
          "$defs": {
            "policy": {
              "type": "object",
              "required": ["id", "title", "why"],
              "anyOf": [{"required": ["retain"]}, {"required": ["delete_after"]}],
              "additionalProperties": false,
              "properties": {
                "id": {
                  "description": "Unique over all files.",
                  "type": "string",
                  "pattern": "^[a-z0-9-]{1,63}$"
                },
                "title": {"$ref": "#/$defs/text"},
                "why": {"description": "Shown to reviewers.", "$ref": "#/$defs/text"},
                "scope": {
                  "description": "Absent = every number of the account.",
                  "type": "object",
                  "additionalProperties": false,
                  "properties": {
                    "lines": {
                      "type": "array",
                      "minItems": 1,
                      "items": {"type": "string", "pattern": "^\\+[1-9][0-9]{6,14}$"}
                    }
                  }
                },
                "match": {"$ref": "#/$defs/match"},
                "starts_from": {
                  "description": "What the periods count from.",
                  "enum": ["created", "last_used"],
                  "default": "created"
                },
                "retain": {"description": "Not deleted before.", "$ref": "#/$defs/period"},
                "delete_after": {"description": "Deleted from then on.", "$ref": "#/$defs/period"},
                "legal_ground": {"$ref": "#/$defs/ground"},
                "locked": {
                  "description": "May later only be lengthened or widened.",
                  "type": "boolean",
                  "default": false
                },
                "archive": {
                  "description": "Copy to this storage before the deletion.",
                  "type": "object",
                  "required": ["to"],
                  "additionalProperties": false,
                  "properties": {"to": {"type": "string", "minLength": 1}}
                }
              },
              "dependentRequired": {"legal_ground": ["retain"]},
              "if": {"properties": {"locked": {"const": true}}, "required": ["locked"]},
              "then": {"required": ["legal_ground"]}
            },
            "match": {
              "description": "Every key must hold; absent = any.",
              "type": "object",
              "additionalProperties": false,
              "properties": {
                "tier": {"enum": ["persistent", "ephemeral"]},
                "direction": {"enum": ["inbound", "outbound"]},
                "source": {
                  "type": "array",
                  "minItems": 1,
                  "items": {"enum": ["message", "upload", "voice_memo", "sticker"]}
                },
                "mime": {
                  "type": "array",
                  "minItems": 1,
                  "items": {
                    "type": "string",
                    "pattern": "^[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]*/([*]|[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]*)$"
                  }
                },
                "size": {
                  "type": "object",
                  "minProperties": 1,
                  "additionalProperties": false,
                  "properties": {"at_least": {"$ref": "#/$defs/size"}, "below": {"$ref": "#/$defs/size"}}
                }
              }
            },
            "text": {"type": "string", "minLength": 1, "maxLength": 2000},
            "period": {
              "description": "Hours, days, weeks, months, years: 36h, 30d, 2w, 6mo, 7y.",
              "type": "string",
              "pattern": "^[1-9][0-9]*(h|d|w|mo|y)$"
            },
            "size": {
              "description": "Powers of 1,000: 10MB.",
              "type": "string",
              "pattern": "^(0|[1-9][0-9]*)(B|kB|KB|MB|GB|TB)$"
            },
            "ground": {
              "enum": [
                "gdpr.17.3.a", "gdpr.17.3.b", "gdpr.17.3.c", "gdpr.17.3.d", "gdpr.17.3.e", "uk.17.3.a",
                "uk.17.3.b", "uk.17.3.c", "uk.17.3.d", "uk.17.3.e", "ccpa.1798.105.d.1",
                "ccpa.1798.105.d.2", "ccpa.1798.105.d.3", "ccpa.1798.105.d.4", "ccpa.1798.105.d.5",
                "ccpa.1798.105.d.6", "ccpa.1798.105.d.7", "ccpa.1798.105.d.8", "hipaa.164.316.b.2",
                "other"
              ]
            }
          }
        }
        """#
}
