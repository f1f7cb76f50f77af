/// The JSON Schema of the language (draft 2020-12), for editors: completion, and most mistakes while typing. It is as strict
/// as a schema can be; what needs arithmetic (`delete_after` later than `retain`), bytes, several files or the configuration
/// is for `policy check`. The numbers in its patterns are those of `Period` and `ByteCount`, held by `SchemaTests`.
package enum PolicySchema {
    package static let json = String(decoding: PackageResources.policies_schema_json, as: UTF8.self)
}
