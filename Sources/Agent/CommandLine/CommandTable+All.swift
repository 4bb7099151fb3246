extension CommandTable {
    /// Every command of the product.
    package static let all = CommandTable([
        VersionCommand.self
    ])
}
