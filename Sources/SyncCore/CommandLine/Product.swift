/// What this program is.
package enum Product {
    /// The version, as the CHANGELOG names it.
    package static let version = "0.1.0"
}
