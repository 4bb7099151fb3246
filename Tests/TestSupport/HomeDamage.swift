package import Foundation
package import SyncCore

/// Something that happens to the files of a home, and how the program must end then.
package struct HomeDamage: Sendable {
    /// Changes the files of a home; the other home is a whole one, to take files from.
    package typealias Change = @Sendable (_ home: String, _ other: String) throws -> Void

    package let name: String
    package let status: SyncCore.ExitStatus
    package let apply: Change

    package init(_ name: String, _ status: SyncCore.ExitStatus, _ apply: @escaping Change) {
        (self.name, self.status, self.apply) = (name, status, apply)
    }

    /// A file of another home stands in the place of this one's.
    package static func replace(_ name: String) -> Change {
        { home, other in
            try Data(contentsOf: URL(filePath: "\(other)/\(name)"))
                .write(to: URL(filePath: "\(home)/\(name)"))
        }
    }

    /// A file is gone.
    package static func remove(_ name: String) -> Change {
        { home, _ in try FileManager.default.removeItem(atPath: "\(home)/\(name)") }
    }

    /// A file holds something else.
    package static func rewrite(
        _ name: String, _ change: @escaping @Sendable (Data) -> Data
    ) -> Change {
        { home, _ in
            let file = URL(filePath: "\(home)/\(name)")
            try change(try Data(contentsOf: file)).write(to: file)
        }
    }
}
