import Glibc

/// The variables of the process's environment.
package enum ProcessVariables {
    /// Reads them all; one that is not UTF-8 is left out.
    package static func read() -> [String: String] {
        var variables: [String: String] = [:]
        var entry: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?> = Glibc.environ
        while let text = entry.pointee {
            entry = entry.advanced(by: 1)
            guard let equals = strchr(text, Int32(UInt8(ascii: "="))),
                let value = String(validatingCString: equals.advanced(by: 1))
            else { continue }
            let count = text.distance(to: equals)
            let name = UnsafeRawBufferPointer(start: text, count: count)
            variables[String(decoding: name, as: UTF8.self)] = value
        }
        return variables
    }
}
