/// The JSON Schema of the language (draft 2020-12), for editors: completion, and most mistakes while typing. It is as strict
/// as a schema can be; what needs arithmetic (`delete_after` later than `retain`), bytes, several files or the configuration
/// is for `policy check`.
package enum PolicySchema {
    /// At most 1,000 years, in any unit.
    private static let period = Period.Unit.allCases.map {
        DecimalPattern.upTo(Period.largestCount(of: $0)) + $0.rawValue
    }.joined(separator: "|")

    /// Whatever 64 bits can count, in any unit.
    private static let size = ByteCount.units.map {
        DecimalPattern.upTo(.max / (ByteCount.factor(of: $0) ?? 1)) + $0
    }.joined(separator: "|")

    /// `RefusedScalar` as far as a pattern without flags can say it.
    private static let refused =
        #"[\\u0000-\\u0009\\u000B-\\u001F\\u007F-\\u009F\\u00AD\\u034F\\u061C\\u115F\\u1160\\u17B4\\u17B5\\u180B-\\u180F"#
        + #"\\u200B-\\u200F\\u2028-\\u202E\\u2060-\\u206F\\u3164\\uFE00-\\uFE0F\\uFEFF\\uFFA0\\uFFF0-\\uFFFB\\uFFFE\\uFFFF]"#

    package static let json = #"""
        {
          "$schema": "https://json-schema.org/draft/2020-12/schema",
          "title": "Lethe policies",
          "description": "Which attachments are kept, which are deleted, when and why.",
          "type": "object",
          "required": ["version", "policies"],
          "additionalProperties": false,
          "properties": {
            "version": {"description": "The version of the language.", "type": "integer", "const": 1},
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
                "title": {
                  "description": "One line for people.",
                  "$ref": "#/$defs/text",
                  "not": {"pattern": "\\S\\s*\\n\\s*\\S"}
                },
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
                "archive": {"description": "No archive can be set up yet, so this is refused.", "not": {}}
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
                    "pattern": "^[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}/([*]|[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126})$"
                  }
                },
                "size": {
                  "type": "object",
                  "minProperties": 1,
                  "additionalProperties": false,
                  "properties": {
                    "at_least": {"$ref": "#/$defs/size"},
                    "below": {"$ref": "#/$defs/size", "not": {"pattern": "^0"}}
                  }
                }
              }
            },
            "text": {
              "type": "string",
              "maxLength": 2000,
              "pattern": "[^\\s\\u2800]",
              "not": {"pattern": "\#(refused)"}
            },
            "period": {
              "description": "Hours, days, weeks, months, years: 36h, 30d, 2w, 6mo, 7y.",
              "type": "string",
              "pattern": "^(\#(period))$"
            },
            "size": {
              "description": "Powers of 1,000: 10MB.",
              "type": "string",
              "pattern": "^(0(B|kB|KB|MB|GB|TB)|\#(size))$"
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
